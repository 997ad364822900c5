"""Predictive lift of an item in the data alone: mutual information of its presence and the next category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples


@dataclass(frozen=True)
class PredictiveLift:
    """How well the presence of one item predicts the category of the next.

    Attributes
    ----------
    gain : float
        Mutual information of presence and next category, in nats a session; 0 where they are independent. Chance
        alone gives a little above 0, which `p_value` allows for.
    p_value : float
        Of the likelihood-ratio (G) test that presence and next category are independent.
    """

    gain: float
    p_value: float


def presence(dataset: DataSet, examples: Examples, rows: IntArray) -> npt.NDArray[np.bool_]:
    """Mark which items are in which histories.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M examples.
    rows : (n,) int64
        Catalogue rows of the items.

    Returns
    -------
    (n, M) bool
    """
    log = dataset.log
    column = np.full(len(dataset.catalogue), -1, np.int64)
    column[rows] = np.arange(len(rows))
    session = np.repeat(np.arange(len(log)), log.lengths)
    step = np.arange(len(log.items)) - log.offsets[session]
    example_of = np.full(len(log), -1, np.int64)
    example_of[examples.sessions] = np.arange(len(examples))
    inside = (example_of[session] >= 0) & (column[log.items] >= 0)
    inside &= step < examples.ends[np.maximum(example_of[session], 0)]
    present = np.zeros((len(rows), len(examples)), bool)
    present[column[log.items[inside]], example_of[session[inside]]] = True
    return present


def predictive_lift(dataset: DataSet, examples: Examples, rows: IntArray) -> tuple[PredictiveLift, ...]:
    """Test for each item whether the target's category depends on its presence in the history.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        Histories and targets to count.
    rows : (n,) int64
        Catalogue rows of the items.

    Returns
    -------
    tuple of n PredictiveLift
    """
    codes = dataset.catalogue.category_of[examples.targets(dataset.log)]
    return tuple(_lift(codes, present) for present in presence(dataset, examples, rows))


def _lift(codes: IntArray, present: npt.NDArray[np.bool_]) -> PredictiveLift:
    size = int(codes.max(initial=0)) + 1
    table = np.stack([np.bincount(codes[mask], minlength=size) for mask in (present, ~present)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not table.sum(1).all():
        return PredictiveLift(0.0, 1.0)
    test = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    return PredictiveLift(float(test.statistic) / (2 * float(table.sum())), float(test.pvalue))
