"""Ceiling of Hit@10 on synthetic data: the generator's probability that ten items hold the target, and the best ten."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.data.truth import SESSION_FILE, Truth, read_truth
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import target_ranks

CHUNK = 4_000
DENSE_CHUNK = 250
Values = npt.NDArray[np.float64]


def known_truth(dataset: DataSet) -> Truth | None:
    """Read the truth of a synthetic data set on disk; None for any other data set.

    Raises
    ------
    BadInput
        The truth belongs to another log.
    """
    if dataset.folder is None or not (dataset.folder / SESSION_FILE).is_file():
        return None
    truth = read_truth(dataset.folder, dataset.catalogue)
    if len(truth) != len(dataset.log):
        raise BadInput(
            f"describes {len(truth):,} sessions, the log has {len(dataset.log):,}; make the data set again",
            path=dataset.folder / SESSION_FILE,
        )
    return truth


def is_target_of_truth(dataset: DataSet, examples: Examples) -> bool:
    """Whether the examples predict last events, the only ones whose distribution is stored.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples

    Returns
    -------
    bool
    """
    return bool((examples.ends == dataset.log.lengths[examples.sessions] - 1).all())


def best_ranks(dataset: DataSet, examples: Examples) -> IntArray | None:
    """Rank of each target in the best possible list: by the very distribution that it was drawn from.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M of them.

    Returns
    -------
    (M,) int64 or None
        As `target_ranks` counts them. None where the distribution is not known: for a log that no preset generated,
        and for targets inside a session.

    Raises
    ------
    BadInput
        The truth on disk belongs to another log.
    """
    truth = known_truth(dataset) if is_target_of_truth(dataset, examples) else None
    if truth is None:
        return None
    targets = torch.from_numpy(examples.targets(dataset.log))
    ranks = np.zeros(len(examples), np.int64)
    for start in range(0, len(examples), DENSE_CHUNK):
        part = slice(start, start + DENSE_CHUNK)
        probabilities = torch.from_numpy(truth.probabilities(examples.sessions[part], dataset.catalogue))
        ranks[part] = target_ranks(probabilities, targets[part]).numpy()
    return ranks


def expected_hits(truth: Truth, catalogue: Catalogue, examples: Examples, top: IntArray) -> tuple[Values, Values]:
    """Probability that the target is among the recommended items, and among the best as many.

    Within a category the order of items is the same for all sessions, so that the best ten overall are among the
    best ten of each category: a few hundred items to look at instead of the whole catalogue.

    Parameters
    ----------
    truth : Truth
    catalogue : Catalogue
    examples : Examples
        M of them, whose targets are last events.
    top : (M, k) int64
        Catalogue rows recommended for each example.

    Returns
    -------
    expected, ceiling : (M,) float64
        Under the distribution the target was drawn from, given the generator's hidden state.
    """
    shortlist = _shortlist(truth, catalogue, top.shape[1])
    expected, ceiling = np.zeros(len(examples)), np.zeros(len(examples))
    for start in range(0, len(examples), CHUNK):
        part = slice(start, start + CHUNK)
        rows = examples.sessions[part]
        expected[part] = _masses(truth, catalogue, rows, top[part]).sum(1)
        ceiling[part] = _best(truth, catalogue, rows, shortlist, top.shape[1])
    return expected, ceiling


def _masses(truth: Truth, catalogue: Catalogue, rows: IntArray, items: IntArray) -> Values:
    """(n, k) probability of the items (n, k) as targets of the sessions in `rows`."""
    share = truth.within_category[items]
    mass = np.take_along_axis(truth.category_mass[rows], catalogue.category_of[items], axis=1) * share
    row, special, extra = _specials(truth, rows)
    same = items[row] == special[:, None]  # (S, k)
    np.add.at(mass, (np.repeat(row, same.sum(1)), np.nonzero(same)[1]), np.repeat(extra, same.sum(1)))
    return np.maximum(mass, 0.0)


def _best(truth: Truth, catalogue: Catalogue, rows: IntArray, shortlist: IntArray, k: int) -> Values:
    """(n,) mass of the k likeliest items: they are on the shortlist of their category, or special."""
    row, special, _ = _specials(truth, rows)
    most = int(np.bincount(row, minlength=1).max()) if len(row) else 0
    # A session's special items beside the shortlist; those on it already are counted once, others fill up with -1.
    beside = np.full((len(rows), most), -1, np.int64)
    column = np.arange(len(row)) - np.searchsorted(row, row)
    beside[row, column] = np.where(np.isin(special, shortlist), -1, special)
    items = np.concatenate([np.broadcast_to(shortlist, (len(rows), len(shortlist))), beside], axis=1)
    mass = np.where(items >= 0, _masses(truth, catalogue, rows, np.maximum(items, 0)), 0.0)
    return np.partition(mass, -k, axis=1)[:, -k:].sum(1)


def _specials(truth: Truth, rows: IntArray) -> tuple[IntArray, IntArray, Values]:
    """All S special items of the sessions in `rows`: index into `rows`, catalogue row, mass."""
    counts = truth.special_offsets[rows + 1] - truth.special_offsets[rows]
    row = np.repeat(np.arange(len(rows)), counts)
    at = np.repeat(truth.special_offsets[rows] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
    return row, truth.special_items[at].astype(np.int64), truth.special_mass[at].astype(np.float64)


def _shortlist(truth: Truth, catalogue: Catalogue, k: int) -> IntArray:
    """The k largest items of every category, and as many more as special items could push out."""
    spare = int(np.diff(truth.special_offsets).max(initial=0))
    order = np.lexsort((-truth.within_category, catalogue.category_of))
    codes = catalogue.category_of[order]
    rank = np.arange(len(order)) - np.searchsorted(codes, codes)
    shortlist: IntArray = order[rank < k + spare]
    return shortlist
