"""Likely causes of misses: conditions with thresholds, evaluated for hits as well as for misses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import Values
from streamrec_core.models.popularity import EVENTS_AT_ONCE, up_to_last_target
from streamrec_core.models.successive_items import successive_items

Flags = npt.NDArray[np.bool_]


class CauseSettings(Settings, populate_by_name=True):
    """Thresholds of the causes.

    Attributes
    ----------
    miss_below
        A target with a rank above this is a miss.
    predictable_from
        Total probability that the ten recommendations must have; with less than a half, the model itself expects a
        miss.
    rare_below
        A target that occurs fewer times than this in the training sessions is rare; one that never occurs is new.
    sink_attention
        Share of the attention, averaged over heads, that attention sinks must take. Its JSON key is
        `magnet_attention`.
    noise_below
        Nats a step by which a session's category transitions are more likely than independent draws; at 0 or less
        the order of the session predicts nothing.
    noise_steps
        Number of steps that a session needs before it can be called noise.
    times_as_often
        A condition must hold at least this many times as often in misses as in hits to count as a cause of misses.
    """

    miss_below: int = Field(10, ge=1)
    predictable_from: float = Field(0.5, gt=0, le=1)
    rare_below: int = Field(5, ge=1)
    sink_attention: float = Field(
        0.3, gt=0, le=1, validation_alias="magnet_attention", serialization_alias="magnet_attention"
    )
    noise_below: float = 0.0
    noise_steps: int = Field(4, ge=1)
    times_as_often: float = Field(1.5, ge=1)


@dataclass(frozen=True, eq=False)
class CauseInputs:
    """Measurements behind the conditions, for M examples, hits as well as misses.

    Attributes
    ----------
    excluded : (M,) bool
        The target cannot be recommended: it is filtered as seen, or the model gives it no score.
    top_probability : (M,) float64
        Total probability of the ten recommendations.
    best_ranks : (M,) int64 or None
        Rank of the target in the best possible list; None where it is unknown.
    target_count : (M,) int64
        Events of the target in the training sessions.
    useful_outside : (M,) bool
        An event of the target's series (of its category where it has no series) lies before the model's window, and
        none inside it.
    sink_attention : (M,) float64
        Share of the attention, averaged over heads, on attention sinks.
    order : (M,) float64
        Mean over the steps of the history of log P(category | category before) - log P(category), in nats, counted
        on the training sessions.
    steps : (M,) int64
        Steps of the history between items that have a category.
    """

    excluded: Flags
    top_probability: Values
    best_ranks: IntArray | None
    target_count: IntArray
    useful_outside: Flags
    sink_attention: Values
    order: Values
    steps: IntArray


@dataclass(frozen=True)
class Cause:
    """A likely cause: its title, its condition in words (with its thresholds), and the condition itself."""

    title: str
    condition: str
    holds: Callable[[CauseInputs, CauseSettings], Flags]


def _unpredictable(facts: CauseInputs, limit: CauseSettings) -> Flags:
    unlikely = facts.top_probability < limit.predictable_from
    return unlikely if facts.best_ranks is None else unlikely & (facts.best_ranks > limit.miss_below)


# In this order: of the conditions that count as causes (`cause_rates`), the first that holds names the cause.
# Keys stand in links and in JSON output; "magnet" is the older name of an attention sink.
CAUSES: dict[str, Cause] = {
    "excluded": Cause(
        "Cannot be recommended",
        "the next item was filtered as already seen, or the model gives it no score",
        lambda facts, limit: facts.excluded,
    ),
    "unpredictable": Cause(
        "Not predictable",
        "the ten recommendations have a total probability below {predictable_from:.0%}{best_list}",
        _unpredictable,
    ),
    "rare": Cause(
        "Rare or new target",
        "the next item occurs fewer than {rare_below} times in the training sessions",
        lambda facts, limit: facts.target_count < limit.rare_below,
    ),
    "outside": Cause(
        "Useful event outside the window",
        "an event of the target's series (or of its category, without a series) lies before the model's window, and "
        "none inside it",
        lambda facts, limit: facts.useful_outside,
    ),
    "magnet": Cause(
        "Attention sink",
        "attention sinks take at least {sink_attention:.0%} of the attention",
        lambda facts, limit: facts.sink_attention >= limit.sink_attention,
    ),
    "noise": Cause(
        "Noisy session",
        "its categories follow each other no better than independent draws ({noise_below:.2f} nats a step or less, "
        "over at least {noise_steps} steps)",
        lambda facts, limit: (facts.order <= limit.noise_below) & (facts.steps >= limit.noise_steps),
    ),
}
NO_CAUSE = "none"
"""Key of a miss to which no cause applies."""
NAMES = (*CAUSES, NO_CAUSE)


def title_of(name: str) -> str:
    """Title of a cause, or of `NO_CAUSE`."""
    return "No cause found" if name == NO_CAUSE else CAUSES[name].title


def condition_in_words(name: str, limit: CauseSettings, best_list_known: bool) -> str:
    """Describe a cause's condition, with its thresholds filled in.

    Parameters
    ----------
    name : str
        Key in `CAUSES`, or `NO_CAUSE`.
    limit : CauseSettings
    best_list_known : bool
        Whether the best possible list is known, as it is for the presets.

    Returns
    -------
    str
        Half a sentence, without a full stop.

    Examples
    --------
    >>> condition_in_words("rare", CauseSettings(), best_list_known=False)
    'the next item occurs fewer than 5 times in the training sessions'
    """
    if name == NO_CAUSE:
        return "no cause's condition holds"
    best_list = ", and even the best possible list misses the next item" if best_list_known else ""
    return CAUSES[name].condition.format(**limit.model_dump(), best_list=best_list)


def conditions(facts: CauseInputs, limit: CauseSettings) -> dict[str, Flags]:
    """Evaluate every cause's condition.

    Parameters
    ----------
    facts : CauseInputs
        For M examples.
    limit : CauseSettings

    Returns
    -------
    dict of str to (M,) bool
        Where each condition holds, by its key in `CAUSES`.
    """
    return {name: cause.holds(facts, limit) for name, cause in CAUSES.items()}


def step_gains(dataset: DataSet, train: Examples) -> Values:
    """Measure how much a category predicts the next one, in the training sessions.

    Parameters
    ----------
    dataset : DataSet
    train : Examples
        The training part of its split.

    Returns
    -------
    (C, C) float64
        log P(category | category before) - log P(category), in nats, with add-one smoothing.
    """
    catalogue, size = dataset.catalogue, len(dataset.catalogue.categories)
    counts = np.zeros(size * size, np.int64)
    for part in up_to_last_target(dataset.log, train).pieces(EVENTS_AT_ONCE):
        before, after = successive_items(dataset.log, part, catalogue, last_only=False)
        counts += np.bincount(
            catalogue.category_of[before] * size + catalogue.category_of[after], minlength=size * size
        )
    pairs = counts.reshape(size, size) + 1.0
    conditional = pairs / pairs.sum(1, keepdims=True)
    overall = pairs.sum(0) / pairs.sum()
    return np.log(conditional) - np.log(overall)


def _codes(dataset: DataSet, session: Session) -> IntArray:
    items = session.items[~dataset.catalogue.neutral[session.items]]
    return dataset.catalogue.category_of[items]


def order_of(dataset: DataSet, session: Session, gains: Values) -> tuple[float, int]:
    """Measure how predictable one history's category transitions are.

    Parameters
    ----------
    dataset : DataSet
    session : Session
        The history.
    gains : (C, C) float64
        From `step_gains`.

    Returns
    -------
    (float, int)
        Mean gain over the steps, in nats (0 without a step), and the number of steps.
    """
    codes = _codes(dataset, session)
    steps = max(len(codes) - 1, 0)
    return (float(gains[codes[:-1], codes[1:]].mean()) if steps else 0.0), steps


def useful_outside(dataset: DataSet, session: Session, target: int, max_events: int) -> bool:
    """Check whether the events that are akin to the target lie before the model's window, and none inside it.

    Parameters
    ----------
    dataset : DataSet
    session : Session
        The history.
    target : int
        Catalogue row.
    max_events : int
        Length of the model's window.

    Returns
    -------
    bool
    """
    catalogue = dataset.catalogue
    series = int(catalogue.series[target])
    column, kin = (catalogue.series, series) if series >= 0 else (catalogue.category_of, catalogue.category_of[target])
    akin = (column[session.items] == kin) & ~catalogue.neutral[session.items]
    return bool(akin[:-max_events].any() and not akin[-max_events:].any())
