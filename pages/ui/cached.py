"""What several pages load or compute, cached and bounded; what only one page asks for is cached in its folder.

Records are shared between visitors and never changed. A key holds what the result depends on: the stamp of a data
set, the hash of a model's weights. Arguments with a leading underscore are carried along and are no part of the key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.example_sessions import Door, find_doors
from pages.ui.test_split import Parts, divide
from streamrec_core.config import data_folder
from streamrec_core.data.browse.tables import Tables, open_tables
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.storage import CARD_FILE
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.record import Explanation
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE as MODEL_CARD_FILE
from streamrec_core.models.checkpoint import WEIGHTS_FILE, load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel


@st.cache_resource(max_entries=4, show_spinner="Opening the tables …")
def tables(name: str, stamp: int) -> Tables:
    """A data set for browsing, open for all visitors; its log stays on disk."""
    return open_tables(data_folder() / name)


def data_stamp(name: str) -> int:
    """Changes when the data set of that name is made anew; 0 before it is made."""
    card = data_folder() / name / CARD_FILE
    return card.stat().st_mtime_ns if card.is_file() else 0


@st.cache_resource(max_entries=3, show_spinner="Opening the data set (a preset is made on first use) …")
def dataset(name: str, stamp: int) -> DataSet:
    """A data set by name."""
    return open_data(name)


@st.cache_resource(max_entries=3, show_spinner=False)
def parts(events_hash: str, _dataset: DataSet) -> Parts:
    """Which sessions are for learning and which for testing."""
    return divide(_dataset)


def card(folder: Path) -> ModelCard:
    """The card of a checkpoint; raises `BadInput` where it is damaged."""
    file = folder / MODEL_CARD_FILE
    return _card(folder, file.stat().st_mtime_ns if file.is_file() else 0)


@st.cache_resource(max_entries=512, show_spinner=False)
def _card(folder: Path, stamp: int) -> ModelCard:
    return read_card(folder)


def weights_stamp(folder: Path) -> tuple[int, int]:
    """Changes when the weights on disk do, so that a changed file is noticed (and refused) without a restart."""
    weights = folder / WEIGHTS_FILE
    found = weights.stat() if weights.is_file() else None
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


@st.cache_resource(max_entries=6, show_spinner="Loading the model …")
def model(weights: str, stamp: tuple[int, int], catalogue_hash: str, _folder: Path, _dataset: DataSet) -> SessionModel:
    """A trained model, one copy for all visitors."""
    return load_checkpoint(_folder, _dataset.catalogue)


@st.cache_resource(max_entries=256, show_spinner=False)
def explanation(
    weights: str, events_hash: str, session_id: str, item: int | None, _model: SessionModel, _dataset: DataSet
) -> Explanation:
    """One explained recommendation; `item` is a catalogue row, None for the first recommendation."""
    return explain_session(_model, _dataset, session_id, candidate=item)


@st.cache_resource(max_entries=3, show_spinner=False)
def tests(events_hash: str, _dataset: DataSet) -> Examples:
    """The test sessions, in the order of all results."""
    return split(_dataset).test


@st.cache_resource(max_entries=64, show_spinner=False)
def finished_figure(key: tuple[str, ...], _draw: Callable[[], Any]) -> Any:
    """A chart that is the same for everybody, drawn once for what the key names; pages place it and change nothing."""
    return _draw()


@st.cache_resource(max_entries=8, show_spinner="Looking for sessions worth opening …")
def doors(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> tuple[Door, ...]:
    """A session for each kind of reader, found by rule."""
    tests = parts(events_hash, _dataset).test_ids
    return find_doors(tests, lambda session_id: explain_session(_model, _dataset, session_id))
