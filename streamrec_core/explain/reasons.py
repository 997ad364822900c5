"""Candidate reasons for a recommendation: sets of events that could stand behind it, none of them checked yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.agreement import Values
from streamrec_core.attribution.removal import Case
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import SAVE, Wording
from streamrec_core.data.log import ItemArray
from streamrec_core.explain.record import Explanation, Reason

ReasonKind = Literal["again", "series", "saved", "rated", "repeats", "category", "recent", "opening", "item"]
Source = Literal["structure", "attention", "removal"]
Head = tuple[int, int]

# By wording of the log: which kind of reason a strong engagement is, and from which code on it is strong.
STRONG: dict[Wording, tuple[ReasonKind, int]] = {"events": ("saved", SAVE), "ratings": ("rated", 4)}


@dataclass(frozen=True)
class CandidateReason:
    """A set of events that may be a reason.

    Attributes
    ----------
    kind : str
        What the events have in common, the most telling where several things are true; see `also`.
    positions : tuple of int
        Places in the history, rising; neutral items are never among them.
    rows : tuple of int
        Catalogue rows of their items, the latest first, each once.
    category : int or None
        Code of the category, for reasons of that kind.
    also : tuple of str
        What else is true of exactly these events.
    heads : tuple of (layer, head)
        The heads behind it, where attention proposed it.
    proposed_by : tuple of str
        structure (what the history holds), attention, removal; more than one where they propose the same events.
    named_first : bool
        Whether the first look named it.
    """

    kind: ReasonKind
    positions: tuple[int, ...]
    rows: tuple[int, ...]
    category: int | None = None
    also: tuple[ReasonKind, ...] = ()
    heads: tuple[Head, ...] = ()
    proposed_by: tuple[Source, ...] = ("structure",)
    named_first: bool = False


@dataclass(frozen=True, eq=False)
class Sight:
    """What reasons are proposed from.

    Attributes
    ----------
    attention : (L,) float64
        Weight of each event for this candidate; empty without attention.
    removal : (L,) float64
        Fall of the candidate's log-probability without each event; empty where it is not known yet.
    """

    case: Case
    catalogue: Catalogue
    wording: Wording = "events"
    attention: Values = field(default_factory=lambda: np.zeros(0))
    removal: Values = field(default_factory=lambda: np.zeros(0))

    @property
    def items(self) -> ItemArray:
        """(L,) catalogue rows of the history."""
        return self.case.history.items

    @property
    def content(self) -> npt.NDArray[np.bool_]:
        """(L,) which events are not neutral."""
        return ~self.catalogue.neutral[self.items]


def sight_of(found: Explanation, case: Case, catalogue: Catalogue, wording: Wording, removal: Values) -> Sight:
    """What one explained recommendation offers: its attention is that of the heads that speak for the candidate."""
    spoken = found.by_contribution()
    return Sight(case, catalogue, wording, spoken if spoken.any() else found.attention, removal)


Flags = npt.NDArray[np.bool_]


def _again(sight: Sight) -> Flags:
    return sight.items == sight.case.candidate


def _series(sight: Sight) -> Flags:
    own = int(sight.catalogue.series[sight.case.candidate])
    return (sight.catalogue.series[sight.items] == own) & (own >= 0) & ~_again(sight)


def _strongly(sight: Sight) -> Flags:
    return sight.case.history.engagements >= STRONG[sight.wording][1]


def _repeats(sight: Sight) -> Flags:
    """The item that came up most often, at least twice; of several the latest."""
    counts = {int(row): int((sight.items[sight.content] == row).sum()) for row in sight.items[sight.content]}
    often = max(counts.values(), default=0)
    latest = next((int(row) for row in sight.items[::-1] if counts.get(int(row)) == often), -1)
    return (sight.items == latest) & (often >= 2)


def _category(sight: Sight) -> Flags:
    own = sight.catalogue.category_of[sight.case.candidate]
    return sight.catalogue.category_of[sight.items] == own


def _recent(sight: Sight) -> Flags:
    return _only(sight, np.flatnonzero(sight.content)[-1:])


def _opening(sight: Sight) -> Flags:
    return _only(sight, np.flatnonzero(sight.content)[:1])


def _only(sight: Sight, places: npt.NDArray[np.int64]) -> Flags:
    chosen = np.zeros(len(sight.items), bool)
    chosen[places] = True
    return chosen


# In this order: of several things that are true of the same events, the first one is said.
STRUCTURE: dict[ReasonKind, Callable[[Sight], Flags]] = {
    "again": _again,
    "series": _series,
    "saved": _strongly,
    "rated": _strongly,
    "repeats": _repeats,
    "recent": _recent,
    "opening": _opening,
    "category": _category,
}


def propose(
    sight: Sight, first_look: Sequence[Reason] = (), tops: Sequence[tuple[Head, int]] = ()
) -> tuple[CandidateReason, ...]:
    """Everything that may be a reason, each set of events once.

    Parameters
    ----------
    first_look : sequence of Reason
        What the first look named; all of it is proposed, so that all of it is checked.
    tops : sequence of ((layer, head), position)
        The event that each head looks at most.
    """
    found = [
        *_from_structure(sight),
        *(_from_first_look(reason, sight) for reason in first_look),
        *_strongest(sight, sight.attention, "attention", tops),
        *_strongest(sight, sight.removal, "removal", ()),
    ]
    merged: dict[tuple[int, ...], CandidateReason] = {}
    for reason in found:
        own = merged.get(reason.positions)
        merged[reason.positions] = reason if own is None else _merge(own, reason)
    return tuple(merged.values())


def _from_structure(sight: Sight) -> list[CandidateReason]:
    other: ReasonKind = "rated" if sight.wording == "events" else "saved"
    found = []
    for kind, chosen in STRUCTURE.items():
        positions = np.flatnonzero(chosen(sight) & sight.content)
        if kind != other and len(positions):
            code = int(sight.catalogue.category_of[sight.case.candidate]) if kind == "category" else None
            found.append(_reason(kind, positions, sight, category=code))
    return found


def _from_first_look(reason: Reason, sight: Sight) -> CandidateReason:
    positions = np.array(reason.positions, np.int64)
    kind: ReasonKind = "category" if reason.kind == "category" else "item"
    code = int(sight.catalogue.category_of[sight.items[positions[0]]]) if kind == "category" else None
    found = _reason(kind, positions, sight, category=code)
    return replace(found, heads=reason.heads, proposed_by=("attention",), named_first=True)


def _strongest(sight: Sight, values: Values, source: Source, tops: Sequence[tuple[Head, int]]) -> list[CandidateReason]:
    """The one event with the largest value, where any is above zero."""
    if not len(values) or not sight.content.any():
        return []
    place = int(np.argmax(np.where(sight.content, values, -np.inf)))
    if values[place] <= 0:
        return []
    heads = tuple(head for head, top in tops if top == place)
    return [replace(_reason("item", np.array([place]), sight), heads=heads, proposed_by=(source,))]


def _reason(
    kind: ReasonKind, positions: npt.NDArray[np.int64], sight: Sight, category: int | None = None
) -> CandidateReason:
    places = tuple(int(place) for place in positions)
    rows = tuple(dict.fromkeys(int(sight.items[place]) for place in places[::-1]))
    return CandidateReason(kind, places, rows, category)


def _merge(one: CandidateReason, other: CandidateReason) -> CandidateReason:
    """One reason for the same events; it keeps the first kind and all that proposed it."""
    also = tuple(kind for kind in dict.fromkeys((*one.also, other.kind)) if kind not in (one.kind, "item"))
    return replace(
        one,
        category=one.category if one.category is not None else other.category,
        also=also,
        heads=tuple(sorted({*one.heads, *other.heads})),
        proposed_by=tuple(dict.fromkeys((*one.proposed_by, *other.proposed_by))),
        named_first=one.named_first or other.named_first,
    )
