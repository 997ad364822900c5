"""Explained recommendation: history, candidate and foil of a case, and the one number that is attributed to events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch, batch_of
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import EVALUATION_BATCH, recommendable
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Case:
    """One recommendation to be explained.

    Attributes
    ----------
    history : Session
        At most the model's `max_events` events. Where one of them is removed, no older event moves into its place: what
        is measured is the event and nothing else.
    candidate : int
        Catalogue row.
    excluded : (n,) int64
        Catalogue rows that must not be recommended (seen items, where they are filtered); they stay excluded when
        their event is removed, so that a removed item does not become its own substitute.
    foil : int or None
        Catalogue row of another item, for "why this and not that" (fact and foil, Miller 2019): what is explained is
        then the log-odds of the candidate against it (the difference of their scores); else the candidate's
        log-probability among all items that can be recommended.
    listed : (m,) int64
        Catalogue rows of the other titles of the list, whose mean log-probability is watched beside the candidate's;
        empty where that is not needed.
    """

    history: Session
    candidate: int
    excluded: IntArray
    foil: int | None = None
    listed: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))


def case_of(history: Session, candidate: int, model: SessionModel, filter_seen: bool, foil: int | None = None) -> Case:
    """Make a case from a whole history.

    Parameters
    ----------
    history : Session
        Cut to the events that the model sees.
    candidate : int
        Catalogue row.
    model : SessionModel
    filter_seen : bool
        Whether items of the whole history are excluded.
    foil : int or None
        Catalogue row, for "why this and not that".

    Returns
    -------
    Case
    """
    excluded = np.unique(history.items).astype(np.int64) if filter_seen else np.zeros(0, np.int64)
    return Case(history.last(model.max_events), candidate, excluded, foil)


def first_recommendations(
    model: SessionModel, catalogue: Catalogue, histories: Sequence[Session], filter_seen: bool
) -> list[Case]:
    """Make a case of what each history is recommended first.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    histories : sequence of Session
        Whole histories; `Examples.histories` gives those of examples.
    filter_seen : bool
        Whether items of a history are excluded from its recommendations.

    Returns
    -------
    list of Case
        In the order of the histories.
    """
    cases: list[Case] = []
    for start in range(0, len(histories), EVALUATION_BATCH):
        blank = [case_of(history, 0, model, filter_seen) for history in histories[start : start + EVALUATION_BATCH]]
        with torch.inference_mode():
            scores = allowed(model.logits(whole_batch(blank, catalogue).to(device_of(model))), blank, catalogue)
        # of equal scores `argmax` takes the first in catalogue order, as `best_first` does
        cases += [replace(case, candidate=row) for case, row in zip(blank, scores.argmax(1).tolist(), strict=True)]
    return cases


def check_cases(cases: Sequence[Case], catalogue: Catalogue) -> None:
    """Refuse cases that no method can answer.

    Parameters
    ----------
    cases : sequence of Case
    catalogue : Catalogue

    Raises
    ------
    BadInput
        A history is empty, a row is not in the catalogue, or a candidate cannot be recommended.
    """
    for case in cases:
        if not len(case.history):
            raise BadInput("the history is empty; give at least one item")
        for row in (case.candidate, *([] if case.foil is None else [case.foil])):
            if not 0 <= row < len(catalogue):
                raise BadInput(f"item row {row} is not in the catalogue of {len(catalogue):,} items")
        if case.foil is None and (catalogue.neutral[case.candidate] or case.candidate in case.excluded):
            title = catalogue.titles[case.candidate]
            raise BadInput(f"{title!r} cannot be recommended here (neutral, or already seen); choose another item")


def whole_batch(cases: Sequence[Case], catalogue: Catalogue) -> Batch:
    """Lay out the whole histories of cases.

    Parameters
    ----------
    cases : sequence of Case
        n of them.
    catalogue : Catalogue

    Returns
    -------
    Batch
        (n, L).
    """
    return batch_of([case.history for case in cases], len(catalogue), max(len(case.history) for case in cases))


def allowed(scores: Tensor, cases: Sequence[Case], catalogue: Catalogue) -> Tensor:
    """Exclude what must not be recommended after each case.

    Parameters
    ----------
    scores : (n, V)
    cases : sequence of Case
    catalogue : Catalogue

    Returns
    -------
    (n, V) Tensor
        A copy with -inf for neutral items and for the excluded ones of each case.
    """
    remaining = recommendable(scores, None, catalogue)
    rows = np.repeat(np.arange(len(cases)), [len(case.excluded) for case in cases])
    if len(rows):
        items = np.concatenate([case.excluded for case in cases])
        at = (torch.from_numpy(rows).to(scores.device), torch.from_numpy(items).to(scores.device))
        remaining[at] = float("-inf")
    return remaining


def explained_value(scores: Tensor, cases: Sequence[Case], catalogue: Catalogue) -> Tensor:
    """The number that explanations account for; gradients can be taken through it.

    Parameters
    ----------
    scores : (n, V)
        As the model gives them, nothing excluded yet.
    cases : sequence of Case
    catalogue : Catalogue

    Returns
    -------
    (n,) Tensor
        In nats: the candidate's log-probability or, for a case with a foil, its log-odds against that.
    """
    device = scores.device
    rows = torch.arange(len(cases), device=device)
    of_candidate = scores[rows, torch.tensor([case.candidate for case in cases], device=device)]
    if all(case.foil is not None for case in cases):
        return of_candidate - scores[rows, torch.tensor([case.foil for case in cases], device=device)]
    log_probability = of_candidate - allowed(scores, cases, catalogue).logsumexp(1)
    foils = torch.tensor([case.candidate if case.foil is None else case.foil for case in cases], device=device)
    contrastive = torch.tensor([case.foil is not None for case in cases], device=device)
    return torch.where(contrastive, of_candidate - scores[rows, foils], log_probability)
