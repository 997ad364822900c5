"""What Explore computes, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from pages.explore.scene import Scene
from pages.explore.session_search import Predictions
from pages.explore.session_search import predictions as join_predictions
from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.single_change import Change, ChangeKind, smallest_change
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import from_compact
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import rank
from streamrec_core.explain.contrast import Contrast
from streamrec_core.explain.contrast import contrast as hold_against
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.method_agreement import MethodAgreement
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import Verified, add_counterfactual, example_agreements, verify
from streamrec_core.models.protocol import SessionModel

Result = TypeVar("Result")
Progress = Callable[[float], None]
SAMPLED, PIECE = 400, 40
"""Test sessions over which agreement is looked up, drawn evenly, and how many at a time."""
SEED = 5


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


def checked(scene: Scene) -> Verified:
    """A checked explanation; raises `BadInput` where the item cannot be recommended."""
    bench = scene.bench
    return _checked(bench.weights, bench.events_hash, scene.name, scene.found.candidate.row, scene)


@st.cache_resource(max_entries=256, show_spinner="Taking events away, one set after another …")
def _checked(weights: str, events_hash: str, name: str, item: int, _scene: Scene) -> Verified:
    assert _scene.bench.model is not None
    return verify(_scene.bench.model, _scene.bench.dataset, _scene.found, _scene.whole_history)


@st.cache_resource(max_entries=512, show_spinner=False)
def _slot(kind: str, weights: str, events_hash: str, session: str, item: int) -> dict[str, Any]:
    """A place for what a search finds: it tells its progress as it goes, which a cached function cannot."""
    return {}


def _once(kind: str, scene: Scene, find: Callable[[], Result]) -> Result:
    bench = scene.bench
    slot = _slot(kind, bench.weights, bench.events_hash, scene.name, scene.found.candidate.row)
    if "found" not in slot:
        slot["found"] = find()
    result: Result = slot["found"]
    return result


def counterfactual(scene: Scene, found: Verified, progress: Progress) -> Counterfactual | None:
    """The smallest removal that takes the title off the list; None where it is not on it."""
    model, catalogue = scene.bench.model, scene.bench.dataset.catalogue
    assert model is not None
    return _once("removal", scene, lambda: add_counterfactual(model, catalogue, found, progress).counterfactual)


def change(scene: Scene, found: Verified, kind: ChangeKind, progress: Progress) -> Change | None:
    """The smallest change of an engagement or of order that does it; None where the title is not on the list."""
    model, catalogue = scene.bench.model, scene.bench.dataset.catalogue
    assert model is not None

    def find() -> Change | None:
        try:
            return smallest_change(model, catalogue, found.case, kind, found.settings.counterfactual, progress)
        except BadInput:
            return None

    return _once(kind, scene, find)


def contrast(scene: Scene, found: Verified, other: int) -> Contrast:
    """The evidence for the title over another one; raises `BadInput` where the two are the same."""
    bench = scene.bench
    return _contrast((bench.weights, bench.events_hash, scene.name), (found.case.candidate, other), scene, found)


@st.cache_resource(max_entries=128, show_spinner="Holding the two against each other …")
def _contrast(keys: tuple[str, str, str], pair: tuple[int, int], _scene: Scene, _found: Verified) -> Contrast:
    assert _scene.bench.model is not None
    return hold_against(_scene.bench.model, _scene.bench.dataset.catalogue, _found, pair[1])


def pieces(dataset: DataSet) -> range:
    """Numbers of the pieces in which agreement is looked up."""
    return range(-(-min(SAMPLED, len(split(dataset).test)) // PIECE))


@st.cache_resource(max_entries=64, show_spinner=False)
def agreement(
    weights: str, events_hash: str, piece: int, _model: SessionModel, _dataset: DataSet
) -> tuple[tuple[str, MethodAgreement], ...]:
    """One piece of the sample: session ids, and how methods agree on what is recommended first."""
    examples = split(_dataset).test
    drawn = examples.sample(SAMPLED, SEED)
    part = drawn.take(np.arange(piece * PIECE, min((piece + 1) * PIECE, len(drawn))))
    ids = [_dataset.log.session_ids[row] for row in part.sessions]
    return tuple(zip(ids, example_agreements(_model, _dataset, part), strict=True))
