"""Checks, counterfactuals and searches of Explore, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.session_search import Predictions, describe_predictions
from pages.ui import cached as ui_cached
from pages.ui.shared_cache import frozen, shared_cache
from pages.ui.turns import turn_to_compute
from pages.ui.workbench import HASH_FUNCS as WORKBENCH_HASH_FUNCS
from pages.ui.workbench import Workbench
from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.attribution.bring_in import bring_in
from streamrec_core.attribution.bring_in_record import BringIn
from streamrec_core.attribution.contributions import Contributions, contributions
from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.single_change import Change, ChangeKind, smallest_change
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import from_compact
from streamrec_core.data.pseudonyms import Pseudonyms, pseudonyms_for
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import rank
from streamrec_core.explain.contrast import Contrast
from streamrec_core.explain.contrast import contrast as explain_contrast
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.method_agreement import MethodAgreement
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import add_counterfactual, example_agreements, verify
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.protocol import AdditiveModel

Result = TypeVar("Result")
Progress = Callable[[float], None]
HASH_FUNCS = {**WORKBENCH_HASH_FUNCS, ExplainedView: lambda explained: explained.cache_key}
CHECKED = 256
"""Checked explanations that are kept, each of up to half a megabyte."""
SAMPLED, PIECE = 400, 40
"""Test sessions over which agreement is measured, sampled evenly, and how many a piece."""
SEED = 5


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def explanation_of_history(bench: Workbench, history: str, item: int | None) -> Explanation:
    """An explained recommendation after a history that a visitor wrote, in the compact form of a link."""
    with turn_to_compute(bench):
        return explain(
            bench.loaded_model, bench.dataset, from_compact(history, bench.dataset.catalogue), candidate=item
        )


@shared_cache(max_entries=16, show_spinner=False, hash_funcs=HASH_FUNCS)
def pseudonyms(bench: Workbench) -> Pseudonyms:
    """What stands for session ids in exports of a data set."""
    return pseudonyms_for(bench.dataset.log.session_ids)


@shared_cache(max_entries=4, show_spinner="Ranking the next item of every test session …", hash_funcs=HASH_FUNCS)
def predictions(bench: Workbench) -> Predictions:
    """The test sessions, or a sample of very many, with the rank that the model gave to the item that came next."""
    examples = ui_cached.ranked_split(bench.dataset).test
    return describe_predictions(bench.dataset, examples, rank(bench.loaded_model, bench.dataset, examples))


@shared_cache(max_entries=CHECKED, show_spinner=False, hash_funcs=HASH_FUNCS)
def verified(explained: ExplainedView) -> Verified:
    """A checked explanation; raises `BadInput` where the item cannot be recommended."""
    bench = explained.bench
    with turn_to_compute(bench):
        started = time.perf_counter()
        checked = verify(bench.loaded_model, bench.dataset, explained.explanation, explained.whole_history)
        seconds = time.perf_counter() - started
    _slot("check", explained)["seconds"] = seconds
    return checked


def seconds_of_check(explained: ExplainedView) -> float | None:
    """How long the check took; None where it is still to be made."""
    seconds: float | None = _slot("check", explained).get("seconds")
    return seconds


def titles_above_average(explained: ExplainedView) -> Contributions | None:
    """What each head adds to each of the ten and the explained title, against the model's average; None if unknown.

    Only an additive model knows it.
    """
    explanation = explained.explanation
    if explanation.contributions is None:
        return None
    rows = dict.fromkeys(item.row for item in (*explanation.recommendations, explanation.candidate))
    return _titles_above_average(explained.bench, explained.session_key, tuple(rows), explanation)


@shared_cache(max_entries=128, show_spinner=False, hash_funcs=HASH_FUNCS)
def _titles_above_average(
    bench: Workbench, session_key: str, rows: tuple[int, ...], _explanation: Explanation
) -> Contributions:
    model = bench.loaded_model
    assert isinstance(model, AdditiveModel)
    return contributions(model, _explanation.history, rows, "average")


def parts_above_average(explained: ExplainedView) -> Contributions | None:
    """The same for the explained title alone."""
    titles, row = titles_above_average(explained), explained.explanation.candidate.row
    if titles is None:
        return None
    at = titles.candidates.index(row)
    return Contributions((row,), titles.base[at : at + 1], titles.values[at : at + 1])


@st.cache_resource(max_entries=2 * CHECKED, show_spinner=False, hash_funcs=HASH_FUNCS)
def _slot(kind: str, explained: ExplainedView) -> dict[str, Any]:
    """A place for the result of a search that reports its progress, and for how long a check took."""
    return {}


def _once(kind: str, explained: ExplainedView, search: Callable[[], Result]) -> Result:
    slot = _slot(kind, explained)
    if "result" not in slot:
        slot["result"] = frozen(search())
    result: Result = slot["result"]
    return result


def counterfactual(explained: ExplainedView, verified: Verified, progress: Progress) -> Counterfactual | None:
    """The smallest removal that takes the title off the list; None where it is not on it."""
    model, catalogue = explained.bench.loaded_model, explained.bench.dataset.catalogue
    return _once("removal", explained, lambda: add_counterfactual(model, catalogue, verified, progress).counterfactual)


def change(explained: ExplainedView, verified: Verified, kind: ChangeKind, progress: Progress) -> Change | None:
    """The smallest change of engagement or order that does the same; None where the title is not on the list."""
    model, catalogue = explained.bench.loaded_model, explained.bench.dataset.catalogue

    def search() -> Change | None:
        try:
            return smallest_change(model, catalogue, verified.case, kind, verified.settings.counterfactual, progress)
        except BadInput:
            return None

    return _once(kind, explained, search)


@shared_cache(max_entries=128, show_spinner="Adding items, one after another …", hash_funcs=HASH_FUNCS)
def addition(explained: ExplainedView, _verified: Verified) -> BringIn:
    """The smallest addition or swap that brings a title on the list; raises `BadInput` where it is on it."""
    dataset = explained.bench.dataset
    pool = addition_pool(dataset, ui_cached.dataset_split(dataset).train, _verified.case.candidate)
    return bring_in(explained.bench.loaded_model, dataset.catalogue, _verified.case, pool)


@shared_cache(max_entries=128, show_spinner="Comparing the two …", hash_funcs=HASH_FUNCS)
def contrast(explained: ExplainedView, foil: int, _verified: Verified) -> Contrast:
    """The evidence for the title over another one; raises `BadInput` where the two are the same."""
    with turn_to_compute(explained.bench):
        return explain_contrast(explained.bench.loaded_model, explained.bench.dataset.catalogue, _verified, foil)


def pieces(dataset: DataSet) -> range:
    """Numbers of the pieces in which agreement is measured."""
    return range(-(-min(SAMPLED, len(ui_cached.ranked_split(dataset).test)) // PIECE))


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def agreement(bench: Workbench, piece: int) -> tuple[tuple[str, MethodAgreement], ...]:
    """One piece of the sample: session ids, and how methods agree on the first recommendation."""
    sample = ui_cached.ranked_split(bench.dataset).test.sample(SAMPLED, SEED)
    examples = sample.take(np.arange(piece * PIECE, min((piece + 1) * PIECE, len(sample))))
    ids = bench.dataset.log.ids_of(examples.sessions)
    return tuple(zip(ids, example_agreements(bench.loaded_model, bench.dataset, examples), strict=True))
