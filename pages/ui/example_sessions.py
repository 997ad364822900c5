"""A session worth opening for each kind of reader, found by a stated rule among the first test sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from streamrec_core.explain.record import Explanation

LOOKED_AT = 60
UNRANKED = 10**9
SHORT = 20
"""Sessions up to this many events are easy to take in at a glance."""


@dataclass(frozen=True)
class Door:
    """One way in: who comes, with what question, and the session that answers it best.

    Attributes
    ----------
    rule : str
        How the session was found, in words.
    found : str
        What is to be seen in it.
    """

    reader: str
    question: str
    session_id: str
    rule: str
    found: str


def find_doors(test_ids: Sequence[str], explain: Callable[[str], Explanation]) -> tuple[Door, ...]:
    """A door for product manager, engineer and regulator, from the first `LOOKED_AT` test sessions with a target."""
    seen = [found for found in map(explain, test_ids[:LOOKED_AT]) if found.target is not None]
    return tuple(make(seen) for make in (_for_product_manager, _for_engineer, _for_regulator)) if seen else ()


def _rank(found: Explanation) -> int:
    """Rank of the target; one that cannot be recommended counts as last of all."""
    return found.target.rank if found.target is not None and found.target.rank else UNRANKED


def _for_product_manager(seen: list[Explanation]) -> Door:
    def order(found: Explanation) -> tuple[bool, bool, bool, bool, int]:
        doubtful = any(reason.note or not reason.beyond_uniform for reason in found.reasons)
        return _rank(found) > 10, not found.reasons, doubtful, len(found.history) > SHORT, _rank(found)

    best = min(seen, key=order)
    return Door(
        "Product manager",
        "Why was this shown?",
        best.history.session_id,
        "a short one whose next item is among the ten and whose explanation names something without a doubt beside it",
        f"What really came next was {_place(best)} for the model. Its first look says: “{best.sentence}”",
    )


def _for_engineer(seen: list[Explanation]) -> Door:
    worst = max(seen, key=lambda found: _rank(found) % UNRANKED)  # what cannot be recommended is no fault of the model
    return Door(
        "Engineer",
        "What went wrong here?",
        worst.history.session_id,
        "the one whose next item the model ranked lowest",
        f"What really came next was only {_place(worst)} for the model. See what it looked at instead.",
    )


def _for_regulator(seen: list[Explanation]) -> Door:
    middle = median(_rank(found) for found in seen)
    typical = min(seen, key=lambda found: (abs(_rank(found) - middle), len(found.history)))
    return Door(
        "Regulator",
        "What decides on an ordinary day?",
        typical.history.session_id,
        "the one whose next item has the median rank",
        f"What really came next was {_place(typical)} for the model: neither its best case nor its worst.",
    )


def _place(found: Explanation) -> str:
    rank = _rank(found)
    return f"number {rank:,}" if rank < UNRANKED else "not to be recommended"
