"""Candidate scores after variants of a history: log-probability and rank of an item when events are removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attribution.case import Case, allowed, explained_value, whole_batch
from streamrec_core.data.batches import Batch, padded_times
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.evaluation.ranking import target_ranks
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.variants import HistoryVariants, shared_event_scores, shares_events, variant_scores

Values = npt.NDArray[np.float64]
RemovalMode = Literal["drop", "mask"]
"""`drop`: the event is gone and positions close up; `mask`: its position stays, empty, and nothing attends to it."""
SCORES_AT_ONCE = 4_000_000
"""Scores (rows x items) in memory at a time ..."""
FEWEST_AT_ONCE = 16
"""... and variants at least: with fewer, reading a large item table takes longer than the products."""


@dataclass(frozen=True, eq=False)
class CandidateScores:
    """Scores of a candidate after each of n variants of a history.

    Attributes
    ----------
    value : (n,) float64
        What is explained, in nats: the log-probability below or, for a case with `foil`, the log-odds.
    log_probability : (n,) float64
        Natural logarithm of its softmax share among the items that can be recommended.
    rank : (n,) int64
        As `target_ranks` gives it: 1 is best.
    top : (n,) int64
        Catalogue row of the first recommendation.
    list_log_probability : (n,) float64
        Mean log-probability of the other titles of the list (`Case.listed`); 0 where there are none.
    """

    value: Values
    log_probability: Values
    rank: IntArray
    top: IntArray
    list_log_probability: Values = field(default_factory=lambda: np.zeros(0))


Variant = tuple[Case, tuple[int, ...], RemovalMode]
"""A case, the positions that are removed from its history, and how."""


def score_variants(model: SessionModel, catalogue: Catalogue, variants: Sequence[Variant]) -> CandidateScores:
    """Score the candidates after variants of their histories, few at a time.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    variants : sequence of (Case, tuple of int, str)
        Case, positions that are removed, and drop or mask; n of them.

    Returns
    -------
    CandidateScores
        In the order of the variants.
    """
    lengths = np.array([_length(variant) for variant in variants], np.int64)
    sharing = shares_events(model)
    # Where variants share their events, those of a case belong together; elsewhere those of like length.
    order = np.arange(len(lengths)) if sharing else np.argsort(-lengths, kind="stable")
    step = max(FEWEST_AT_ONCE, SCORES_AT_ONCE // len(catalogue))
    parts = []
    with torch.inference_mode():
        for start in range(0, len(order), step):
            part = [variants[number] for number in order[start : start + step]]
            cases = [case for case, _, _ in part]
            batch = variant_batch(part, len(catalogue)).to(device_of(model))
            if sharing:
                scores = shared_event_scores(model, batch)
            else:
                removed = [positions for _, positions, _ in part]
                scores = variant_scores(model, history_variants(cases, removed, batch, catalogue))
            parts.append(candidate_scores(scores, cases, catalogue))
    return joined_scores(parts, order)


def candidate_scores(scores: Tensor, cases: Sequence[Case], catalogue: Catalogue) -> CandidateScores:
    """Read the candidates' log-probabilities and ranks off the scores of the catalogue.

    Parameters
    ----------
    scores : (n, V)
        As the model gives them.
    cases : sequence of Case
        n of them.
    catalogue : Catalogue

    Returns
    -------
    CandidateScores
    """
    remaining = allowed(scores, cases, catalogue)
    candidates = torch.tensor([case.candidate for case in cases], device=scores.device)
    of_candidate = remaining.gather(1, candidates.unsqueeze(1)).squeeze(1)  # (n,)
    total = remaining.logsumexp(1)
    log_probability = (of_candidate - total).double().cpu().numpy()
    contrast = [case.foil is not None for case in cases]
    value = log_probability.copy()
    if any(contrast):
        value[contrast] = explained_value(scores, cases, catalogue).double().cpu().numpy()[contrast]
    rank = target_ranks(remaining, candidates).numpy()
    return CandidateScores(
        value, log_probability, rank, remaining.cpu().numpy().argmax(1), _list_log_probability(remaining, total, cases)
    )


def _list_log_probability(scores: Tensor, total: Tensor, cases: Sequence[Case]) -> Values:
    """(n,) mean log-probability of the other titles of each case's list, from scores (n, V) and their totals (n,)."""
    counts = np.array([len(case.listed) for case in cases])
    if not counts.any():
        return np.zeros(len(cases))
    rows = np.repeat(np.arange(len(cases)), counts)
    shares = (scores[rows, np.concatenate([case.listed for case in cases])] - total[rows]).double().cpu().numpy()
    return np.bincount(rows, shares, len(cases)) / np.maximum(counts, 1)


def joined_scores(parts: Sequence[CandidateScores], order: IntArray | None = None) -> CandidateScores:
    """Join parts and, where they were computed in another order, put them back from it.

    Parameters
    ----------
    parts : sequence of CandidateScores
        One after another.
    order : (n,) int64 or None
        Which variant each of their rows belongs to; None: they are in order.

    Returns
    -------
    CandidateScores
    """
    back = slice(None) if order is None else np.argsort(order, kind="stable")

    def whole(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])[back] if parts else np.zeros(0)

    return CandidateScores(*(whole(field.name) for field in fields(CandidateScores)))


def _length(variant: Variant) -> int:
    case, positions, how = variant
    return len(case.history) - (len(positions) if how == "drop" and len(positions) < len(case.history) else 0)


def variant_batch(variants: Sequence[Variant], pad: int) -> Batch:
    """Lay out histories with events dropped or masked.

    Parameters
    ----------
    variants : sequence of (Case, tuple of int, str)
        Case, positions that are removed, and drop or mask; n of them.
    pad : int
        Item that fills up shorter histories.

    Returns
    -------
    Batch
        (n, L).
    """
    lengths = np.array([_length(variant) for variant in variants], np.int64)
    items = np.full((len(variants), int(lengths.max())), pad, np.int64)
    engagements, hidden = np.zeros_like(items), np.zeros(items.shape, bool)
    whole = np.array([len(case.history) for case, _, _ in variants], np.int64)
    # Padded histories (n, W), which of their events are removed, and which of those close up.
    source_items, source_engagements, source_times = _padded(variants, int(whole.max()), pad)
    removed = np.zeros(source_items.shape, bool)
    counts = [len(positions) for _, positions, _ in variants]
    events = [position for _, positions, _ in variants for position in positions]
    removed[np.repeat(np.arange(len(variants)), counts), events] = True
    dropped = removed & (lengths < whole)[:, None]
    staying = (np.arange(source_items.shape[1]) < whole[:, None]) & ~dropped
    filled = np.arange(items.shape[1]) < lengths[:, None]
    items[filled], engagements[filled], hidden[filled] = (
        source[staying] for source in (source_items, source_engagements, removed)
    )
    times = None
    if source_times is not None:
        times = np.zeros_like(items)
        times[filled] = source_times[staying]
    return Batch(
        torch.from_numpy(items),
        torch.from_numpy(engagements),
        torch.from_numpy(lengths),
        hidden=torch.from_numpy(hidden) if hidden.any() else None,
        times=None if times is None else torch.from_numpy(times),
    )


def _padded(variants: Sequence[Variant], width: int, pad: int) -> tuple[IntArray, IntArray, IntArray | None]:
    """Items, engagements and times (n, W) of the whole histories of variants; each history is laid out once."""
    rows = {id(case.history): case.history for case, _, _ in variants}
    row_number = {key: row for row, key in enumerate(rows)}
    items = np.full((len(rows), width), pad, np.int64)
    engagements = np.zeros_like(items)
    for row, history in enumerate(rows.values()):
        items[row, : len(history)], engagements[row, : len(history)] = history.items, history.engagements
    row_of = [row_number[id(case.history)] for case, _, _ in variants]
    times = padded_times([*rows.values()], width)
    return items[row_of], engagements[row_of], None if times is None else times.numpy()[row_of]


def history_variants(
    cases: Sequence[Case], removed: Sequence[Sequence[int]], batch: Batch, catalogue: Catalogue
) -> HistoryVariants:
    """What each variant of a batch has in common with its whole history.

    Parameters
    ----------
    cases : sequence of Case
        The case of each variant.
    removed : sequence of sequence of int
        Positions that are removed from each.
    batch : Batch
        The variants, as `variant_batch` lays them out.
    catalogue : Catalogue

    Returns
    -------
    HistoryVariants
    """
    histories = {id(case.history): case for case in cases}
    row_of = {key: row for row, key in enumerate(histories)}
    device = batch.items.device
    lengths = torch.tensor([len(case.history) for case in cases], device=device)
    first = [min(positions, default=len(case.history)) for case, positions in zip(cases, removed, strict=True)]
    return HistoryVariants(
        whole=whole_batch([*histories.values()], catalogue).to(device),
        batch=batch,
        source=torch.tensor([row_of[id(case.history)] for case in cases], device=device),
        first_removed=torch.tensor(first, device=device),
        dropped=lengths - batch.lengths,
    )
