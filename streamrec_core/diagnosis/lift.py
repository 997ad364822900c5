"""Whether an item's presence tells anything about what comes next, in the data alone; no model is asked."""

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
    """What one item says about the category of the next one.

    Attributes
    ----------
    gain : float
        Mutual information of presence and next category, in nats a session; 0 where presence says nothing. A little
        above 0 is expected by chance alone, which `p_value` allows for.
    p_value : float
        Of the likelihood-ratio (G) test that presence and next category are independent.
    """

    gain: float
    p_value: float


def presence(dataset: DataSet, examples: Examples, rows: IntArray) -> npt.NDArray[np.bool_]:
    """(n, M) which of these catalogue rows are in the history of each example."""
    log = dataset.log
    column = np.full(len(dataset.catalogue), -1, np.int64)
    column[rows] = np.arange(len(rows))
    session = np.repeat(np.arange(len(log)), log.lengths)
    step = np.arange(len(log.items)) - log.offsets[session]
    place = np.full(len(log), -1, np.int64)
    place[examples.sessions] = np.arange(len(examples))
    inside = (place[session] >= 0) & (column[log.items] >= 0)
    inside &= step < examples.ends[np.maximum(place[session], 0)]
    found = np.zeros((len(rows), len(examples)), bool)
    found[column[log.items[inside]], place[session[inside]]] = True
    return found


def predictive_lift(dataset: DataSet, examples: Examples, rows: IntArray) -> tuple[PredictiveLift, ...]:
    """For each catalogue row: does the category of the target depend on whether the item is in the history?"""
    codes = dataset.catalogue.category_of[examples.targets(dataset.log)]
    return tuple(_lift(codes, present) for present in presence(dataset, examples, rows))


def _lift(codes: IntArray, present: npt.NDArray[np.bool_]) -> PredictiveLift:
    size = int(codes.max(initial=0)) + 1
    table = np.stack([np.bincount(codes[mask], minlength=size) for mask in (present, ~present)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not table.sum(1).all():
        return PredictiveLift(0.0, 1.0)
    found = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    return PredictiveLift(float(found.statistic) / (2 * float(table.sum())), float(found.pvalue))
