"""Candidate reasons for a recommendation: sets of events that could stand behind it, none of them checked yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.agreement import EQUAL, Values
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.evidence import CaseEvidence
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import SAVE, Wording
from streamrec_core.data.log import ItemArray
from streamrec_core.explain.record import Reason

ReasonKind = Literal["again", "series", "saved", "rated", "repeats", "category", "recent", "opening", "item"]
Source = Literal["structure", "attention", "contribution", "gradients"]
Head = tuple[int, int]

LEAST_SHARE = 0.4
"""Of the positive contributions (or gradients) of a history; chosen on validation, figures in BENCHMARKS.md."""

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
        structure (what the history holds), attention (the first look), contribution, gradients; never the removal that
        tests them; more than one where they propose the same events.
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
class ReasonContext:
    """What reasons are proposed from.

    Attributes
    ----------
    contribution : (L,) float64
        What each event adds to the candidate's log-probability, signed; empty for a model that is no sum.
    gradients : (L,) float64
        Integrated gradients, signed; empty for a model without gradients.
    """

    case: Case
    catalogue: Catalogue
    wording: Wording = "events"
    contribution: Values = field(default_factory=lambda: np.zeros(0))
    gradients: Values = field(default_factory=lambda: np.zeros(0))

    @property
    def items(self) -> ItemArray:
        """(L,) catalogue rows of the history."""
        return self.case.history.items

    @property
    def content(self) -> npt.NDArray[np.bool_]:
        """(L,) which events are not neutral."""
        return ~self.catalogue.neutral[self.items]


def context_of(evidence: CaseEvidence, catalogue: Catalogue, wording: Wording) -> ReasonContext:
    """What the evidence of one recommendation offers; its removals propose nothing, since they are what tests."""
    nothing = np.zeros(0)
    values = evidence.values
    return ReasonContext(
        case=evidence.case,
        catalogue=catalogue,
        wording=wording,
        contribution=values.get("contribution", nothing),
        gradients=values.get("integrated_gradients", nothing),
    )


Flags = npt.NDArray[np.bool_]


def _again(context: ReasonContext) -> Flags:
    return context.items == context.case.candidate


def _series(context: ReasonContext) -> Flags:
    own = int(context.catalogue.series[context.case.candidate])
    return (context.catalogue.series[context.items] == own) & (own >= 0) & ~_again(context)


def _strongly(context: ReasonContext) -> Flags:
    return context.case.history.engagements >= STRONG[context.wording][1]


def _repeats(context: ReasonContext) -> Flags:
    """The item that came up most often, at least twice; of several the latest."""
    counts = {int(row): int((context.items[context.content] == row).sum()) for row in context.items[context.content]}
    often = max(counts.values(), default=0)
    latest = next((int(row) for row in context.items[::-1] if counts.get(int(row)) == often), -1)
    return (context.items == latest) & (often >= 2)


def _category(context: ReasonContext) -> Flags:
    own = context.catalogue.category_of[context.case.candidate]
    return context.catalogue.category_of[context.items] == own


def _recent(context: ReasonContext) -> Flags:
    return _only(context, np.flatnonzero(context.content)[-1:])


def _opening(context: ReasonContext) -> Flags:
    return _only(context, np.flatnonzero(context.content)[:1])


def _only(context: ReasonContext, places: npt.NDArray[np.int64]) -> Flags:
    chosen = np.zeros(len(context.items), bool)
    chosen[places] = True
    return chosen


# In this order: of several things that are true of the same events, the first one is said.
STRUCTURE: dict[ReasonKind, Callable[[ReasonContext], Flags]] = {
    "again": _again,
    "series": _series,
    "saved": _strongly,
    "rated": _strongly,
    "repeats": _repeats,
    "recent": _recent,
    "opening": _opening,
    "category": _category,
}


def propose(context: ReasonContext, first_look: Sequence[Reason] = ()) -> tuple[CandidateReason, ...]:
    """Everything that may be a reason, each set of events once.

    What the history holds (its structure) is proposed where contributions or, without them, gradients give it
    `LEAST_SHARE` of what speaks for the candidate: each further set that is tested costs the others in the correction,
    and gives noise another try.

    Parameters
    ----------
    context : ReasonContext
    first_look : sequence of Reason
        What the first look named; all of it is proposed, so that all of it is checked.
    """
    found = [
        *_from_structure(context),
        *(_from_first_look(reason, context) for reason in first_look),
        *_strongest(context, context.contribution, "contribution"),
        *_strongest(context, context.gradients, "gradients"),
    ]
    merged: dict[tuple[int, ...], CandidateReason] = {}
    for reason in found:
        own = merged.get(reason.positions)
        merged[reason.positions] = reason if own is None else _merge(own, reason)
    return tuple(merged.values())


def _from_structure(context: ReasonContext) -> list[CandidateReason]:
    other: ReasonKind = "rated" if context.wording == "events" else "saved"
    found = []
    for kind, chosen in STRUCTURE.items():
        positions = np.flatnonzero(chosen(context) & context.content)
        if kind != other and len(positions) and _speaks(context, positions):
            code = int(context.catalogue.category_of[context.case.candidate]) if kind == "category" else None
            found.append(_reason(kind, positions, context, category=code))
    return found


def _speaks(context: ReasonContext, positions: npt.NDArray[np.int64]) -> bool:
    """Whether events carry enough of what speaks for the candidate; all do where no method says what speaks for it."""
    values = context.contribution if len(context.contribution) else context.gradients
    together = float(values.clip(min=0).sum())
    return together <= EQUAL or float(values[positions].sum()) >= LEAST_SHARE * together


def _from_first_look(reason: Reason, context: ReasonContext) -> CandidateReason:
    positions = np.array(reason.positions, np.int64)
    kind: ReasonKind = "category" if reason.kind == "category" else "item"
    code = int(context.catalogue.category_of[context.items[positions[0]]]) if kind == "category" else None
    found = _reason(kind, positions, context, category=code)
    return replace(found, heads=reason.heads, proposed_by=("attention",), named_first=True)


def _strongest(context: ReasonContext, values: Values, source: Source) -> list[CandidateReason]:
    """The one event with the largest signed value, where any is above zero."""
    if not len(values) or not context.content.any():
        return []
    position = int(np.argmax(np.where(context.content, values, -np.inf)))
    if values[position] <= 0:
        return []
    return [replace(_reason("item", np.array([position]), context), proposed_by=(source,))]


def _reason(
    kind: ReasonKind, positions: npt.NDArray[np.int64], context: ReasonContext, category: int | None = None
) -> CandidateReason:
    places = tuple(int(place) for place in positions)
    rows = tuple(dict.fromkeys(int(context.items[place]) for place in places[::-1]))
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
