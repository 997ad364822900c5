"""Name attention heads by the pattern they follow; reads attention weights, never runs a model."""

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
HeadType = Literal["focused", "recency", "category", "distributed"]


class Thresholds(Settings):
    """Where a measure becomes a name; the case study's figures."""

    focused_entropy: float = Field(0.5, ge=0, le=1)
    recency_correlation: float = Field(0.6, ge=-1, le=1)
    category_weight: float = Field(0.5, ge=0, le=1)


@dataclass(frozen=True)
class Measures:
    """Three figures of one row of attention weights.

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


# In this order: the first test that holds gives the name.
HEAD_PATTERNS: dict[HeadType, Callable[[Measures, Thresholds], bool]] = {
    "focused": lambda found, limit: found.entropy < limit.focused_entropy,
    "recency": lambda found, limit: found.recency_correlation > limit.recency_correlation,
    "category": lambda found, limit: found.same_category_weight > limit.category_weight,
    "distributed": lambda found, limit: True,
}


@dataclass(frozen=True)
class HeadReading:
    """What one head looked at in one session, from the predicting position.

    Attributes
    ----------
    layer, head : int
        Counted from 0.
    top_positions, top_weights : tuple
        The three events with most weight, heaviest first; positions count from 0.
    type : str
        focused, recency, category or distributed.
    type_under_uniform : str
        What uniform attention over the same session would have been called.
    """

    layer: int
    head: int
    measures: Measures
    top_positions: tuple[int, ...]
    top_weights: tuple[float, ...]
    type: HeadType
    type_under_uniform: HeadType


def normalised_entropy(weights: Weights) -> float:
    """Shannon entropy of weights (L,) divided by log(L); 1 for a session of one event."""
    if len(weights) < 2:
        return 1.0
    seen = weights[weights > 0].astype(np.float64)
    return float(min(1.0, max(0.0, -(seen * np.log(seen)).sum() / np.log(len(weights)))))


def recency_correlation(weights: Weights) -> float:
    """Pearson correlation of weights (L,) and position; 0 where the weights are constant."""
    if len(weights) < 2 or np.ptp(weights) <= 1e-6 * float(np.max(np.abs(weights))):
        return 0.0
    return float(np.corrcoef(weights.astype(np.float64), np.arange(len(weights)))[0, 1])


def same_category_weight(weights: Weights, items: ItemArray, catalogue: Catalogue) -> float:
    """Share of weights (L,) on items of the last item's category, neutral items left out of it."""
    same = same_category(items, catalogue)
    return float(weights[same].sum())


def same_category(items: ItemArray, catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """(L,) which items share the category of the last item that is not neutral."""
    last = items[last_non_neutral(items, catalogue)]
    found: npt.NDArray[np.bool_] = catalogue.category_of[items] == catalogue.category_of[last]
    return found & ~catalogue.neutral[items]


def measure(weights: Weights, items: ItemArray, catalogue: Catalogue) -> Measures:
    """The three measures of one row of attention weights (L,) over a history of L items."""
    return Measures(
        normalised_entropy(weights),
        recency_correlation(weights),
        same_category_weight(weights, items, catalogue),
    )


def head_type(found: Measures, thresholds: Thresholds | None = None) -> HeadType:
    """The first pattern of `HEAD_PATTERNS` that the measures fit."""
    limit = thresholds or Thresholds()
    return next(name for name, fits in HEAD_PATTERNS.items() if fits(found, limit))


def read_head(
    weights: Weights,
    items: ItemArray,
    catalogue: Catalogue,
    place: tuple[int, int] = (0, 0),
    thresholds: Thresholds | None = None,
) -> HeadReading:
    """Read one head's weights (L,) from the predicting position; `place` is its (layer, head)."""
    found = measure(weights, items, catalogue)
    uniform = measure(np.full(len(weights), 1 / len(weights)), items, catalogue)
    # All weight on the only event is no pattern.
    own, uniform_type = (head_type(row, thresholds) if len(weights) > 1 else "distributed" for row in (found, uniform))
    top = np.argsort(-weights, kind="stable")[:3]
    return HeadReading(
        layer=place[0],
        head=place[1],
        measures=found,
        top_positions=tuple(int(position) for position in top),
        top_weights=tuple(float(weights[position]) for position in top),
        type=own,
        type_under_uniform=uniform_type,
    )
