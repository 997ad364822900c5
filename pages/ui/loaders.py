"""Everything that pages load or compute, cached and bounded; the only place where the dashboard caches.

Records are shared between visitors and never changed. A key holds what the result depends on: the stamp of a data
set, the hash of a model's weights. Arguments with a leading underscore are carried along and are no part of the key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from pages.ui.scene import Scene

from pages.ui.curated import Door, find_doors
from pages.ui.matching import Predictions
from pages.ui.matching import predictions as join_predictions
from pages.ui.sessions import Parts, divide
from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.profile import HeadProfile, profile, type_profile
from streamrec_core.attribution.contribution import Contribution
from streamrec_core.attribution.contribution import contributions as find_contributions
from streamrec_core.attribution.faithfulness.record import REPORT_FILE, FaithfulnessReport, read_report
from streamrec_core.config import data_folder
from streamrec_core.data.browse import (
    Figures,
    FoundItem,
    Page,
    Tables,
    Wish,
    count,
    find_sessions,
    open_tables,
    search_items,
)
from streamrec_core.data.dataset import CARD_FILE, DataSet
from streamrec_core.data.history import from_compact
from streamrec_core.data.presets import list_data, open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.evaluation import paired, slices
from streamrec_core.evaluation.compare import Row, baselines, compare
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.ranking import rank
from streamrec_core.explain.first_look import explain, explain_session
from streamrec_core.explain.parameters import Worth
from streamrec_core.explain.parameters import worth_of_terms as measure_worth
from streamrec_core.explain.readability import sample
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import Verified, verify
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE as MODEL_CARD_FILE
from streamrec_core.models.checkpoint import WEIGHTS_FILE, list_checkpoints, load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.rating import answers_stamp
from streamrec_core.study.results import Results, results
from streamrec_core.training.history import kept_epochs

WEIGHED = 300
"""Test sessions over which named terms are weighed."""

__all__ = [
    "browsed",
    "card",
    "checked",
    "comparison",
    "contributions",
    "data_stamp",
    "dataset",
    "doors",
    "evaluation",
    "explanation",
    "faithfulness",
    "figures",
    "formation",
    "found_items",
    "head_profile",
    "lift",
    "list_checkpoints",
    "list_data",
    "model",
    "own_explanation",
    "parts",
    "predictions",
    "simple_rules",
    "slice_ceilings",
    "slice_differences",
    "slice_scores",
    "slicing",
    "standing",
    "study_results",
    "tables",
    "tests",
    "weights_stamp",
    "worth_of_terms",
]


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


@st.cache_resource(max_entries=8, show_spinner="Switching off each named term …")
def worth_of_terms(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> tuple[Worth, ...]:
    """What each named term of the model is worth over `WEIGHED` test sessions."""
    return measure_worth(_model, _dataset, sample(split(_dataset).test, WEIGHED, seed=0))


@st.cache_resource(max_entries=8, show_spinner="Looking for sessions worth opening …")
def doors(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> tuple[Door, ...]:
    """A session for each kind of reader, found by rule."""
    tests = parts(events_hash, _dataset).test_ids
    return find_doors(tests, lambda session_id: explain_session(_model, _dataset, session_id))


# --- Compare: results by entrant, and what is read off them


@st.cache_resource(max_entries=3, show_spinner="Counting for the simple rules …")
def simple_rules(events_hash: str, _dataset: DataSet) -> dict[str, SessionModel]:
    """The models that need no training, by name."""
    return {rule.name: rule for rule in baselines(_dataset)}


@st.cache_resource(max_entries=3, show_spinner=False)
def tests(events_hash: str, _dataset: DataSet) -> Examples:
    """The test sessions, in the order of all results."""
    return split(_dataset).test


@st.cache_resource(max_entries=64, show_spinner=False)
def evaluation(key: str, events_hash: str, _open: Callable[[], SessionModel], _dataset: DataSet) -> Evaluation:
    """Results of one model or rule on the test sessions; the page shows who is being tested."""
    return evaluate(_open(), _dataset, split(_dataset))


@st.cache_resource(max_entries=64, show_spinner=False)
def standing(key: str, events_hash: str, _evaluation: Evaluation) -> Row:
    """All metrics of one entrant with their intervals."""
    return Row(_evaluation.model, _evaluation.metrics())


@st.cache_resource(max_entries=256, show_spinner=False)
def lift(keys: tuple[str, str], events_hash: str, metric: str, _first: Evaluation, _second: Evaluation) -> paired.Lift:
    """How much better the first is than the second."""
    return paired.lift(_first, _second, metric)


@st.cache_resource(max_entries=16, show_spinner=False)
def slicing(name: str, events_hash: str, _dataset: DataSet) -> slices.Slicing:
    """The test sessions divided one way."""
    return slices.slicing(name, _dataset, split(_dataset))


@st.cache_resource(max_entries=256, show_spinner=False)
def slice_scores(
    key: str, events_hash: str, name: str, metric: str, _evaluation: Evaluation, _parts: slices.Slicing
) -> tuple[slices.SliceScore, ...]:
    """One entrant on every slice of the way called `name`, all sessions first."""
    return slices.slice_scores(_evaluation, _parts, metric)


@st.cache_resource(max_entries=256, show_spinner=False)
def slice_differences(
    keys: tuple[str, str],
    events_hash: str,
    view: tuple[str, str],
    _pair: tuple[Evaluation, Evaluation],
    _parts: slices.Slicing,
) -> tuple[slices.SliceScore, ...]:
    """The first less the second on every slice, all sessions first; `view` is (slicing, metric)."""
    return slices.slice_differences(*_pair, _parts, view[1])


@st.cache_resource(max_entries=16, show_spinner=False)
def slice_ceilings(
    events_hash: str, name: str, _evaluation: Evaluation, _parts: slices.Slicing
) -> tuple[slices.SliceScore, ...]:
    """The best that can be expected on every slice; empty where that is not known."""
    return slices.slice_ceilings(_evaluation, _parts)


# --- Heads: what they do over many test sessions

HEADS_SEED = 7
"""Draws the test sessions that heads are looked at over, always the same."""
FORMATION_SAMPLE = 250
"""Test sessions looked at for every epoch that a run kept."""


@st.cache_resource(max_entries=16, show_spinner="Looking at what every head does over many sessions …")
def head_profile(
    weights: str, events_hash: str, size: int, _model: SessionModel, _dataset: DataSet
) -> HeadProfile | None:
    """What every head does over a sample of the test sessions; None for a model without attention."""
    return profile(_model, _dataset, sample(split(_dataset).test, size, HEADS_SEED))


@st.cache_resource(max_entries=16, show_spinner="Switching off every head, one at a time …")
def contributions(
    weights: str, events_hash: str, size: int, _model: SessionModel, _dataset: DataSet
) -> tuple[Contribution, ...]:
    """What every head and named term brings, over a sample of the test sessions."""
    return find_contributions(_model, _dataset, sample(split(_dataset).test, size, HEADS_SEED))


@st.cache_resource(max_entries=16, show_spinner="Looking at the epochs that the run kept …")
def formation(
    weights: str, epochs: tuple[int, ...], events_hash: str, _folder: Path, _dataset: DataSet
) -> dict[int, tuple[tuple[TypeShare, ...], ...]]:
    """Types of every head at each epoch that the run kept; empty for a checkpoint that belongs to no run."""
    examples = sample(split(_dataset).test, FORMATION_SAMPLE, HEADS_SEED)
    return {
        epoch: type_profile(load_checkpoint(folder, _dataset.catalogue), _dataset, examples)
        for epoch, folder in kept_epochs(_folder).items()
    }


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


# --- Trust: reports that were measured beforehand


def faithfulness(folder: Path, weights: str) -> FaithfulnessReport | None:
    """The report beside a model's card; None where there is none, or it speaks of other weights."""
    file = folder / REPORT_FILE
    found = _faithfulness(folder, file.stat().st_mtime_ns if file.is_file() else 0)
    return found if found is not None and found.subject.weights_sha256 == weights else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _faithfulness(folder: Path, stamp: int) -> FaithfulnessReport | None:
    return read_report(folder)


# --- Dataset: what a log holds, and its sessions


@st.cache_resource(max_entries=4, show_spinner="Opening the tables …")
def tables(name: str, stamp: int) -> Tables:
    """A data set for browsing, open for all visitors; its log stays on disk."""
    return open_tables(data_folder() / name)


@st.cache_resource(max_entries=64, show_spinner="Counting …")
def figures(name: str, stamp: int, category: str, _tables: Tables) -> Figures:
    """A data set counted, or one category of it."""
    return count(_tables, category)


@st.cache_resource(max_entries=128, show_spinner="Looking through the sessions …")
def browsed(name: str, stamp: int, wish: Wish, order: str, first: int, _tables: Tables) -> Page:
    """One page of the sessions that answer a wish."""
    return find_sessions(_tables, wish, order, first)


@st.cache_resource(max_entries=64, show_spinner="Looking for items …")
def found_items(name: str, stamp: int, words: str, _tables: Tables) -> tuple[FoundItem, ...]:
    """Items by words of their title."""
    return search_items(_tables, words)
