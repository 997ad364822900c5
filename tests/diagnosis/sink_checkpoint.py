"""A data set and a checkpoint with a planted attention sink on disk, for tests of pages and journeys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.settings import TransformerSettings
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.pages.tiny_world import ship
from tests.worlds import SMALL, written


def build_sink_world(checkpoints: Path, seed: int = 3) -> DataSet:
    """Write data set `sink` to the workspace and a model whose attention sink is the home page to `checkpoints`."""
    dataset = home_world(seed)
    named = replace(dataset, card=dataset.card.model_copy(update={"name": "sink"}))
    model = trained_model(named, seed)
    plant(model, ITEMS)
    written(named, data_folder() / "sink")
    ship(model, named, checkpoints / "sink-model", TransformerSettings(**SMALL).model_dump())
    return named
