"""What several pages load or compute, cached and bounded; what only one page asks for is cached in its folder.

Records are shared between visitors and never changed. A key holds what the result depends on: the stamp of a data
set, the hash of a model's weights. Arguments with a leading underscore are carried along and are no part of the key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pages.ui.scene import Scene

from pages.explore.session_search import Predictions
from pages.explore.session_search import predictions as join_predictions
from pages.ui.example_sessions import Door, find_doors
from pages.ui.test_split import Parts, divide
from streamrec_core.config import data_folder
from streamrec_core.data.browse.tables import Tables, open_tables
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import from_compact
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.storage import CARD_FILE
from streamrec_core.evaluation.compare import Row, baselines, compare
from streamrec_core.evaluation.ranking import rank
from streamrec_core.explain.first_look import explain, explain_session
from streamrec_core.explain.parameters import Worth
from streamrec_core.explain.parameters import worth_of_terms as measure_worth
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import Verified, verify
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE as MODEL_CARD_FILE
from streamrec_core.models.checkpoint import WEIGHTS_FILE, load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.rating import answers_stamp
from streamrec_core.study.results import Results, results

WEIGHED = 300
"""Test sessions over which named terms are weighed."""


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


@st.cache_resource(max_entries=64, show_spinner=False)
def own_explanation(
    weights: str, events_hash: str, history: str, item: int | None, _model: SessionModel, _dataset: DataSet
) -> Explanation:
    """The same after a history that a visitor wrote, in the compact form of a link."""
    return explain(_model, _dataset, from_compact(history, _dataset.catalogue), candidate=item)


@st.cache_resource(max_entries=3, show_spinner=False)
def tests(events_hash: str, _dataset: DataSet) -> Examples:
    """The test sessions, in the order of all results."""
    return split(_dataset).test


@st.cache_resource(max_entries=4, show_spinner="Ranking what came next in every test session …")
def predictions(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> Predictions:
    """Every test session with the rank that the model gave to what came next."""
    examples = split(_dataset).test
    return join_predictions(_dataset, examples, rank(_model, _dataset, examples))


@st.cache_resource(max_entries=8, show_spinner="Testing the model beside simple rules …")
def comparison(weights: str, events_hash: str, _model: SessionModel | None, _dataset: DataSet) -> tuple[Row, ...]:
    """The model and the baselines on the same test sessions."""
    loaded = [_model] if _model is not None else []
    return compare([*loaded, *baselines(_dataset)], _dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def finished_figure(key: tuple[str, ...], _draw: Callable[[], Any]) -> Any:
    """A chart that is the same for everybody, drawn once for what the key names; pages place it and change nothing."""
    return _draw()


@st.cache_resource(max_entries=8, show_spinner="Switching off each named term …")
def worth_of_terms(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> tuple[Worth, ...]:
    """What each named term of the model is worth over `WEIGHED` test sessions."""
    return measure_worth(_model, _dataset, split(_dataset).test.sample(WEIGHED, seed=0))


@st.cache_resource(max_entries=8, show_spinner="Looking for sessions worth opening …")
def doors(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> tuple[Door, ...]:
    """A session for each kind of reader, found by rule."""
    tests = parts(events_hash, _dataset).test_ids
    return find_doors(tests, lambda session_id: explain_session(_model, _dataset, session_id))


def study_results(name: str) -> Results:
    """What a study shows so far; raises `StreamRecError` where there is no such study or it is damaged."""
    return _study_results(name, answers_stamp(name))


@st.cache_resource(max_entries=16, show_spinner=False)
def _study_results(name: str, stamp: tuple[str, int, int]) -> Results:
    return results(name)


# --- Explore: what holds when events are taken away


def checked(scene: Scene) -> Verified:
    """A checked explanation; raises `BadInput` where the item cannot be recommended."""
    bench = scene.bench
    return _checked(bench.weights, bench.events_hash, scene.name, scene.found.candidate.row, scene)


@st.cache_resource(max_entries=256, show_spinner="Taking events away, one set after another …")
def _checked(weights: str, events_hash: str, name: str, item: int, _scene: Scene) -> Verified:
    assert _scene.bench.model is not None
    return verify(_scene.bench.model, _scene.bench.dataset, _scene.found, _scene.whole_history)
