"""Magnet items: those that draw much attention and change nothing, held to the number of items that were tested."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.defaults import SINK_SESSION_SHARE, SINK_SESSIONS
from streamrec_core.diagnosis.lift import PredictiveLift, predictive_lift, presence
from streamrec_core.diagnosis.occurrences import Occurrences, observe
from streamrec_core.diagnosis.significance import adjusted, p_above, p_below, ratio_interval
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.models.protocol import SessionModel

Span = tuple[float, float]


class MagnetSettings(Settings):
    """Where much attention and no effect begin.

    Attributes
    ----------
    sessions
        Test sessions that are looked at, drawn with `seed`.
    session_share, fewest
        An item occurs often when it is in this share of them, and in so many at least.
    most_items
        The most frequent items are tested, so many at most.
    lift
        Attention is high when it is more than this many times what even attention would give.
    margin
        There is no effect when the first recommendation's log-probability changes, either way, by less than this on
        average, in nats: 0.1 is about a tenth of its probability.
    alpha
        False discovery rate over all items tested (Benjamini and Hochberg 1995).
    """

    sessions: int = Field(SINK_SESSIONS, ge=10, le=100_000)
    seed: int = Field(0, ge=0)
    session_share: float = Field(SINK_SESSION_SHARE, gt=0, le=1)
    fewest: int = Field(20, ge=2)
    most_items: int = Field(60, ge=1, le=1_000)
    lift: float = Field(1.5, ge=1)
    margin: float = Field(0.1, gt=0)
    alpha: float = Field(0.05, gt=0, lt=1)


@dataclass(frozen=True)
class ItemReading:
    """One frequent item: what it gets, what it does, and what the data say it tells.

    Attributes
    ----------
    session_share : float
        Share of the sessions looked at that hold it.
    attention_share : float
        Mean share of the joined attention on it where it occurs.
    attention_lift : float
        That share over what even attention would give.
    removal_effect : float
        Mean size of the change of the first recommendation's log-probability without it, in nats.
    signed_effect : float
        The same with its sign: positive where the item speaks for what is recommended.
    first_changes : float
        Share of its sessions in which another item would then stand first.
    p_value : float
        That attention is not high, or that there is an effect: the larger of the two p-values (intersection-union
        test, Berger and Hsu 1996).
    adjusted : float
        The same, held to the number of items tested.
    lift_in_data : PredictiveLift
        Over the training sessions.
    verdict : str
        The first of `VERDICTS` that holds.
    """

    row: int
    item_id: str
    title: str
    sessions: int
    session_share: float
    attention_share: float
    attention_lift: float
    attention_lift_interval: Span
    removal_effect: float
    removal_effect_interval: Span
    signed_effect: float
    first_changes: float
    p_value: float
    adjusted: float
    lift_in_data: PredictiveLift
    verdict: str = ""

    @property
    def flagged(self) -> bool:
        """Whether it is a magnet."""
        return self.verdict == MAGNET

    @property
    def probability_change(self) -> float:
        """The removal effect as a share of the first recommendation's probability."""
        return math.expm1(self.removal_effect)


@dataclass(frozen=True)
class Magnets:
    """Every item that was tested, magnets first, then by attention against even.

    Attributes
    ----------
    looked_at : int
        Test sessions behind the figures.
    """

    items: tuple[ItemReading, ...]
    looked_at: int
    settings: MagnetSettings

    @property
    def flagged(self) -> tuple[ItemReading, ...]:
        """The magnets."""
        return tuple(item for item in self.items if item.flagged)


MAGNET = "magnet"


def _is_magnet(item: ItemReading, limit: MagnetSettings) -> bool:
    certain = item.attention_lift_interval[0] > limit.lift and item.removal_effect_interval[1] < limit.margin
    return certain and item.adjusted < limit.alpha


# In this order: the first test that holds gives the verdict.
VERDICTS: dict[str, Callable[[ItemReading, MagnetSettings], bool]] = {
    MAGNET: _is_magnet,
    "looked at, and has an effect": lambda item, limit: (
        item.attention_lift_interval[0] > limit.lift and item.removal_effect_interval[0] > limit.margin
    ),
    "looked at, effect undecided": lambda item, limit: item.attention_lift_interval[0] > limit.lift,
    "nothing unusual": lambda item, limit: True,
}


def find_magnets(model: SessionModel, dataset: DataSet, settings: MagnetSettings | None = None) -> Magnets:
    """Test every item that occurs often in the test sessions.

    Raises
    ------
    BadInput
        The model has no attention that an item could draw.
    """
    limit = settings or MagnetSettings()
    if not model.attention_probes():
        raise BadInput(f"{model.name} has no attention, so no item can draw it; choose a transformer")
    divided = split(dataset)
    examples = divided.test.sample(limit.sessions, limit.seed)
    rows = frequent(dataset, examples, limit)
    seen = observe(model, dataset, examples, rows)
    rows = np.array([row for row in rows if len(seen[int(row)].attention) >= limit.fewest], np.int64)
    in_data = predictive_lift(dataset, divided.train, rows)
    tested = [_test(seen[int(row)], limit) for row in rows]
    held = adjusted(np.array(tested, np.float64))
    readings = [
        _reading(int(row), dataset.catalogue, seen[int(row)], (p, float(q)), lift, len(examples))
        for row, p, q, lift in zip(rows, tested, held, in_data, strict=True)
    ]
    judged = [_judged(reading, limit) for reading in readings]
    order = sorted(judged, key=lambda item: (not item.flagged, -item.attention_lift, item.row))
    return Magnets(tuple(order), len(examples), limit)


def frequent(dataset: DataSet, examples: Examples, limit: MagnetSettings) -> IntArray:
    """Catalogue rows in many of the examples' histories, the most frequent first."""
    rows = np.unique(dataset.log.items).astype(np.int64)
    counts = presence(dataset, examples, rows).sum(1)
    often = counts >= max(limit.fewest, limit.session_share * len(examples))
    order = np.lexsort((rows[often], -counts[often]))
    return rows[often][order][: limit.most_items]


def _test(seen: Occurrences, limit: MagnetSettings) -> float:
    attention, even, effect = (np.array(values) for values in (seen.attention, seen.even, seen.effect))
    return max(p_above(attention - limit.lift * even, 0.0), p_below(np.abs(effect), limit.margin))


def _reading(
    row: int, catalogue: Catalogue, seen: Occurrences, p: Span, lift: PredictiveLift, looked_at: int
) -> ItemReading:
    attention, even, effect = (np.array(values) for values in (seen.attention, seen.even, seen.effect))
    size: Values = np.abs(effect)
    return ItemReading(
        row=row,
        item_id=catalogue.item_ids[row],
        title=catalogue.titles[row],
        sessions=len(effect),
        session_share=len(effect) / looked_at,
        attention_share=float(attention.mean()),
        attention_lift=float(attention.mean() / even.mean()),
        attention_lift_interval=ratio_interval(attention, even),
        removal_effect=float(size.mean()),
        removal_effect_interval=interval(size),
        signed_effect=float(effect.mean()),
        first_changes=float(np.mean(seen.first_changes)),
        p_value=p[0],
        adjusted=p[1],
        lift_in_data=lift,
    )


def _judged(item: ItemReading, limit: MagnetSettings) -> ItemReading:
    verdict = next(name for name, holds in VERDICTS.items() if holds(item, limit))
    return ItemReading(**{**vars(item), "verdict": verdict})
