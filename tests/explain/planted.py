"""Worlds with a planted cause: only the last item matters, the opening, the category, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from streamrec_core.data.dataset import DataSet
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import catalogue_of, dataset_of, log_of, written

ITEMS, CATEGORIES, SESSIONS = 16, 4, 800
IN_CATEGORY = ITEMS // CATEGORIES


def _noise(rng: np.random.Generator) -> list[int]:
    return rng.integers(0, ITEMS, int(rng.integers(8, 13))).tolist()


def last_matters(rng: np.random.Generator) -> list[int]:
    """What comes next is decided by the last item alone."""
    events = _noise(rng)
    return [*events, (events[-1] + 5) % ITEMS]


def opening_matters(rng: np.random.Generator) -> list[int]:
    """What comes next is decided by the first item alone."""
    events = _noise(rng)
    return [*events, (events[0] + 5) % ITEMS]


def category_matters(rng: np.random.Generator) -> list[int]:
    """All items but one of a category are seen, the last event among them; the missing one comes next."""
    category = int(rng.integers(0, CATEGORIES))
    others = [item for item in range(ITEMS) if item % CATEGORIES != category]
    members = rng.permutation(np.arange(category, ITEMS, CATEGORIES))
    positions = np.sort(rng.permutation(9)[: IN_CATEGORY - 2])
    events = rng.choice(others, 9).tolist()
    for position, item in zip(positions, members[1:-1], strict=True):
        events[position] = int(item)
    return [*events, int(members[-1]), int(members[0])]


def nothing_matters(rng: np.random.Generator) -> list[int]:
    """What comes next is drawn evenly, whatever came before."""
    return [*_noise(rng), int(rng.integers(0, ITEMS))]


World = Callable[[np.random.Generator], list[int]]


def learned(world: World, folder: Path, epochs: int = 5) -> tuple[DataSet, SessionModel]:
    """A data set drawn from a world, and a small additive model trained on it."""
    rng = np.random.default_rng(7)
    catalogue = catalogue_of(ITEMS, CATEGORIES)
    log = log_of([world(rng) for _ in range(SESSIONS)])
    dataset = written(dataset_of(catalogue, log, train_positions="last"), folder / "data")
    shape = {"width": 32, "feed_forward": 64}
    pace = {"epochs": epochs, "batch_size": 32, "learning_rate": 0.01, "schedule": "cosine", "item_rate": 1.0}
    run = RunFolder(folder / "run")
    settings = {**shape, **pace, "monitor": "loss", "patience": epochs, "seed": 1}
    run.begin(new_run("planted", dataset, "transformer", "additive", settings))
    for _ in train(run, dataset):
        pass
    return dataset, load_checkpoint(run.best, dataset.catalogue)
