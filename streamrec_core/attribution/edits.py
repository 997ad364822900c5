"""Edited histories: a candidate's scores after events are removed, or replaced by other titles of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.attribution.candidate_scores import (
    FEWEST_AT_ONCE,
    SCORES_AT_ONCE,
    CandidateScores,
    Variant,
    candidate_scores,
    joined_scores,
    score_variants,
)
from streamrec_core.attribution.case import Case
from streamrec_core.data.batches import Batch, padded_times
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import ItemArray
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.variants import shared_event_scores

Masks = npt.NDArray[np.bool_]
Replaced = tuple[Case, ItemArray]
"""A case, and the catalogue rows (n, L) of its history with other items at some positions; engagements stay."""


@dataclass(frozen=True, eq=False)
class Edits:
    """Edited versions of one history, each with the same engagements as before.

    Attributes
    ----------
    left : (n, L) bool
        Versions with events removed: which events stay. Where none does, the history is masked in place.
    items : (m, L) int32
        Versions with events replaced: catalogue row of every event.
    """

    left: Masks
    items: ItemArray


def score_edits(
    model: SessionModel, catalogue: Catalogue, edited: Sequence[tuple[Case, Edits]]
) -> list[tuple[CandidateScores, CandidateScores]]:
    """Run the model on edited histories of many cases, in few forward passes.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    edited : sequence of (Case, Edits)
        Cases, each with its edited versions.

    Returns
    -------
    list of (CandidateScores, CandidateScores)
        By case: after each version with events removed, and after each with events replaced.
    """
    variants: list[Variant] = [
        (case, tuple(np.flatnonzero(~row).tolist()), "drop") for case, edits in edited for row in edits.left
    ]
    shortened = _divided(score_variants(model, catalogue, variants), [len(edits.left) for _, edits in edited])
    replaced = score_replacements(model, catalogue, [(case, edits.items) for case, edits in edited])
    return list(zip(shortened, replaced, strict=True))


def score_replacements(
    model: SessionModel, catalogue: Catalogue, replaced: Sequence[Replaced]
) -> list[CandidateScores]:
    """Score candidates after histories with other items at some positions, longest first and few at a time.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    replaced : sequence of (Case, (n, L) int32)
        Cases, each with the items of its edited versions.

    Returns
    -------
    list of CandidateScores
        By case.
    """
    counts = [len(items) for _, items in replaced]
    cases = [case for case, items in replaced for _ in items]
    lengths = np.array([len(case.history) for case in cases], np.int64)
    batch_items = np.full((len(cases), int(lengths.max(initial=0))), len(catalogue), np.int64)
    engagements, start = np.zeros_like(batch_items), 0
    for (case, items), count in zip(replaced, counts, strict=True):
        if not count:  # a small catalogue may have no item to put in another's place
            continue
        rows = np.s_[start : start + count, : len(case.history)]
        batch_items[rows], engagements[rows] = items, case.history.engagements
        start += count
    times = padded_times([case.history for case in cases], batch_items.shape[1])
    order = np.argsort(-lengths, kind="stable")
    step, parts = max(FEWEST_AT_ONCE, SCORES_AT_ONCE // len(catalogue)), []
    with torch.inference_mode():
        for begin in range(0, len(order), step):
            rows_at = order[begin : begin + step]
            width = int(lengths[rows_at].max())
            batch = Batch(
                torch.from_numpy(batch_items[rows_at, :width]),
                torch.from_numpy(engagements[rows_at, :width]),
                torch.from_numpy(lengths[rows_at]),
                times=None if times is None else times[rows_at, :width],
            )
            scores = shared_event_scores(model, batch.to(device_of(model)))
            parts.append(candidate_scores(scores, [cases[row] for row in rows_at], catalogue))
    return _divided(joined_scores(parts, order), counts)


def _divided(scored: CandidateScores, counts: Sequence[int]) -> list[CandidateScores]:
    """Scores of all cases, case by case."""
    ends = np.cumsum(counts)[:-1]
    columns = [np.split(getattr(scored, field.name), ends) for field in fields(CandidateScores)]
    return [CandidateScores(*values) for values in zip(*columns, strict=True)]
