"""Candidate reasons from a history: each set of events once, neutral items never."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamrec_core.attribution.case import Case
from streamrec_core.data.engagement import WORDS
from streamrec_core.explain.reasons import CandidateReason, ReasonContext, propose
from streamrec_core.explain.record import Reason
from tests.worlds import catalogue_of, session_of

HOME = 12
# Items 0, 3, 6, 9 are Crime, 1, 4, 7, 10 Drama; items 3, 4 and 5 are one series.
CATALOGUE = replace(
    catalogue_of(12, 3, home=True),
    series=np.where(np.isin(np.arange(13), [3, 4, 5]), 0, -1),
    episodes=np.where(np.isin(np.arange(13), [3, 4, 5]), np.arange(13) - 2, 0),
)


def context(items: list[int], candidate: int, marks: list[int] | None = None, **other: object) -> ReasonContext:
    case = Case(session_of(items, marks), candidate, np.zeros(0, np.int64))
    return replace(ReasonContext(case, CATALOGUE), **other)  # type: ignore[arg-type]


def by_kind(reasons: tuple[CandidateReason, ...]) -> dict[str, tuple[int, ...]]:
    return {reason.kind: reason.positions for reason in reasons}


def test_every_kind_of_reason_is_proposed_at_its_events() -> None:
    history = [HOME, 1, 5, 7, 3, 8, 3, 11, HOME]
    reasons = by_kind(propose(context(history, 4, [4, 0, 3, 0, 0, 4, 0, 0, 4])))
    assert reasons == {
        "series": (2, 4, 6),
        "saved": (2, 5),
        "repeats": (4, 6),
        "recent": (7,),
        "opening": (1,),
        "category": (1, 3),
    }


def test_the_candidate_itself_is_not_named_as_its_series() -> None:
    reasons = by_kind(propose(context([3, 4, 0, 1], 3)))
    assert reasons["again"] == (0,)
    assert reasons["series"] == (1,)


def test_only_five_star_ratings_count_as_rated() -> None:
    reasons = by_kind(propose(context([0, 1, 2], 4, [4, 3, 4], catalogue=CATALOGUE.with_words(WORDS["ratings"]))))
    assert reasons["rated"] == (0, 2)
    assert "saved" not in reasons


def test_the_strongest_by_signed_contribution_and_gradient_are_proposed_and_never_a_neutral_one() -> None:
    contribution = np.array([0.6, -0.9, 0.3, 0.1, 0.0])
    gradients = np.array([0.9, 0.0, -0.8, 0.2, 0.0])
    seen = context([HOME, 1, 2, 5, 8], 0, contribution=contribution, gradients=gradients)
    reasons = {reason.positions: reason for reason in propose(seen)}
    assert reasons[(2,)].proposed_by == ("contribution",)
    assert reasons[(3,)].proposed_by == ("gradients",)
    assert all(0 not in positions for positions in reasons)
    # What speaks against the title by every method is no suspect.
    against = context([1, 2, 5, 8], 0, contribution=-np.ones(4), gradients=-np.ones(4))
    assert set(by_kind(propose(against))) == {"recent", "opening"}


def test_structure_is_proposed_only_with_two_fifths_of_the_positive_contributions() -> None:
    carried = {
        share: set(by_kind(propose(context([1, 2, 4, 8], 0, contribution=np.array([0.0, 1 - share, -0.5, share])))))
        for share in (0.39, 0.41)
    }
    assert "recent" not in carried[0.39]
    assert "recent" in carried[0.41]
    assert "opening" not in carried[0.41]
    by_gradients = propose(context([1, 2, 4, 8], 0, gradients=np.array([0.0, 0.1, 0.0, 0.9])))
    assert set(by_kind(by_gradients)) == {"recent"}


def test_what_the_first_look_named_is_proposed_with_its_heads_and_merged_with_the_same_events() -> None:
    named = (
        Reason("recency", "", "", ((0, 0),), (3,), beyond_uniform=True),
        Reason("category", "", "", ((1, 1),), (1, 3), beyond_uniform=True),
    )
    reasons = {reason.positions: reason for reason in propose(context([2, 1, 5, 4], 0), named)}
    assert (reasons[(3,)].kind, reasons[(3,)].heads, reasons[(3,)].named_first) == ("recent", ((0, 0),), True)
    assert reasons[(3,)].proposed_by == ("structure", "attention")
    assert (reasons[(1, 3)].kind, reasons[(1, 3)].category, reasons[(1, 3)].heads) == ("category", 1, ((1, 1),))
    assert not reasons[(0,)].named_first


def test_a_history_of_neutral_items_has_no_candidate_reasons() -> None:
    assert propose(context([HOME, HOME], 0, contribution=np.ones(2), gradients=np.ones(2))) == ()
