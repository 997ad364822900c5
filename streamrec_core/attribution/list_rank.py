"""Rank of a candidate on the recommended list after a history, and whether it is off the list."""

from __future__ import annotations

import numpy as np
import torch

from streamrec_core.attribution.candidate_scores import CandidateScores, Variant, score_variants, variant_batch
from streamrec_core.attribution.case import Case, allowed, check_cases, whole_batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import best_first, target_ranks
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel


def off_list(scored: CandidateScores, k: int) -> list[int]:
    """Find the variants in which the candidate is not among the first k.

    Parameters
    ----------
    scored : CandidateScores
    k : int

    Returns
    -------
    list of int
        Numbers of the variants, the worst rank first.
    """
    order = np.lexsort((scored.log_probability, -scored.rank))
    return [int(variant) for variant in order if scored.rank[variant] > k]


def rank_on_list(model: SessionModel, catalogue: Catalogue, case: Case, k: int) -> int:
    """Rank of a candidate that must be among the first k.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    case : Case
    k : int

    Returns
    -------
    int

    Raises
    ------
    BadInput
        The candidate cannot be recommended, or is not among the first k.
    """
    check_cases([case], catalogue)
    rank = int(score_variants(model, catalogue, [(case, (), "drop")]).rank[0])
    if rank > k:
        raise BadInput(f"{catalogue.titles[case.candidate]!r} has rank {rank}, so it is not among the first {k} anyway")
    return rank


def recommend_after(model: SessionModel, catalogue: Catalogue, variant: Variant, k: int) -> tuple[int, tuple[int, ...]]:
    """Rank of the candidate, and the list, after one variant: run alone, without shortcuts.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    variant : (Case, tuple of int, str)
        Case, positions that are removed, and drop or mask.
    k : int
        Length of the list.

    Returns
    -------
    rank : int
    recommended : tuple of int
        Catalogue rows, best first.
    """
    case = variant[0]
    batch = variant_batch([variant], len(catalogue)) if variant[1] else whole_batch([case], catalogue)
    with torch.inference_mode():
        scores = allowed(model.logits(batch.to(device_of(model))), [case], catalogue)
        order = best_first(scores, min(k, len(catalogue)))[0]
        order = order[scores[0, order].isfinite()]
    return int(target_ranks(scores, torch.tensor([case.candidate], device=scores.device))), tuple(order.tolist())
