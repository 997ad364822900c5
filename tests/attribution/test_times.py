"""Times of events reach every computation of an explanation: each equals the model run on what it stands for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attribution.bring_in import BringInSettings, bring_in
from streamrec_core.attribution.candidate_scores import score_variants
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.contributions import contributions, edited_scores
from streamrec_core.attribution.edits import score_replacements
from streamrec_core.attribution.gradients import ExplainedValue
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.data.batches import batch_of
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, session_of, small_transformer

CATALOGUE = catalogue_of(12, 3)
MODEL = small_transformer(CATALOGUE, jobs=("recent", "lasting", "category", "free"), time_gaps=True, context_events=1)
for terms in MODEL.named_terms():
    terms.weights["time_gap"].data.fill_(0.8)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Two to eight events, some of one moment, some of minutes or months apart."""
    items = draw(st.lists(st.integers(0, 11), min_size=2, max_size=8))
    gaps = draw(st.lists(st.sampled_from([0, 40, 3_000, 10**7]), min_size=len(items), max_size=len(items)))
    marks = draw(st.lists(st.integers(0, 4), min_size=len(items), max_size=len(items)))
    return session_of(items, marks, np.cumsum([10**9, *gaps[1:]]).tolist())


def log_probability(session: Session, title: int) -> float:
    with torch.inference_mode():
        scores = MODEL.logits(batch_of([session], len(CATALOGUE), 50))[0].double()
    return float(scores.log_softmax(0)[title])


@settings(max_examples=25, deadline=None)
@given(session=sessions(), title=st.integers(0, 11), data=st.data())
def test_removing_and_replacing_events_keeps_the_times_of_the_others(
    session: Session, title: int, data: st.DataObject
) -> None:
    case, every = case_of(session, title, MODEL, False), np.arange(len(session))
    gone = data.draw(st.sets(st.integers(0, len(session) - 1), min_size=1, max_size=len(session) - 1))
    scored = score_variants(MODEL, CATALOGUE, [(case, (), "drop"), (case, tuple(sorted(gone)), "drop")])
    left = session.take(np.setdiff1d(every, list(gone)))
    expected = [log_probability(session, title), log_probability(left, title)]
    assert scored.log_probability == pytest.approx(expected, abs=1e-4)
    others = ((session.items + 1) % 12).astype(np.int32)
    (replaced,) = score_replacements(MODEL, CATALOGUE, [(case, others[None])])
    assert replaced.log_probability == pytest.approx([log_probability(replace(session, items=others), title)], abs=1e-4)
    assert edited_scores(MODEL, [session, left])[:, title] == pytest.approx(
        [float(MODEL.logits(batch_of([some], 12, 50))[0, title].detach()) for some in (session, left)], abs=1e-4
    )


@settings(max_examples=15, deadline=None)
@given(drawn=st.lists(sessions(), min_size=1, max_size=3), title=st.integers(0, 11))
def test_contributions_and_gradients_are_of_the_model_that_reads_times(drawn: list[Session], title: int) -> None:
    cases = [case_of(session, title, MODEL, False) for session in drawn]
    for session in drawn:
        with torch.inference_mode():
            score = float(MODEL.logits(batch_of([session], 12, 50))[0, title])
        assert contributions(MODEL, session, [title]).scores == pytest.approx([score], abs=1e-4)
    explained = ExplainedValue(MODEL, CATALOGUE, cases)
    with torch.no_grad():
        values = explained(explained.embedded, torch.arange(len(cases)))
    assert values.tolist() == pytest.approx([log_probability(session, title) for session in drawn], abs=1e-4)
    for integrated in integrated_gradients(MODEL, CATALOGUE, cases):
        assert integrated.relative_gap <= 0.0101


def test_an_added_item_is_watched_right_after_the_last_event() -> None:
    session, added = session_of([0, 1, 2], times=[0, 50, 10**6]), 0
    for title in range(3, 12):
        case = case_of(session, title, MODEL, False)
        with suppress(BadInput):  # among the first already
            answer = bring_in(MODEL, CATALOGUE, case, np.arange(12), BringInSettings(k=4))
            if answer.edits is None:
                continue
            assert answer.history.times is not None
            additions = sum(edit.kind == "add" for edit in answer.edits)
            assert answer.history.times.tolist() == [0, 50, *[10**6] * (1 + additions)]
            ranked = score_variants(MODEL, CATALOGUE, [(replace(case, history=answer.history), (), "drop")])
            assert int(ranked.rank[0]) <= 4
            added += additions
    assert added


def test_times_change_what_is_explained() -> None:
    session = session_of([0, 1, 2], times=[0, 50, 10**6])
    at_once = replace(session, times=np.zeros(3, np.int64))
    assert abs(log_probability(session, 7) - log_probability(at_once, 7)) > 0.01
