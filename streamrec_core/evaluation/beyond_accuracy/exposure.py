"""Exposure of groups of items: their share of all places in the lists, beside their share of catalogue and log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.catalogue_columns import ItemGroups
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY, ListContext
from streamrec_core.evaluation.metrics import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, Values

DRAWS_AT_ONCE, GROUPS_AT_ONCE = 100, 2_000


@dataclass(frozen=True)
class GroupExposure:
    """How often the items of a group are recommended.

    Attributes
    ----------
    code : int
        Number of the group.
    label : str
        Its name; two items may have one.
    lists : float
        Its share of all places in the lists.
    interval : (float, float)
        95 %, bootstrap over sessions.
    catalogue : float
        Its share of the items that can be recommended, which random lists give it.
    log : float
        Its share of the training events.
    """

    code: int
    label: str
    lists: float
    interval: tuple[float, float]
    catalogue: float
    log: float

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        plain = asdict(self) | {"interval": list(self.interval)}
        del plain["code"]
        return plain


def exposure(lists: IntArray, groups: ItemGroups, context: ListContext) -> tuple[GroupExposure, ...]:
    """Measure how often each group of items is recommended.

    Parameters
    ----------
    lists : (M, k) int64
        Filled up with -1.
    groups : ItemGroups
    context : ListContext

    Returns
    -------
    tuple of GroupExposure
        The most recommended first; groups that cannot be recommended are left out.
    """
    rows, columns = np.nonzero(lists != EMPTY)
    entries = np.ones(len(rows)), (rows, lists[rows, columns])
    # (M, V) @ (V, G) -> (M, G)
    of_list = sparse.csr_array(entries, shape=(len(lists), len(context.recommendable))) @ groups.membership
    listed = np.asarray(of_list.sum(1), np.float64).ravel()
    shares = np.asarray(of_list.sum(0), np.float64).ravel() / max(listed.sum(), 1.0)
    low, high = _intervals(of_list, listed)
    catalogue = context.recommendable @ groups.membership
    log = context.counts @ groups.membership
    shown = np.flatnonzero(catalogue > 0)
    shown = shown[np.argsort(-shares[shown], kind="stable")]
    return tuple(
        GroupExposure(
            row,
            groups.labels[row],
            float(shares[row]),
            (float(low[row]), float(high[row])),
            float(catalogue[row] / catalogue.sum()),
            float(log[row] / max(log.sum(), 1.0)),
        )
        for row in shown.tolist()
    )


def _intervals(of_list: sparse.csr_array, listed: Values) -> tuple[Values, Values]:
    """Bounds (G,) of each group's share, in blocks of groups so that a catalogue of any size fits in memory."""
    bounds = []
    for start in range(0, of_list.shape[1], GROUPS_AT_ONCE):
        block = of_list[:, start : start + GROUPS_AT_ONCE]
        draws = [
            (block.T @ weights.T).T / np.maximum(weights @ listed, 1.0)[:, None]
            for weights in _session_weights(len(listed))
        ]
        bounds.append(np.quantile(np.concatenate(draws), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0))
    low, high = np.concatenate(bounds, axis=1)
    return low, high


def _session_weights(count: int) -> Iterator[Values]:
    """How often each of M sessions is drawn in each resample, in parts of (R', M)."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    for _ in range(RESAMPLES // DRAWS_AT_ONCE):
        drawn = rng.integers(0, count, (DRAWS_AT_ONCE, count))
        yield np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(np.float64)


def most_and_least(groups: Sequence[GroupExposure], count: int) -> Iterable[GroupExposure]:
    """The groups that are recommended most, half of `count`, and those that are recommended least.

    Parameters
    ----------
    groups : sequence of GroupExposure
        The most recommended first.
    count : int

    Returns
    -------
    iterable of GroupExposure
        All of them where they are not more than `count`.
    """
    if len(groups) <= count:
        return groups
    half = count // 2
    return (*groups[: count - half], *groups[-half:])
