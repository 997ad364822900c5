"""Counterfactual by a single change: another engagement, or two events exchanged, takes a candidate off the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from streamrec_core.attribution.candidate_scores import Variant, score_variants
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.counterfactual import CounterfactualSettings, Progress
from streamrec_core.attribution.list_rank import off_list, rank_on_list, recommend_after
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel

ChangeKind = Literal["engagement", "order"]


@dataclass(frozen=True, eq=False)
class Change:
    """The smallest single change of an engagement or of order by which the candidate leaves the first k.

    Attributes
    ----------
    kind : str
        engagement: one event has another engagement; order: two events are exchanged.
    positions : tuple of int or None
        The event, or the two; None where no single change of this kind does it.
    engagement : int or None
        The new engagement code.
    history : Session
        The history after the change; the whole one where there is none.
    rank, rank_after, instead, k
        As in `Counterfactual`.
    size : int
        Steps on the scale of engagements, or positions apart; 0 where there is none. No smaller one does it.
    tried : int
    """

    kind: ChangeKind
    k: int
    rank: int
    positions: tuple[int, ...] | None
    engagement: int | None
    history: Session
    rank_after: int
    instead: tuple[int, ...]
    size: int
    tried: int


def smallest_change(
    model: SessionModel,
    catalogue: Catalogue,
    case: Case,
    kind: ChangeKind,
    settings: CounterfactualSettings | None = None,
    progress: Progress | None = None,
) -> Change:
    """The smallest single change of a kind by which the candidate leaves the first k, all of them tried by size.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    case : Case
    kind : str
        engagement or order.
    settings : CounterfactualSettings or None
        Only `k` counts.
    progress : callable or None
        Called with the share done, 0 to 1.

    Returns
    -------
    Change

    Raises
    ------
    BadInput
        The kind is unknown, or the candidate cannot be recommended or is not among the first k to begin with.
    """
    if kind not in EDITS:
        raise BadInput(f"unknown kind of change {kind!r}; choose one of {', '.join(EDITS)}")
    k = (settings or CounterfactualSettings()).k
    rank, worst, tried = rank_on_list(model, catalogue, case, k), 0, 0
    edits = EDITS[kind](case.history, len(catalogue.words))
    for size in sorted({edit.size for edit in edits}):
        of_size = [edit for edit in edits if edit.size == size]
        variants: list[Variant] = [(replace(case, history=edit.history), (), "drop") for edit in of_size]
        scored = score_variants(model, catalogue, variants)
        tried += len(of_size)
        worst = max(worst, int(scored.rank.max()))
        if progress is not None:
            progress(tried / len(edits))
        for variant in off_list(scored, k):
            edit = of_size[variant]
            rank_after, instead = recommend_after(model, catalogue, variants[variant], k)
            if rank_after > k:
                return Change(
                    kind, k, rank, edit.positions, edit.engagement, edit.history, rank_after, instead, size, tried
                )
    return Change(kind, k, rank, None, None, case.history, worst or rank, (), 0, tried)


@dataclass(frozen=True, eq=False)
class _Edit:
    """One edited history: the positions that changed, how far, and the new engagement if it is one."""

    history: Session
    positions: tuple[int, ...]
    size: int
    engagement: int | None = None


def _other_engagements(history: Session, engagements: int) -> list[_Edit]:
    """Every event with every other engagement; the size is how many steps of the scale apart."""
    edits = []
    for position, engagement in enumerate(history.engagements.tolist()):
        for code in range(engagements):
            if code != engagement:
                marks = history.engagements.copy()
                marks[position] = code
                edited = replace(history, engagements=marks)
                edits.append(_Edit(edited, (position,), abs(code - engagement), code))
    return edits


def _exchanges(history: Session, _: int) -> list[_Edit]:
    """Every two events that differ, exchanged; the size is how many positions they are apart."""
    edits = []
    for first, second in combinations(range(len(history)), 2):
        order = np.arange(len(history))
        order[[first, second]] = order[[second, first]]
        edited = replace(history, items=history.items[order], engagements=history.engagements[order])
        same = (edited.items == history.items).all() and (edited.engagements == history.engagements).all()
        if not same:
            edits.append(_Edit(edited, (first, second), second - first))
    return edits


EDITS: dict[ChangeKind, Callable[[Session, int], list[_Edit]]] = {"engagement": _other_engagements, "order": _exchanges}
