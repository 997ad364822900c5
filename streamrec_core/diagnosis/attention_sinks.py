"""Find attention sinks: items that draw much attention and have no effect, corrected for multiple testing.

The name is from Xiao et al. (2023), who saw first tokens draw attention that no prediction needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split, split
from streamrec_core.defaults import SINK_SESSION_SHARE, SINK_SESSIONS
from streamrec_core.diagnosis.lift import PredictiveLift, history_events, predictive_lift
from streamrec_core.diagnosis.occurrences import Occurrences, observe
from streamrec_core.diagnosis.significance import adjusted_p_values, p_above, p_below, ratio_interval
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.models.protocol import SessionModel

Span = tuple[float, float]


class SinkSettings(Settings):
    """Thresholds and sample of the search for attention sinks.

    Attributes
    ----------
    sessions
        Test sessions to sample with `seed`.
    session_share, fewest
        An item is frequent when it is in this share of the sampled sessions, and in at least this many.
    most_items
        Number of items to test at most, the most frequent first.
    lift
        Attention is high when it is more than this many times what uniform attention would give.
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
class SinkTest:
    """One frequent item: its attention, the effect of its removal, and what its presence predicts in the data.

    Attributes
    ----------
    session_share : float
        Share of the sampled sessions that contain it.
    attention_share : float
        Mean share of the attention, averaged over heads, on it where it occurs.
    attention_lift : float
        That share over what uniform attention would give.
    removal_effect : float
        Mean size of the change of the first recommendation's log-probability without it, in nats.
    signed_effect : float
        The same with its sign: positive where the item supports the recommendation.
    first_changes : float
        Share of its sessions in which its removal changes the first recommendation.
    p_value : float
        Of the hypothesis that attention is not high, or that there is an effect: the larger of the two p-values
        (intersection-union test, Berger and Hsu 1996).
    adjusted : float
        The p-value corrected for the number of items tested.
    lift_in_data : PredictiveLift
        Over the training sessions.
    verdict : str
        The first of `VERDICTS` whose test passes.
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
        """Whether it is an attention sink."""
        return self.verdict == ATTENTION_SINK

    @property
    def probability_change(self) -> float:
        """The removal effect as a share of the first recommendation's probability."""
        return math.expm1(self.removal_effect)


@dataclass(frozen=True)
class AttentionSinks:
    """Every tested item, attention sinks first, then by attention lift.

    Attributes
    ----------
    sessions : int
        Number of sampled test sessions.
    """

    items: tuple[SinkTest, ...]
    sessions: int
    settings: SinkSettings

    @property
    def flagged(self) -> tuple[SinkTest, ...]:
        """The attention sinks."""
        return tuple(item for item in self.items if item.flagged)


ATTENTION_SINK = "attention sink"


def _is_sink(item: SinkTest, limit: SinkSettings) -> bool:
    certain = item.attention_lift_interval[0] > limit.lift and item.removal_effect_interval[1] < limit.margin
    return certain and item.adjusted < limit.alpha


# In this order: the first test that passes gives the verdict.
VERDICTS: dict[str, Callable[[SinkTest, SinkSettings], bool]] = {
    ATTENTION_SINK: _is_sink,
    "high attention, with an effect": lambda item, limit: (
        item.attention_lift_interval[0] > limit.lift and item.removal_effect_interval[0] > limit.margin
    ),
    "high attention, effect undecided": lambda item, limit: item.attention_lift_interval[0] > limit.lift,
    "nothing unusual": lambda item, limit: True,
}


def find_attention_sinks(
    model: SessionModel, dataset: DataSet, settings: SinkSettings | None = None, divided: Split | None = None
) -> AttentionSinks:
    """Test every item that occurs often in the test sessions.

    Parameters
    ----------
    model : SessionModel
        Must have attention heads.
    dataset : DataSet
    settings : SinkSettings or None
        Thresholds; the defaults when None.
    divided : Split or None
        Its test part is sampled, its training part gives `lift_in_data`; the data set's usual split when None.

    Returns
    -------
    AttentionSinks
        All tested items, attention sinks first.

    Raises
    ------
    BadInput
        The model has no attention.
    """
    limit = settings or SinkSettings()
    if not model.attention_probes():
        raise BadInput(f"{model.name} has no attention, so it has no attention sinks; choose a transformer")
    divided = divided or split(dataset)
    examples = divided.test.sample(limit.sessions, limit.seed)
    rows = frequent_items(dataset, examples, limit)
    seen = observe(model, dataset, examples, rows)
    rows = np.array([row for row in rows if len(seen[int(row)].attention) >= limit.fewest], np.int64)
    in_data = predictive_lift(dataset, divided.train, rows)
    p_values = [_p_value(seen[int(row)], limit) for row in rows]
    corrected = adjusted_p_values(np.array(p_values, np.float64))
    tests = [
        _sink_test(int(row), dataset.catalogue, seen[int(row)], (p, float(q)), lift, len(examples))
        for row, p, q, lift in zip(rows, p_values, corrected, in_data, strict=True)
    ]
    with_verdict = [
        replace(test, verdict=next(name for name, passes in VERDICTS.items() if passes(test, limit))) for test in tests
    ]
    order = sorted(with_verdict, key=lambda item: (not item.flagged, -item.attention_lift, item.row))
    return AttentionSinks(tuple(order), len(examples), limit)


def frequent_items(dataset: DataSet, examples: Examples, limit: SinkSettings) -> IntArray:
    """Find the items that occur in many histories.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        Whose histories are counted.
    limit : SinkSettings
        `session_share` and `fewest` say what is frequent, `most_items` how many are returned at most.

    Returns
    -------
    (n,) int64
        Catalogue rows, the most frequent first.
    """
    size, counts = len(dataset.catalogue), np.zeros(len(dataset.catalogue), np.int64)
    for example_of, items in history_events(dataset, examples):
        counts += np.bincount(np.unique(example_of * size + items) % size, minlength=size)
    rows = np.flatnonzero(counts >= max(limit.fewest, limit.session_share * len(examples)))
    return rows[np.lexsort((rows, -counts[rows]))][: limit.most_items]


def _p_value(seen: Occurrences, limit: SinkSettings) -> float:
    attention, uniform, effect = (np.array(values) for values in (seen.attention, seen.uniform, seen.effect))
    return max(p_above(attention - limit.lift * uniform, 0.0), p_below(np.abs(effect), limit.margin))


def _sink_test(
    row: int, catalogue: Catalogue, seen: Occurrences, p: Span, lift: PredictiveLift, sessions: int
) -> SinkTest:
    attention, uniform, effect = (np.array(values) for values in (seen.attention, seen.uniform, seen.effect))
    size: Values = np.abs(effect)
    return SinkTest(
        row=row,
        item_id=catalogue.item_ids[row],
        title=catalogue.titles[row],
        sessions=len(effect),
        session_share=len(effect) / sessions,
        attention_share=float(attention.mean()),
        attention_lift=float(attention.mean() / uniform.mean()),
        attention_lift_interval=ratio_interval(attention, uniform),
        removal_effect=float(size.mean()),
        removal_effect_interval=interval(size),
        signed_effect=float(effect.mean()),
        first_changes=float(np.mean(seen.first_changes)),
        p_value=p[0],
        adjusted=p[1],
        lift_in_data=lift,
    )
