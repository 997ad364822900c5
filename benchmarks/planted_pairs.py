"""Planted pairs of events: what recipe additive loses where only two events together tell what comes next.

    python benchmarks/planted_pairs.py [--sessions 4000] [--epochs 10] [--seeds 1 2 3] [--jobs 2]

The category of the next item depends on those of the first and of the last event. In the world `together` it is their
sum modulo the number of categories, so that neither event alone tells anything; in the control world `adding` each
event pulls towards its category and the pulls add up. Floor: the best predictor whose scores are one summand for each
event (recipe additive is not bound to it, since heads share their weight among events: what it reaches is measured);
ceiling: the distribution that the targets are drawn from. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from torch.nn import functional as F

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.splits import split
from streamrec_core.data.storage import write_dataset
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.ranking import score
from streamrec_core.evaluation.seeds import over_seeds, seed_session_difference_interval, seed_session_interval
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.threads import compute_with_one_thread
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

DoubleArray = npt.NDArray[np.float64]

CATEGORIES = 4
IN_CATEGORY = 10
"""Items of a category, as many as are recommended: a model that knows the category can recommend all of it."""
HISTORY = 3
PURITY = 0.9
"""Share of the targets of `together` that are of the category which the pair tells; the rest are of any."""
PULL = 3.0
"""What each of the two events adds to the logit of its category in `adding`."""
WORLD_SEED = 42
RECIPES = {"additive": "transformer", "plain": "transformer", "plain LSTM": "lstm"}
SETTINGS = {
    "width": 64,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "schedule": "cosine",
    "item_rate": 1.0,
    "monitor": "loss",
}
"""The same for all models: targets are few, since only the last event of each session is one."""


def together() -> DoubleArray:
    """Distribution (C, C, C) of the target's category by those of the first and the last event, known together only."""
    codes = np.arange(CATEGORIES)
    certain = np.eye(CATEGORIES)[(codes[:, None] + codes) % CATEGORIES]
    distribution: DoubleArray = (1 - PURITY) / CATEGORIES + PURITY * certain
    return distribution


def adding() -> DoubleArray:
    """Distribution (C, C, C) of the target's category whose logits are a summand of the first and one of the last."""
    pulls = PULL * np.eye(CATEGORIES)
    distribution: DoubleArray = softmax(pulls[:, None] + pulls, axis=-1)
    return distribution


WORLDS = {"together": together, "adding": adding}


def best_additive(distribution: DoubleArray) -> DoubleArray:
    """The predictor (C, C, C) with the least cross-entropy among those whose logits are a sum over the two events.

    The cross-entropy is convex in the summands, so that there is one minimum.

    Parameters
    ----------
    distribution : (C, C, C)
        By the category of the first event, of the last event, of the target; the two events are independent and even.
    """
    size = len(distribution)

    def log_probabilities(summands: DoubleArray) -> DoubleArray:
        first, last = summands.reshape(2, size, size)
        values: DoubleArray = log_softmax(first[:, None] + last, axis=-1)
        return values

    def cross_entropy(summands: DoubleArray) -> tuple[float, DoubleArray]:
        values = log_probabilities(summands)
        excess = (np.exp(values) - distribution) / size**2
        return mean_cross_entropy(distribution, values), np.stack([excess.sum(1), excess.sum(0)]).ravel()

    start = np.random.default_rng(0).normal(size=2 * size * size)
    minimum = minimize(cross_entropy, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-9})
    return np.exp(log_probabilities(minimum.x))


def mean_cross_entropy(distribution: DoubleArray, log_probabilities: DoubleArray) -> float:
    """Mean over pairs of categories, in nats, of the cross-entropy of the target's category."""
    return float(-(distribution * log_probabilities).sum(-1).mean())


def bounds(distribution: DoubleArray) -> dict[str, dict[str, float]]:
    """Cross-entropy of the next item and Hit@10 of an even guess, the best additive predictor, and the ceiling."""
    predictors = {
        "uniform": np.full_like(distribution, 1 / CATEGORIES),
        "best additive": best_additive(distribution),
        "ceiling": distribution,
    }
    return {
        name: {
            "cross_entropy": mean_cross_entropy(distribution, np.log(predicted)) + float(np.log(IN_CATEGORY)),
            "hit@10": _hit(distribution, predicted),
        }
        for name, predicted in predictors.items()
    }


def _hit(distribution: DoubleArray, predicted: DoubleArray) -> float:
    """Mass of the category that is thought the likeliest; ties share it."""
    best = np.isclose(predicted, predicted.max(-1, keepdims=True), rtol=1e-3)
    return float(((distribution * best).sum(-1) / best.sum(-1)).mean())


def catalogue() -> Catalogue:
    """Items of every category in turn."""
    items = CATEGORIES * IN_CATEGORY
    return Catalogue(
        item_ids=tuple(f"i{row}" for row in range(items)),
        titles=tuple(f"Title {row}" for row in range(items)),
        category_of=np.arange(items, dtype=np.int64) % CATEGORIES,
        categories=tuple(f"Category {code}" for code in range(CATEGORIES)),
        neutral=np.zeros(items, bool),
    )


def draw_sessions(distribution: DoubleArray, sessions: int, seed: int) -> IntArray:
    """Items (sessions, HISTORY + 1): a history drawn evenly, and a target whose category its two ends tell."""
    rng = np.random.default_rng(seed)
    items = rng.integers(0, CATEGORIES * IN_CATEGORY, (sessions, HISTORY + 1))
    first, last = items[:, 0] % CATEGORIES, items[:, -2] % CATEGORIES
    reach = distribution[first, last].cumsum(-1)
    category = (rng.random((sessions, 1)) > reach[:, :-1]).sum(-1)
    items[:, -1] = rng.integers(0, IN_CATEGORY, sessions) * CATEGORIES + category
    return items


def pair_dataset(world: str, sessions: int, folder: Path) -> DataSet:
    """A data set drawn from a world, written to a folder; only the last event of each session is learned from."""
    items = draw_sessions(WORLDS[world](), sessions, WORLD_SEED)
    log = EventLog(
        session_ids=tuple(f"s{row}" for row in range(sessions)),
        offsets=ragged([items.shape[1]] * sessions),
        items=items.ravel().astype(np.int32),
        engagements=np.zeros(items.size, np.int8),
    )
    card: dict[str, Any] = {"kind": "synthetic", "source": "generated", "licence": "none needed"}
    return write_dataset(make_dataset(catalogue(), log, name=world, train_positions="last", **card), folder)


def trained(dataset: DataSet, recipe: str, seed: int, epochs: int, folder: Path) -> SessionModel:
    """A model of this recipe trained with this seed, as it was at its best epoch on the validation part."""
    run = RunFolder(folder)
    settings = {**SETTINGS, "seed": seed, "epochs": epochs, "patience": epochs}
    run.begin(new_run(recipe, dataset, RECIPES[recipe], recipe.split()[0], settings))
    for _ in train(run, dataset):
        pass
    return load_checkpoint(run.best, dataset.catalogue)


def losses(model: SessionModel, dataset: DataSet) -> DoubleArray:
    """Cross-entropy (M,) of each test target, in nats."""
    examples = split(dataset).test
    targets = torch.from_numpy(examples.targets(dataset.log))
    values = np.zeros(len(examples))
    for rows, scores in score(model, dataset, examples, filter_seen=False):
        values[rows] = F.cross_entropy(scores, targets[rows], reduction="none").numpy()
    return values


def compare(world: str, sessions: int, epochs: int, seeds: Sequence[int]) -> dict[str, Any]:
    """Every recipe and seed on one world, beside the floor and the ceiling."""
    rows, tested = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dataset = pair_dataset(world, sessions, folder / "data")
        for recipe in RECIPES:
            models = [trained(dataset, recipe, seed, epochs, folder / f"{recipe} {seed}") for seed in seeds]
            evaluations = [evaluate(model, dataset, split(dataset)) for model in models]
            tested[recipe] = np.stack([losses(model, dataset) for model in models])
            rows.append({"recipe": recipe, **_figures(tested[recipe], evaluations)})
            sys.stderr.write(f"{world} {recipe}: {tested[recipe].mean(1).round(3)}\n")
    loss = {
        "mean": float(tested["additive"].mean() - tested["plain"].mean()),
        "interval": seed_session_difference_interval(tested["additive"], tested["plain"]),
    }
    return {"world": world, "bounds": bounds(WORLDS[world]()), "rows": rows, "additive_minus_plain": loss}


def _figures(tested: DoubleArray, evaluations: list[Evaluation]) -> dict[str, Any]:
    hits = over_seeds(evaluations)
    return {
        "cross_entropy": float(tested.mean()),
        "cross_entropy_interval": seed_session_interval(tested),
        "cross_entropy_by_seed": tested.mean(1).tolist(),
        **{name: value for name, value in hits.items() if name.startswith("hit@10")},
    }


def main() -> None:
    """Train every recipe and seed on both worlds; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=4_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--jobs", type=int, default=2, help="how many worlds are trained at a time")
    arguments = parser.parse_args()
    scale = {"sessions": arguments.sessions, "epochs": arguments.epochs, "seeds": arguments.seeds}
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn"), compute_with_one_thread) as pool:
        worlds = list(pool.map(partial(compare, **scale), WORLDS))
    print(json.dumps({"cores": os.cpu_count(), **scale, "worlds": worlds}, indent=2))


if __name__ == "__main__":
    main()
