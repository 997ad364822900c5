"""Candidate reasons: sets of events that may explain a recommendation, none of them checked yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.agreement import EQUAL, Values
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import ItemArray
from streamrec_core.explain.record import Reason

ReasonKind = Literal["again", "series", "saved", "rated", "repeats", "category", "recent", "opening", "item"]
Source = Literal["structure", "attention", "contribution", "gradients"]
Head = tuple[int, int]

SUPPORT_SHARE = 0.4
"""Of all that speaks for a title (positive contributions or gradients), what a reason must carry; chosen on
validation, figures in BENCHMARKS.md."""


@dataclass(frozen=True)
class CandidateReason:
    """A set of events that may be a reason.

    Attributes
    ----------
    kind : str
        What the events have in common, the most informative where several things are true; see `also`.
    positions : tuple of int
        In the history, ascending; neutral items are never among them.
    rows : tuple of int
        Catalogue rows of their items, the latest first, each once.
    category : int or None
        Code of the category, for reasons of that kind.
    also : tuple of str
        What else is true of exactly these events.
    heads : tuple of (layer, head)
        The heads behind it, where attention proposed it.
    proposed_by : tuple of str
        structure (what the history holds), attention (the first look), contribution, gradients; never removal, which is
        the test; more than one where they propose the same events.
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
    case : Case
    catalogue : Catalogue
    contribution : (L,) float64
        What each event adds to the candidate's log-probability, signed; empty for a model that is no sum.
    gradients : (L,) float64
        Integrated gradients, signed; empty for a model without gradients.
    """

    case: Case
    catalogue: Catalogue
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


def context_of(evidence: AttributionEvidence, catalogue: Catalogue) -> ReasonContext:
    """Build the context of reasons from the evidence of one recommendation, without its removals, which are the test.

    Parameters
    ----------
    evidence : AttributionEvidence
    catalogue : Catalogue

    Returns
    -------
    ReasonContext
    """
    nothing = np.zeros(0)
    values = evidence.values
    return ReasonContext(
        case=evidence.case,
        catalogue=catalogue,
        contribution=values.get("contribution", nothing),
        gradients=values.get("integrated_gradients", nothing),
    )


Flags = npt.NDArray[np.bool_]


def _again(context: ReasonContext) -> Flags:
    return context.items == context.case.candidate


def _series(context: ReasonContext) -> Flags:
    candidate_series = int(context.catalogue.series[context.case.candidate])
    return (context.catalogue.series[context.items] == candidate_series) & (candidate_series >= 0) & ~_again(context)


def _strongly(context: ReasonContext) -> Flags:
    return context.case.history.engagements >= context.catalogue.words.strong


def _repeats(context: ReasonContext) -> Flags:
    """Select the item that came up most often, at least twice; of several the latest."""
    counts = {int(row): int((context.items[context.content] == row).sum()) for row in context.items[context.content]}
    often = max(counts.values(), default=0)
    latest = next((int(row) for row in context.items[::-1] if counts.get(int(row)) == often), -1)
    return (context.items == latest) & (often >= 2)


def _category(context: ReasonContext) -> Flags:
    candidate_category = context.catalogue.category_of[context.case.candidate]
    telling = bool(context.catalogue.telling[candidate_category])
    return (context.catalogue.category_of[context.items] == candidate_category) & telling


def _recent(context: ReasonContext) -> Flags:
    return _only(context, np.flatnonzero(context.content)[-1:])


def _opening(context: ReasonContext) -> Flags:
    """The first title of the session; none where it is older than the events that the model reads."""
    whole = context.case.history.start == 0
    return _only(context, np.flatnonzero(context.content)[: int(whole)])


def _only(context: ReasonContext, positions: npt.NDArray[np.int64]) -> Flags:
    flags = np.zeros(len(context.items), bool)
    flags[positions] = True
    return flags


# In order of priority: where several kinds are true of the same events, the first names the reason.
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
    """Propose everything that may be a reason, each set of events once.

    What the history holds (its structure) is proposed where contributions or, without them, gradients give it
    `SUPPORT_SHARE` of what speaks for the candidate: each further set that is tested costs the others in the
    correction, and gives noise another try.

    Parameters
    ----------
    context : ReasonContext
    first_look : sequence of Reason
        What the first look named; all of it is proposed, so that all of it is checked.

    Returns
    -------
    tuple of CandidateReason
    """
    proposed = [
        *_from_structure(context),
        *(_from_first_look(reason, context) for reason in first_look),
        *_strongest(context, context.contribution, "contribution"),
        *_strongest(context, context.gradients, "gradients"),
    ]
    merged: dict[tuple[int, ...], CandidateReason] = {}
    for reason in proposed:
        same_events = merged.get(reason.positions)
        merged[reason.positions] = reason if same_events is None else _merge(same_events, reason)
    return tuple(merged.values())


def _from_structure(context: ReasonContext) -> list[CandidateReason]:
    other: ReasonKind = "rated" if context.catalogue.words.wording == "events" else "saved"
    proposed = []
    for kind, events_of in STRUCTURE.items():
        positions = np.flatnonzero(events_of(context) & context.content)
        if kind != other and len(positions) and _speaks(context, positions):
            code = int(context.catalogue.category_of[context.case.candidate]) if kind == "category" else None
            proposed.append(_reason(kind, positions, context, category=code))
    return proposed


def _speaks(context: ReasonContext, positions: npt.NDArray[np.int64]) -> bool:
    """Tell whether events carry enough of what speaks for the candidate; all do where no method shows it."""
    values = context.contribution if len(context.contribution) else context.gradients
    together = float(values.clip(min=0).sum())
    return together <= EQUAL or float(values[positions].sum()) >= SUPPORT_SHARE * together


def _from_first_look(reason: Reason, context: ReasonContext) -> CandidateReason:
    positions = np.array(reason.positions, np.int64)
    kind: ReasonKind = "category" if reason.kind == "category" else "item"
    code = int(context.catalogue.category_of[context.items[positions[0]]]) if kind == "category" else None
    proposed = _reason(kind, positions, context, category=code)
    return replace(proposed, heads=reason.heads, proposed_by=("attention",), named_first=True)


def _strongest(context: ReasonContext, values: Values, source: Source) -> list[CandidateReason]:
    """Propose the event with the largest signed value, where any is above zero."""
    if not len(values) or not context.content.any():
        return []
    position = int(np.argmax(np.where(context.content, values, -np.inf)))
    if values[position] <= 0:
        return []
    return [replace(_reason("item", np.array([position]), context), proposed_by=(source,))]


def _reason(
    kind: ReasonKind, positions: npt.NDArray[np.int64], context: ReasonContext, category: int | None = None
) -> CandidateReason:
    ordered = tuple(int(position) for position in positions)
    rows = tuple(dict.fromkeys(int(context.items[position]) for position in ordered[::-1]))
    return CandidateReason(kind, ordered, rows, category)


def _merge(first: CandidateReason, second: CandidateReason) -> CandidateReason:
    """Merge two reasons for the same events; the first kind stays, and all that proposed it."""
    also = tuple(kind for kind in dict.fromkeys((*first.also, second.kind)) if kind not in (first.kind, "item"))
    return replace(
        first,
        category=first.category if first.category is not None else second.category,
        also=also,
        heads=tuple(sorted({*first.heads, *second.heads})),
        proposed_by=tuple(dict.fromkeys((*first.proposed_by, *second.proposed_by))),
        named_first=first.named_first or second.named_first,
    )
