"""Likely causes of misses: each is a stated condition, decided for hits as well as for misses."""

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

Flags = npt.NDArray[np.bool_]


class CauseSettings(Settings):
    """Where each cause begins.

    Attributes
    ----------
    miss_below
        A target ranked below this place is a miss.
    predictable_from
        Share of the probability that the ten recommendations must hold together; with less than a half, the model
        itself expects a miss.
    rare_below
        A target that the training sessions hold fewer times than this is rare; one they never hold is new.
    magnet_attention
        Share of the joined attention that magnet items must take.
    noise_below
        Steps from category to category that are less likely, by this many nats a step, than drawing each by itself:
        at 0 the order of the session tells nothing.
    noise_steps
        A session needs so many steps before it can be called noise.
    times_as_often
        A condition must hold at least this many times as often in misses as in hits to count as a cause of misses.
    """

    miss_below: int = Field(10, ge=1)
    predictable_from: float = Field(0.5, gt=0, le=1)
    rare_below: int = Field(5, ge=1)
    magnet_attention: float = Field(0.3, gt=0, le=1)
    noise_below: float = 0.0
    noise_steps: int = Field(4, ge=1)
    times_as_often: float = Field(1.5, ge=1)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the conditions are decided by, for M examples, hits as well as misses.

    Attributes
    ----------
    excluded : (M,) bool
        The target cannot be recommended: it is filtered as seen, or the model gives it no score.
    top_probability : (M,) float64
        Share of the probability that the ten recommendations hold together.
    best_ranks : (M,) int64 or None
        Rank of the target in the best possible list; None where that is not known.
    target_count : (M,) int64
        Events of the target in the training sessions.
    useful_outside : (M,) bool
        An event of the target's series, or for a title of its own an event of its category, lies before the window
        that the model sees, and none in it.
    magnet_attention : (M,) float64
        Share of the joined attention on magnet items.
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
    magnet_attention: Values
    order: Values
    steps: IntArray


@dataclass(frozen=True)
class Cause:
    """A likely cause: its title, its condition in words (with its thresholds), and the condition itself."""

    title: str
    condition: str
    holds: Callable[[Facts, CauseSettings], Flags]


def _unpredictable(facts: Facts, limit: CauseSettings) -> Flags:
    unlikely = facts.top_probability < limit.predictable_from
    return unlikely if facts.best_ranks is None else unlikely & (facts.best_ranks > limit.miss_below)


# In this order: the first condition that holds names the cause, of those that count (`cause_rates`).
CAUSES: dict[str, Cause] = {
    "excluded": Cause(
        "Cannot be recommended",
        "the item that came next was filtered as already seen, or the model gives it no score",
        lambda facts, limit: facts.excluded,
    ),
    "unpredictable": Cause(
        "Not predictable",
        "the ten recommendations together held less than {predictable_from:.0%} of the probability{best_list}",
        _unpredictable,
    ),
    "rare": Cause(
        "The target is rare or new",
        "the training sessions hold the item that came next fewer than {rare_below} times",
        lambda facts, limit: facts.target_count < limit.rare_below,
    ),
    "outside": Cause(
        "The useful item lies outside the window",
        "an event of the target's series (or category, for a title of its own) lies before what the model sees, and "
        "none within it",
        lambda facts, limit: facts.useful_outside,
    ),
    "magnet": Cause(
        "A magnet item takes the attention",
        "items flagged as magnets take at least {magnet_attention:.0%} of the attention",
        lambda facts, limit: facts.magnet_attention >= limit.magnet_attention,
    ),
    "noise": Cause(
        "The session is noise",
        "from event to event its categories follow each other no better than drawn by themselves "
        "({noise_below:.2f} nats a step or less, over at least {noise_steps} steps)",
        lambda facts, limit: (facts.order <= limit.noise_below) & (facts.steps >= limit.noise_steps),
    ),
}
NO_CAUSE = "none"
"""Stands for a cause in a miss to which none applies."""
NAMES = (*CAUSES, NO_CAUSE)


def title_of(name: str) -> str:
    """What a cause is called; `NO_CAUSE` too."""
    return "No cause found" if name == NO_CAUSE else CAUSES[name].title


def in_words(name: str, limit: CauseSettings, best_list_known: bool) -> str:
    """A cause's condition with its thresholds filled in.

    Parameters
    ----------
    name : str
        Key in `CAUSES`, or `NO_CAUSE`.
    best_list_known : bool
        Whether the best possible list is known, as it is for the presets.
    """
    if name == NO_CAUSE:
        return "no condition of a cause holds"
    best_list = ", and even the best possible list misses the item that came next" if best_list_known else ""
    return CAUSES[name].condition.format(**limit.model_dump(), best_list=best_list)


def conditions(facts: Facts, limit: CauseSettings) -> dict[str, Flags]:
    """(M,) for each cause, by its key in `CAUSES`: where its condition holds."""
    return {name: cause.holds(facts, limit) for name, cause in CAUSES.items()}


@dataclass(frozen=True, eq=False)
class Learned:
    """What the training sessions hold.

    Attributes
    ----------
    counts : (V,) int64
        Events of each item.
    gains : (C, C) float64
        log P(category | category before) - log P(category).
    """

    counts: IntArray
    gains: Values


def learn(dataset: DataSet, train: Examples) -> Learned:
    """Count the training sessions."""
    return Learned(training_counts(dataset, train), step_gains(dataset, train))


def training_counts(dataset: DataSet, train: Examples) -> IntArray:
    """(V,) events of each item in the training sessions, targets included."""
    log = dataset.log
    session = np.repeat(np.arange(len(log)), log.lengths)
    step = np.arange(len(log.items)) - log.offsets[session]
    last = np.full(len(log), -1, np.int64)
    np.maximum.at(last, train.sessions, train.ends)
    return np.bincount(log.items[step <= last[session]], minlength=len(dataset.catalogue)).astype(np.int64)


def step_gains(dataset: DataSet, train: Examples) -> Values:
    """(C, C) log P(category | category before) - log P(category), each count raised by one so that none is zero."""
    size = len(dataset.catalogue.categories)
    before, after = _steps(dataset, [dataset.log.session(int(row)) for row in np.unique(train.sessions)])
    pairs = np.bincount(before * size + after, minlength=size * size).reshape(size, size) + 1.0
    given = pairs / pairs.sum(1, keepdims=True)
    overall = pairs.sum(0) / pairs.sum()
    return np.log(given) - np.log(overall)


def _steps(dataset: DataSet, sessions: list[Session]) -> tuple[IntArray, IntArray]:
    """Categories before and after each step of these sessions, neutral items left out."""
    pairs = [_codes(dataset, session) for session in sessions]
    if not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate([codes[:-1] for codes in pairs]), np.concatenate([codes[1:] for codes in pairs])


def _codes(dataset: DataSet, session: Session) -> IntArray:
    items = session.items[~dataset.catalogue.neutral[session.items]]
    return dataset.catalogue.category_of[items]


def order_of(dataset: DataSet, session: Session, gains: Values) -> tuple[float, int]:
    """Mean gain over the steps of one history, and the number of steps; 0 for a history without one."""
    codes = _codes(dataset, session)
    steps = max(len(codes) - 1, 0)
    return (float(gains[codes[:-1], codes[1:]].mean()) if steps else 0.0), steps


def useful_outside(dataset: DataSet, session: Session, target: int, max_events: int) -> bool:
    """Whether the events that speak of the target lie before the model's window, and none in it."""
    catalogue = dataset.catalogue
    series = int(catalogue.series[target])
    kin = catalogue.series == series if series >= 0 else catalogue.category_of == catalogue.category_of[target]
    akin = kin[session.items] & ~catalogue.neutral[session.items]
    return bool(akin[:-max_events].any() and not akin[-max_events:].any())
