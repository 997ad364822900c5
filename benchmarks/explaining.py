"""Processor time of verified explanations: many at once beside one by one, other recipes, larger catalogues.

    python benchmarks/explaining.py [--sessions 32] [--rounds 3] [--batch 16]

Prints JSON. Every ratio is of times taken in one run, rounds alternating, the fastest of each; times are of the
processor, in milliseconds a session. Checkpoints are the shipped ones; the catalogues of 5,000 and 50,000 items and the
history of 200 events belong to untrained additive models with random weights. `leaves` is the
counterfactual of the first ten titles; `stays` one that no set decides, so that every pair of 200 events is tried.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from streamrec_core.attribution.case import first_recommendations
from streamrec_core.attribution.counterfactual import CounterfactualSettings, smallest_removal
from streamrec_core.config import checkpoints_folder
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, Session
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.explain.explain_request import Request
from streamrec_core.explain.first_look import explain_many
from streamrec_core.explain.verified import verify_examples, verify_many
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.settings import TransformerSettings, build_model

RECIPES = {"additive": "streamrec-transformer", "plain": "streamrec-plain", "lstm": "streamrec-lstm"}
SIZES = (5_000, 50_000)
LENGTH, LONG = 16, 200
JOBS = ("last", "recent", "category", "opening", "engaged", "free", "free", "free")


def fastest(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Milliseconds of the processor of each run, the fastest of alternating rounds after one that warms up."""
    best = dict.fromkeys(runs, np.inf)
    for number in range(rounds + 1):
        for name, run in runs.items():
            began = time.process_time()
            run()
            if number:
                best[name] = min(best[name], 1000 * (time.process_time() - began))
    return best


def in_batches(model: SessionModel, dataset: DataSet, examples: Examples, batch: int) -> None:
    """Explain and check every example, `batch` at a time."""
    for start in range(0, len(examples), batch):
        verify_examples(model, dataset, examples.take(np.arange(start, min(start + batch, len(examples)))))


def by_recipe(sessions: int, rounds: int, batch: int) -> dict[str, Any]:
    """Milliseconds a session of each shipped recipe, many at once and one by one."""
    runs: dict[str, Callable[[], Any]] = {}
    for recipe, name in RECIPES.items():
        dataset = open_data(read_card(checkpoints_folder() / name).data.name)
        model = load_checkpoint(checkpoints_folder() / name, dataset.catalogue)
        examples = split(dataset).test.sample(sessions, 0)
        for at_once in (batch, 1):
            runs[f"{recipe}, {at_once} at once"] = lambda m=model, d=dataset, e=examples, n=at_once: in_batches(
                m, d, e, n
            )
    each = {name: value / sessions for name, value in fastest(runs, rounds).items()}
    many = {recipe: each[f"{recipe}, {batch} at once"] for recipe in RECIPES}
    return {
        "milliseconds_a_session": each,
        "one_by_one_over_at_once": {recipe: each[f"{recipe}, 1 at once"] / many[recipe] for recipe in RECIPES},
        "recipe_over_additive": {recipe: many[recipe] / many["additive"] for recipe in RECIPES},
    }


def random_world(items: int, max_events: int = 50) -> tuple[SessionModel, DataSet]:
    """An untrained additive model of the shipped shape over an invented catalogue, with three followers a title."""
    rng = torch.Generator().manual_seed(1)
    torch.manual_seed(0)
    catalogue = Catalogue(
        item_ids=tuple(f"i{row}" for row in range(items)),
        titles=tuple(f"Title {row}" for row in range(items)),
        category_of=np.arange(items, dtype=np.int64) % 3,
        categories=("Comedy", "Crime", "Drama"),
        neutral=np.zeros(items, bool),
    )
    settings = TransformerSettings(additive=True, item_bias=True, jobs=JOBS, followers=16, max_events=max_events)
    model = build_model(settings, catalogue).eval()
    with torch.no_grad():
        for value in model.parameters():
            value += torch.randn(value.shape, generator=rng) * 0.05
        buffers = dict(model.named_buffers())
        buffers["followers.columns"][:-1, :3] = torch.randint(0, items, (items, 3), generator=rng).int()
        buffers["followers.strength"][:-1, :3] = torch.rand(items, 3, generator=rng)
    log = EventLog(("s",), np.array([0, 2]), np.array([0, 1], np.int32), np.zeros(2, np.int8))
    return model, make_dataset(catalogue, log, name="invented", kind="log", source="random", licence="none needed")


def random_history(items: int, length: int, seed: int) -> Session:
    """A history of random titles and engagements."""
    rng = np.random.default_rng(seed)
    return Session(f"s{seed}", rng.integers(0, items, length).astype(np.int32), rng.integers(0, 5, length, np.int8))


def by_size(sessions: int, rounds: int) -> dict[str, Any]:
    """Milliseconds a session by the number of items."""

    def explained(items: int) -> Callable[[], Any]:
        model, dataset = random_world(items)
        requests = [Request(random_history(items, LENGTH, seed)) for seed in range(sessions)]
        histories = [request.history for request in requests]

        def run() -> Any:
            looks = explain_many(model, dataset, requests)
            return verify_many(model, dataset, list(zip(looks, histories, strict=True)))

        return run

    each = fastest({f"{items:,} items": explained(items) for items in SIZES}, rounds)
    small, large = (value / sessions for value in each.values())
    return {"milliseconds_a_session": {"small": small, "large": large}, "large_over_small": large / small}


def long_counterfactual(rounds: int) -> dict[str, Any]:
    """Milliseconds of a counterfactual over 200 events: one that leaves the list, one that nothing takes off it."""
    model, dataset = random_world(SIZES[0], LONG)
    (case,) = first_recommendations(model, dataset.catalogue, [random_history(SIZES[0], LONG, 0)], False)
    stays = CounterfactualSettings(k=SIZES[0] - 10)
    searches: dict[str, Any] = {}

    def search(name: str, settings: CounterfactualSettings | None) -> Callable[[], None]:
        def run() -> None:
            searches[name] = smallest_removal(model, dataset.catalogue, case, settings)

        return run

    each = fastest({"leaves": search("leaves", None), "stays": search("stays", stays)}, rounds)
    return {
        name: {"milliseconds": each[name], "tried": searches[name].tried, "size": searches[name].size} for name in each
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    settings = parser.parse_args()
    torch.set_num_threads(1)
    results = {
        **vars(settings),
        "recipes": by_recipe(settings.sessions, settings.rounds, settings.batch),
        "catalogue": by_size(min(8, settings.sessions), settings.rounds),
        "counterfactual_of_200_events": long_counterfactual(settings.rounds),
    }
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
