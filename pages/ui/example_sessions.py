"""Example sessions, one for each kind of reader, chosen by a stated rule among the first test sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from streamrec_core.explain.record import Explanation

SEARCHED = 60
"""Test sessions among which the examples are chosen."""
UNRANKED = 10**9
SHORT = 20
"""Sessions of at most this many events are easy to take in at a glance."""


@dataclass(frozen=True)
class ExampleSession:
    """A reader, the question that the reader comes with, and the session that answers it best.

    Attributes
    ----------
    rule : str
        How the session was chosen, in words.
    summary : str
        What it shows.
    """

    reader: str
    question: str
    session_id: str
    rule: str
    summary: str


def find_example_sessions(test_ids: Sequence[str], explain: Callable[[str], Explanation]) -> tuple[ExampleSession, ...]:
    """Choose for product manager, engineer and regulator among the first `SEARCHED` test sessions with a target."""
    explanations = [explanation for explanation in map(explain, test_ids[:SEARCHED]) if explanation.target is not None]
    if not explanations:
        return ()
    return _for_product_manager(explanations), _for_engineer(explanations), _for_regulator(explanations)


def _rank(explanation: Explanation) -> int:
    """Rank of the target; one that cannot be recommended counts as last of all."""
    return explanation.target.rank if explanation.target is not None and explanation.target.rank else UNRANKED


def _for_product_manager(explanations: list[Explanation]) -> ExampleSession:
    def order(explanation: Explanation) -> tuple[bool, bool, bool, bool, int]:
        reasons, rank = explanation.reasons, _rank(explanation)
        doubtful = any(reason.note or not reason.beyond_uniform for reason in reasons)
        return rank > 10, not reasons, doubtful, len(explanation.history) > SHORT, rank

    best = min(explanations, key=order)
    return ExampleSession(
        "Product manager",
        "Why was this shown?",
        best.history.session_id,
        "short, the next item in the top ten, and a first look that names something without a caveat",
        f"{_outcome(best)} First look: “{best.sentence}”",
    )


def _for_engineer(explanations: list[Explanation]) -> ExampleSession:
    # What cannot be recommended is no fault of the model.
    worst = max(explanations, key=lambda explanation: _rank(explanation) % UNRANKED)
    return ExampleSession(
        "Engineer",
        "What went wrong here?",
        worst.history.session_id,
        "the next item has the lowest rank",
        f"{_outcome(worst)} See what the model looked at instead.",
    )


def _for_regulator(explanations: list[Explanation]) -> ExampleSession:
    middle = median(map(_rank, explanations))
    typical = min(explanations, key=lambda explanation: (abs(_rank(explanation) - middle), len(explanation.history)))
    return ExampleSession(
        "Regulator",
        "What decides in a typical case?",
        typical.history.session_id,
        "the next item has the median rank",
        f"{_outcome(typical)} That is neither the model's best case nor its worst.",
    )


def _outcome(explanation: Explanation) -> str:
    rank = _rank(explanation)
    return f"The item that came next {f'has rank {rank:,}' if rank < UNRANKED else 'cannot be recommended'}."
