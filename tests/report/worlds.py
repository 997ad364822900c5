"""A small world to report on: hostile titles, an additive transformer and an LSTM, enough test sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamrec_core.data.dataset import DataSet
from streamrec_core.models.settings import LSTMSettings, TransformerSettings
from streamrec_core.report.subject import Subject, open_subject
from tests.pages.tiny_world import HOSTILE, renamed, ship
from tests.worlds import ADDITIVE, SMALL, chain_dataset, small_lstm, small_transformer, written

JOBS = ("last", "category", "opening", "engaged")


def build(folder: Path, change: Callable[[DataSet], DataSet] = lambda dataset: dataset) -> dict[str, Path]:
    """Write data set `tiny`, changed, and two checkpoints to a folder; gives where each lies."""
    tame = chain_dataset(sessions=160, items=14)
    titles = HOSTILE + tame.catalogue.titles[len(HOSTILE) :]
    categories = ("<b>Crime</b>", *tame.catalogue.categories[1:])
    dataset = change(renamed(tame, replace(tame.catalogue, titles=titles, categories=categories)))
    written(dataset, folder / "tiny")
    transformer = small_transformer(dataset.catalogue, jobs=JOBS)
    ship(transformer, dataset, folder / "reader", TransformerSettings(**SMALL, **ADDITIVE, jobs=JOBS).model_dump())
    lstm = LSTMSettings(hidden=12, width=8)
    ship(small_lstm(dataset.catalogue), dataset, folder / "memory", lstm.model_dump(), kind="lstm")
    return {name: folder / name for name in ("tiny", "reader", "memory")}


def opened(folders: dict[str, Path], model: str = "reader") -> Subject:
    """A model of that world with its data."""
    return open_subject(folders[model], str(folders["tiny"]))
