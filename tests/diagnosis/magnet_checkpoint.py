"""The world with a planted magnet as a data set and a checkpoint on disk, for pages and journeys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.settings import TransformerSettings
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.pages.tiny_world import ship
from tests.worlds import SMALL, written


def build_magnet_world(checkpoints: Path, seed: int = 3) -> DataSet:
    """Write data set `magnet` to the workspace and a model that leans on its home page to `checkpoints`."""
    dataset = home_world(seed)
    named = replace(dataset, card=dataset.card.model_copy(update={"name": "magnet"}))
    model = trained_model(named, seed)
    plant(model, ITEMS)
    written(named, data_folder() / "magnet")
    ship(model, named, checkpoints / "magnet-model", TransformerSettings(**SMALL).model_dump())
    return named
