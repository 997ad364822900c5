"""Attention head types (focused, recency, category, distributed) from one row of attention weights.

`HEAD_TYPES` is the one table of types: what the code tests, and the words that pages, charts and reports show. A
reading also names the type that uniform attention over the same session would get (after Wiegreffe and Pinter 2019): a
type that needs no attention to arise says nothing about the head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import ItemArray
from streamrec_core.data.splits import last_non_neutral

Weights = npt.NDArray[np.floating]
UNSCALED = 1e-3
"""How far the sum of a row may lie from 1, for rounding, before it is scaled."""
HeadType = Literal["focused", "recency", "category", "distributed"]
NO_PATTERN: HeadType = "distributed"


class Thresholds(Settings):
    """From which value of a measure a head has a type; the figures of the case study."""

    focused_entropy: float = Field(0.5, ge=0, le=1)
    recency_correlation: float = Field(0.6, ge=-1, le=1)
    category_weight: float = Field(0.5, ge=0, le=1)


@dataclass(frozen=True)
class Measures:
    """Three measures of one row of attention weights.

    Attributes
    ----------
    entropy : float
        Shannon entropy over log(length), 0 (one event) to 1 (uniform).
    recency_correlation : float
        Pearson correlation of weight and position, -1 to 1.
    same_category_weight : float
        Weight on items of the last item's category, 0 to 1; neutral items belong to none.
    """

    entropy: float
    recency_correlation: float
    same_category_weight: float


@dataclass(frozen=True)
class HeadPattern:
    """How a head type is recognised, and what it is called in words.

    Attributes
    ----------
    fits : callable
        Whether measures fit the pattern under thresholds.
    meaning : str
        What the weights look like, for legends and reports.
    """

    fits: Callable[[Measures, Thresholds], bool]
    meaning: str


HEAD_TYPES: dict[HeadType, HeadPattern] = {
    "focused": HeadPattern(
        lambda measures, limits: measures.entropy < limits.focused_entropy,
        "most weight on very few events",
    ),
    "recency": HeadPattern(
        lambda measures, limits: measures.recency_correlation > limits.recency_correlation,
        "the later the event, the more weight",
    ),
    "category": HeadPattern(
        lambda measures, limits: measures.same_category_weight > limits.category_weight,
        "more than half the weight on the last item's category",
    ),
    NO_PATTERN: HeadPattern(
        lambda measures, limits: True,
        "none of these patterns",
    ),
}
"""Every head type; the first one whose pattern fits is the head's."""
TYPES: tuple[HeadType, ...] = tuple(HEAD_TYPES)


@dataclass(frozen=True)
class HeadReading:
    """What one head attended to in one session, from the predicting position.

    Attributes
    ----------
    layer, head : int
        Counted from 0.
    measures : Measures
    top_positions, top_weights : tuple
        The three events with most weight, heaviest first; positions count from 0.
    type : str
        Name in `HEAD_TYPES`.
    type_under_uniform : str
        The type that uniform attention over the same session would get.
    """

    layer: int
    head: int
    measures: Measures
    top_positions: tuple[int, ...]
    top_weights: tuple[float, ...]
    type: HeadType
    type_under_uniform: HeadType


def normalised_entropy(weights: Weights) -> float:
    """Shannon entropy of weights (L,) divided by log(L); 1 for a session of one event.

    Absolute weights are taken, scaled to sum 1, so that it holds for attention of any kind.

    Examples
    --------
    >>> normalised_entropy(np.array([0.12, 0.12]))  # the rest lies on padding
    1.0
    """
    if len(weights) < 2:
        return 1.0
    positive = np.abs(weights[weights != 0].astype(np.float64))
    if abs(positive.sum() - 1) > UNSCALED:
        positive = positive / positive.sum()
    return float(min(1.0, max(0.0, -(positive * np.log(positive)).sum() / np.log(len(weights)))))


def recency_correlation(weights: Weights) -> float:
    """Pearson correlation of weights (L,) and position; 0 where the weights are constant."""
    if len(weights) < 2 or np.ptp(weights) <= 1e-6 * float(np.max(np.abs(weights))):
        return 0.0
    return float(np.corrcoef(weights.astype(np.float64), np.arange(len(weights)))[0, 1])


def same_category_weight(weights: Weights, items: ItemArray, catalogue: Catalogue) -> float:
    """Share of attention on items of the last item's category.

    Parameters
    ----------
    weights : (L,) float
    items : (L,) int32
        Catalogue rows of the history.
    catalogue : Catalogue

    Returns
    -------
    float
        0 to 1; neutral items count for no category.
    """
    return float(weights[same_category(items, catalogue)].sum())


def same_category(items: ItemArray, catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """Which items share the category of the last item that is not neutral; none where categories tell nothing.

    Parameters
    ----------
    items : (L,) int32
        Catalogue rows of the history.
    catalogue : Catalogue

    Returns
    -------
    (L,) bool
    """
    last = items[last_non_neutral(items, catalogue)]
    category = catalogue.category_of[last]
    same: npt.NDArray[np.bool_] = (catalogue.category_of[items] == category) & catalogue.telling[category]
    return same & ~catalogue.neutral[items]


def measure(weights: Weights, items: ItemArray, catalogue: Catalogue) -> Measures:
    """Measure one row of attention weights.

    Parameters
    ----------
    weights : (L,) float
        Attention from the predicting position, sum 1.
    items : (L,) int32
        Catalogue rows of the history.
    catalogue : Catalogue

    Returns
    -------
    Measures
    """
    return Measures(
        normalised_entropy(weights),
        recency_correlation(weights),
        same_category_weight(weights, items, catalogue),
    )


def head_type(measures: Measures, thresholds: Thresholds | None = None) -> HeadType:
    """Name the first pattern of `HEAD_TYPES` that the measures fit.

    Parameters
    ----------
    measures : Measures
    thresholds : Thresholds or None
        By default those of the case study.

    Returns
    -------
    str

    Examples
    --------
    >>> head_type(Measures(entropy=0.9, recency_correlation=0.8, same_category_weight=0.2))
    'recency'
    """
    limits = thresholds or Thresholds()
    return next(name for name, pattern in HEAD_TYPES.items() if pattern.fits(measures, limits))


def read_head(
    weights: Weights,
    items: ItemArray,
    catalogue: Catalogue,
    layer_head: tuple[int, int] = (0, 0),
    thresholds: Thresholds | None = None,
) -> HeadReading:
    """Measure one head's weights in one session and name its type.

    Parameters
    ----------
    weights : (L,) float
        From the predicting position, sum 1.
    items : (L,) int32
        Catalogue rows of the history.
    catalogue : Catalogue
    layer_head : (int, int)
        Which head it is, counted from 0.
    thresholds : Thresholds or None
        By default those of the case study.

    Returns
    -------
    HeadReading
    """
    measures = measure(weights, items, catalogue)
    uniform = measure(np.full(len(weights), 1 / len(weights)), items, catalogue)
    # All weight on the only event is no pattern.
    named = [head_type(row, thresholds) if len(weights) > 1 else NO_PATTERN for row in (measures, uniform)]
    top = np.argsort(-weights, kind="stable")[:3]
    return HeadReading(
        layer=layer_head[0],
        head=layer_head[1],
        measures=measures,
        top_positions=tuple(int(position) for position in top),
        top_weights=tuple(float(weights[position]) for position in top),
        type=named[0],
        type_under_uniform=named[1],
    )
