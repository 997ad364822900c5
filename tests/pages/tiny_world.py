"""A small world for tests of the dashboard: a data set with hostile titles, and two models that know its catalogue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from streamrec_core.config import data_folder
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.card import DataReference, ModelCard
from streamrec_core.models.checkpoint import CARD_FILE, save_weights
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.settings import LSTMSettings, TransformerSettings
from tests.worlds import SMALL, chain_dataset, small_lstm, small_transformer, written

HOSTILE = (
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "![](https://example.org/pixel.png)",
    ":red[danger] $\\alpha$ **bold**",
    "# Heading\n- list",
    "`code` www.example.org",
    "<script>alert(1)</script>",
    "&lt;b&gt; ~~gone~~ | a | b |",
)


def build_world(checkpoints: Path) -> DataSet:
    """Write data set `tiny` to the workspace, and a transformer and an LSTM for it to `checkpoints`."""
    tame = chain_dataset(items=14)
    titles = HOSTILE + tame.catalogue.titles[len(HOSTILE) :]
    dataset = renamed(tame, replace(tame.catalogue, titles=titles))
    written(dataset, data_folder() / "tiny")
    transformer = small_transformer(dataset.catalogue)
    ship(transformer, dataset, checkpoints / "a-transformer", TransformerSettings(**SMALL).model_dump())
    lstm = LSTMSettings(hidden=12, width=8)
    ship(small_lstm(dataset.catalogue), dataset, checkpoints / "b-lstm", lstm.model_dump(), kind="lstm")
    return dataset


def build_many(world: DataSet) -> DataSet:
    """Beside `tiny`, a data set `many` over its catalogue with test sessions enough to find the cases of a study."""
    return written(renamed(chain_dataset(sessions=400, items=14), world.catalogue, "many"), data_folder() / "many")


def renamed(dataset: DataSet, catalogue: Catalogue, name: str = "tiny") -> DataSet:
    """The same events over another catalogue, with the hashes that belong to it."""
    hashes = dataset.card.hashes | {"catalogue": catalogue.hash}
    return DataSet(dataset.card.model_copy(update={"name": name, "hashes": hashes}), catalogue, dataset.log)


def ship(
    model: SequenceModel, dataset: DataSet, folder: Path, architecture: dict[str, Any], kind: str = "transformer"
) -> None:
    """Write a checkpoint."""
    data = DataReference(
        name=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes["events"],
        items=len(dataset.catalogue),
        categories=len(dataset.catalogue.categories),
    )
    card = {
        "name": folder.name,
        "model": kind,
        "recipe": "plain",
        "architecture": architecture,
        "data": data,
        "training": {"seed": 0},
        "metrics": {},
        "parameters": model.parameter_count(),
        "versions": {},
        "weights_sha256": save_weights(model, folder),
        "epoch": 1,
    }
    ModelCard.parse(card, origin="a test").write(folder / CARD_FILE)
