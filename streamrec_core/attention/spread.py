"""Spread of attention by distance, category and engagement of events, beside that of uniform attention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.batch_measures import same_category_events
from streamrec_core.attention.rows import PredictingRows, Values
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import LogWords
from streamrec_core.evaluation.metrics import interval

DISTANCES = (0, 1, 2, 3, 4, 5, 10, 20, 50)
"""First distance of each band, counted from the last event (0); the last band is open."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Attention by groups of events, each head's shares adding up to 1.

    Attributes
    ----------
    labels : tuple of G str
        Groups that hold at least one event.
    shares : (A, G) float64
        Mean over sessions of the attention on the group.
    low, high : (A, G) float64
        95 % bootstrap interval of the mean.
    uniform : (G,) float64
        The same of uniform attention.
    """

    labels: tuple[str, ...]
    shares: Values
    low: Values
    high: Values
    uniform: Values

    @property
    def times_uniform(self) -> Values:
        """(A, G) how many times as much attention as uniform attention the group gets."""
        ratio: Values = self.shares / self.uniform
        return ratio


def by_distance(rows: PredictingRows) -> Spread:
    """Spread by how many events back from the last one an event lies."""
    back = rows.lengths[:, None] - 1 - np.arange(rows.items.shape[1])
    bands = np.searchsorted(DISTANCES, back, side="right") - 1
    return _spread(rows, bands, _distance_labels())


def _distance_labels() -> tuple[str, ...]:
    labels = ["last event"]
    for low, high in zip(DISTANCES[1:], [*DISTANCES[2:], None], strict=True):
        if high is None:
            labels.append(f"{low} or more back")
        else:
            labels.append(f"{low} back" if high == low + 1 else f"{low} to {high - 1} back")
    return tuple(labels)


def by_category(rows: PredictingRows, catalogue: Catalogue) -> Spread:
    """Spread by whether an event is of the last item's category, of another, or neutral.

    Parameters
    ----------
    rows : PredictingRows
    catalogue : Catalogue

    Returns
    -------
    Spread
    """
    neutral = catalogue.neutral[rows.items]
    other = "another category" if catalogue.telling.any() else "no category"
    codes = np.where(same_category_events(rows, catalogue), 0, np.where(neutral, 2, 1))
    return _spread(rows, codes, ("same category as the last", other, "neutral"))


def by_engagement(rows: PredictingRows, words: LogWords) -> Spread:
    """Spread by what the visitor did with an event.

    Parameters
    ----------
    rows : PredictingRows
    words : LogWords
        Of the data set.

    Returns
    -------
    Spread
    """
    return _spread(rows, rows.engagements, words.phrases)


def _spread(rows: PredictingRows, codes: npt.NDArray[np.int64], labels: tuple[str, ...]) -> Spread:
    """Sum the weights of each session by group; `codes` (N, L) index `labels`."""
    inside = rows.inside
    present = [group for group in range(len(labels)) if (inside & (codes == group)).any()]
    # (N, A, L) -> (N, A, G)
    groups = np.stack([inside & (codes == group) for group in present], axis=-1).astype(np.float64)
    sums = rows.weights.astype(np.float64) @ groups
    spans = [[interval(sums[:, head, group]) for group in range(len(present))] for head in range(sums.shape[1])]
    bounds = np.array(spans, np.float64).reshape(sums.shape[1], len(present), 2)
    uniform = (rows.uniform[:, None] @ groups)[:, 0]
    return Spread(
        tuple(labels[group] for group in present), sums.mean(0), bounds[..., 0], bounds[..., 1], uniform.mean(0)
    )
