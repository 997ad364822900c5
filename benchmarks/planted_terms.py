"""Planted effects of recency and of the opening: do named terms recover them, and what are they worth?

    python benchmarks/planted_terms.py [--sessions 2000] [--epochs 3] [--seeds 1 2 3 4 5] [--jobs 2]

Sessions of a small service by the generator of the preset `streamrec`, with one setting changed at a time, from nothing
planted to much. Every head starts with every term at zero, so that nothing but the data can move a term. Prints JSON:
by planted strength, the mean figure over all heads of each seed, and what the term is worth for recommendations.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import split
from streamrec_core.data.storage import write_dataset
from streamrec_core.data.synthetic.sessions import draw_streamrec
from streamrec_core.data.synthetic.streamrec import StreamRecSettings
from streamrec_core.data.truth import Truth
from streamrec_core.explain.parameters import main_parameters, mean_term_effects
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.threads import compute_with_one_thread
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder


@dataclass(frozen=True)
class PlantedEffect:
    """One effect of the generator, planted with several strengths.

    Attributes
    ----------
    term : str
        The named term that should recover it.
    settings : tuple of str
        Generator settings that are all set to the strength.
    strengths : tuple of float
        From nothing planted to much.
    others : dict
        Generator settings that stay the same.
    """

    term: str
    settings: tuple[str, ...]
    strengths: tuple[float, ...]
    others: dict[str, float]

    def generator(self, strength: float) -> StreamRecSettings:
        """Settings of the generator with the effect planted this strongly."""
        return StreamRecSettings(**dict.fromkeys(self.settings, strength), **self.others)  # type: ignore[arg-type]


OPENING = ("opening_start", "opening_end")
EFFECTS = {
    "recency": PlantedEffect("recency", ("recency_decay",), (1.0, 0.8, 0.6, 0.4), {}),
    # Neither recent events nor preferences draw: what does not follow the opening follows nothing.
    "opening, alone": PlantedEffect("opening", OPENING, (0.0, 0.1, 0.2, 0.4), {"recent": 0.0, "exploration": 1.0}),
    # Recent events draw as in the preset, so that they come to be of the opening's category too.
    "opening, beside recent events": PlantedEffect("opening", OPENING, (0.0, 0.3, 0.6), {}),
}
CATEGORIES, IN_CATEGORY = 20, 10
WORLD_SEED = 42
WORTH_SESSIONS = 100
"""Test sessions whose first recommendations say what a term is worth."""
SETTINGS = {"jobs": ["free"], "width": 64, "feed_forward": 128, "batch_size": 16, "learning_rate": 3e-3}
"""Small and quick: in three epochs of so few sessions small batches make enough steps for terms to move."""


def small_catalogue() -> Catalogue:
    """Titles of every category in turn, none of them an episode."""
    items = CATEGORIES * IN_CATEGORY
    return Catalogue(
        item_ids=tuple(f"i{row}" for row in range(items)),
        titles=tuple(f"Title {row}" for row in range(items)),
        category_of=np.arange(items, dtype=np.int64) % CATEGORIES,
        categories=tuple(f"Category {code}" for code in range(CATEGORIES)),
        neutral=np.zeros(items, bool),
    )


def draw_world(effect: PlantedEffect, strength: float, sessions: int) -> tuple[EventLog, Truth]:
    """Sessions of the small service with the effect planted this strongly, and the truth behind their targets."""
    return draw_streamrec(small_catalogue(), sessions, WORLD_SEED, settings=effect.generator(strength))


def write_world(effect: PlantedEffect, strength: float, sessions: int, folder: Path) -> DataSet:
    """The same as a data set written to a folder; the truth stays behind."""
    log, _ = draw_world(effect, strength, sessions)
    card = {"name": "planted", "kind": "synthetic", "source": "generated", "licence": "none needed"}
    return write_dataset(make_dataset(small_catalogue(), log, **card), folder)


def learned(dataset: DataSet, term: str, seed: int, epochs: int, folder: Path) -> tuple[float, float]:
    """Mean figure of the term over all heads of a model trained with this seed, and what the term is worth in nats."""
    run = RunFolder(folder)
    settings = {**SETTINGS, "seed": seed, "epochs": epochs}
    run.begin(new_run(f"seed {seed}", dataset, "transformer", "additive", settings))
    for _ in train(run, dataset):
        pass
    model = load_checkpoint(run.best, dataset.catalogue)
    figures = [parameter.figure for parameter in main_parameters(model) if parameter.term == term]
    examples = split(dataset).test.sample(WORTH_SESSIONS)
    (worth,) = (worth.mean for worth in mean_term_effects(model, dataset, examples) if worth.term == term)
    return float(np.mean(figures)), worth


def over_seeds(values: Sequence[float]) -> dict[str, Any]:
    """Mean over seeds with Student's 95 % interval."""
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    mean = float(np.mean(values))
    return {"mean": mean, "interval": [mean - half, mean + half], "seeds": list(values)}


def recovered(case: tuple[str, float], sessions: int, epochs: int, seeds: Sequence[int]) -> dict[str, Any]:
    """Train on an effect planted with one strength, with every seed."""
    name, strength = case
    effect = EFFECTS[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dataset = write_world(effect, strength, sessions, folder / "data")
        results = [learned(dataset, effect.term, seed, epochs, folder / f"seed-{seed}") for seed in seeds]
    figure, worth = (over_seeds(column) for column in zip(*results, strict=True))
    sys.stderr.write(f"{name} {strength}: {figure['mean']:.2f}, worth {worth['mean']:.3f} nats\n")
    return {"effect": name, "term": effect.term, "strength": strength, "figure": figure, "worth": worth}


def main() -> None:
    """Train every effect, strength and seed; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--jobs", type=int, default=2, help="how many worlds are trained at a time")
    arguments = parser.parse_args()
    cases = [(name, strength) for name, effect in EFFECTS.items() for strength in effect.strengths]
    train_case = partial(recovered, sessions=arguments.sessions, epochs=arguments.epochs, seeds=tuple(arguments.seeds))
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn"), compute_with_one_thread) as pool:
        rows = list(pool.map(train_case, cases))
    scale = {"sessions": arguments.sessions, "epochs": arguments.epochs, "seeds": arguments.seeds}
    print(json.dumps({"cores": os.cpu_count(), **scale, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
