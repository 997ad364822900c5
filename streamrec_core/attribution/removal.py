"""Removal (occlusion): what a candidate's log-probability loses when events of a history are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import recommendable
from streamrec_core.models.protocol import SessionModel

Values = npt.NDArray[np.float64]
How = Literal["drop", "mask"]
"""`drop`: the event is gone and positions close up; `mask`: its place stays, empty, and nobody looks at it."""
SCORES_AT_ONCE = 4_000_000
"""Scores (rows x items) in memory at a time."""


@dataclass(frozen=True, eq=False)
class Case:
    """One recommendation to be explained.

    Attributes
    ----------
    history : Session
        At most the model's `max_events` events.
    candidate : int
        Catalogue row.
    barred : (n,) int64
        Catalogue rows that must not be recommended (seen items, where they are filtered); they stay barred when
        their event is removed, so that a removed item does not become its own substitute.
    """

    history: Session
    candidate: int
    barred: IntArray


@dataclass(frozen=True, eq=False)
class Standing:
    """How a candidate stands after each of n variants of a history.

    Attributes
    ----------
    log_probability : (n,) float64
        Natural logarithm of its softmax share among the items that can be recommended.
    rank : (n,) int64
        1 is best.
    top : (n,) int64
        Catalogue row of the first recommendation.
    """

    log_probability: Values
    rank: IntArray
    top: IntArray


@dataclass(frozen=True, eq=False)
class Removal:
    """What taking away each set of events does to a candidate.

    Attributes
    ----------
    sets : tuple of tuple of int
        Positions of the history that were taken away together.
    log_probability, rank
        Of the candidate with the whole history.
    effect : (n,) float64
        Fall of the candidate's log-probability, in nats; negative where it rises.
    ranks, top : (n,) int64
        The candidate's rank, and the first recommendation, without each set.
    """

    how: How
    sets: tuple[tuple[int, ...], ...]
    log_probability: float
    rank: int
    effect: Values
    ranks: IntArray
    top: IntArray


def case_of(history: Session, candidate: int, model: SessionModel, filter_seen: bool) -> Case:
    """A case from a whole history: cut to what the model sees, with the seen items barred where they are filtered."""
    barred = np.unique(history.items).astype(np.int64) if filter_seen else np.zeros(0, np.int64)
    end = slice(-model.max_events, None)
    return Case(Session(history.session_id, history.items[end], history.engagements[end]), candidate, barred)


def remove_each(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], how: How = "drop") -> list[Removal]:
    """Take away every event by itself, all cases in few forward passes; `effect` then has one value an event."""
    return remove(model, catalogue, [(case, [(at,) for at in range(len(case.history))]) for case in cases], how)


def remove(
    model: SessionModel,
    catalogue: Catalogue,
    wanted: Sequence[tuple[Case, Sequence[tuple[int, ...]]]],
    how: How = "drop",
) -> list[Removal]:
    """Take away sets of events from histories.

    Parameters
    ----------
    wanted
        Cases, each with the sets of positions to take away.

    Notes
    -----
    Where a set holds the whole history it is masked in place, since no model predicts from nothing.

    Raises
    ------
    BadInput
        `how` is unknown, or a position lies outside its history.
    """
    if how not in get_args(How):
        raise BadInput(f"unknown way of removal {how!r}; choose drop or mask")
    variants = [
        (case, positions, how)
        for case, sets in wanted
        for positions in ((), *sets)  # first the whole history
    ]
    standing = stand(model, catalogue, variants)
    found, start = [], 0
    for _, sets in wanted:
        rows = slice(start + 1, start + 1 + len(sets))
        whole = float(standing.log_probability[start])
        found.append(
            Removal(
                how=how,
                sets=tuple(tuple(positions) for positions in sets),
                log_probability=whole,
                rank=int(standing.rank[start]),
                effect=whole - standing.log_probability[rows],
                ranks=standing.rank[rows],
                top=standing.top[rows],
            )
        )
        start = rows.stop
    return found


Variant = tuple[Case, tuple[int, ...], How]


def stand(model: SessionModel, catalogue: Catalogue, variants: Sequence[Variant]) -> Standing:
    """How the candidates stand after these variants of their histories, longest first and few at a time."""
    lengths = np.array([_length(variant) for variant in variants])
    log_probability, rank, top = (
        np.zeros(len(variants)),
        np.zeros(len(variants), np.int64),
        np.zeros(len(variants), np.int64),
    )
    order = np.argsort(-lengths, kind="stable")
    step = max(1, SCORES_AT_ONCE // len(catalogue))
    with torch.inference_mode():
        for start in range(0, len(order), step):
            places = order[start : start + step]
            part = [variants[place] for place in places]
            scores = _scores(model, catalogue, part)
            own = scores.gather(1, torch.tensor([[case.candidate] for case, _, _ in part]))
            log_probability[places] = (own.squeeze(1).double() - scores.double().logsumexp(1)).numpy()
            rank[places] = (1 + (scores > own).sum(1)).numpy()
            top[places] = scores.argmax(1).numpy()
    return Standing(log_probability, rank, top)


def _length(variant: Variant) -> int:
    case, positions, how = variant
    return len(case.history) - (len(positions) if how == "drop" and len(positions) < len(case.history) else 0)


def _scores(model: SessionModel, catalogue: Catalogue, variants: Sequence[Variant]) -> Tensor:
    """Scores (n, V) with -inf for what cannot be recommended."""
    scores = recommendable(model.logits(variant_batch(variants, len(catalogue))), None, catalogue)
    rows = np.repeat(np.arange(len(variants)), [len(case.barred) for case, _, _ in variants])
    if len(rows):
        scores[rows, np.concatenate([case.barred for case, _, _ in variants])] = float("-inf")
    return scores


def variant_batch(variants: Sequence[Variant], pad: int) -> Batch:
    """A batch of histories with events dropped or masked."""
    lengths = np.array([_length(variant) for variant in variants], np.int64)
    items = np.full((len(variants), int(lengths.max())), pad, np.int64)
    engagements, hidden = np.zeros_like(items), np.zeros(items.shape, bool)
    for row, ((case, positions, _), length) in enumerate(zip(variants, lengths, strict=True)):
        history = case.history
        if length == len(history):
            items[row, :length], engagements[row, :length] = history.items, history.engagements
            hidden[row, list(positions)] = True
        else:
            kept = np.delete(np.arange(len(history)), list(positions))
            items[row, :length], engagements[row, :length] = history.items[kept], history.engagements[kept]
    return Batch(
        torch.from_numpy(items),
        torch.from_numpy(engagements),
        torch.from_numpy(lengths),
        hidden=torch.from_numpy(hidden) if hidden.any() else None,
    )
