"""Why a miss was likely missed: each cause is a stated test, and the first one that holds gives its name."""

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
    rare_below
        A target that the training sessions hold fewer times than this is rare; one they never hold is new.
    magnet_attention
        Share of the joined attention that magnet items must take.
    noise_below
        Steps from category to category that are less likely, by this many nats a step, than drawing each by itself:
        at 0 the order of the session tells nothing.
    noise_steps
        A session needs so many steps before it can be called noise.
    popular_share
        The popular items are this share of the catalogue, by events in the training sessions.
    crowd
        So many of the ten must be popular items.
    """

    miss_below: int = Field(10, ge=1)
    rare_below: int = Field(5, ge=1)
    magnet_attention: float = Field(0.3, gt=0, le=1)
    noise_below: float = 0.0
    noise_steps: int = Field(4, ge=1)
    popular_share: float = Field(0.05, gt=0, lt=1)
    crowd: int = Field(8, ge=1, le=10)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the tests go by, for M examples.

    Attributes
    ----------
    repeat : (M,) bool
        The target is in the history.
    target_count : (M,) int64
        Events of the target in the training sessions.
    target_popular : (M,) bool
        The target is among the popular items.
    popular_in_ten : (M,) int64
        Popular items among the ten recommended.
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

    repeat: Flags
    target_count: IntArray
    target_popular: Flags
    popular_in_ten: IntArray
    useful_outside: Flags
    magnet_attention: Values
    order: Values
    steps: IntArray


@dataclass(frozen=True)
class Cause:
    """A likely cause: what it is called, the test in words (with its thresholds), and the test itself."""

    title: str
    test: str
    holds: Callable[[Facts, CauseSettings], Flags]


# In this order: the first test that holds names the cause. What the data alone decide stands first.
CAUSES: dict[str, Cause] = {
    "repeat": Cause(
        "The label is a repeat",
        "the item that came next is already in the session",
        lambda facts, limit: facts.repeat,
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
    "crowd": Cause(
        "Popular items crowd out",
        "at least {crowd} of the ten are among the most popular {popular_share:.0%} of the catalogue, and the item "
        "that came next is not",
        lambda facts, limit: (facts.popular_in_ten >= limit.crowd) & ~facts.target_popular,
    ),
    "noise": Cause(
        "The session is noise",
        "from event to event its categories follow each other no better than drawn by themselves "
        "({noise_below:.2f} nats a step or less, over at least {noise_steps} steps)",
        lambda facts, limit: (facts.order <= limit.noise_below) & (facts.steps >= limit.noise_steps),
    ),
    "none": Cause(
        "No cause found",
        "none of the tests holds",
        lambda facts, limit: np.ones(len(facts.repeat), bool),
    ),
}


def in_words(name: str, limit: CauseSettings) -> str:
    """A cause's test with its thresholds filled in."""
    return CAUSES[name].test.format(**limit.model_dump())


def name_causes(facts: Facts, limit: CauseSettings) -> tuple[str, ...]:
    """For each example the key in `CAUSES` of the first test that holds."""
    names = list(CAUSES)
    table = np.stack([CAUSES[name].holds(facts, limit) for name in names])
    return tuple(names[int(place)] for place in table.argmax(0))


@dataclass(frozen=True, eq=False)
class Learned:
    """What the training sessions hold.

    Attributes
    ----------
    counts : (V,) int64
        Events of each item.
    popular : (V,) bool
        The popular items.
    gains : (C, C) float64
        log P(category | category before) - log P(category).
    """

    counts: IntArray
    popular: Flags
    gains: Values


def learn(dataset: DataSet, train: Examples, popular_share: float) -> Learned:
    """Count the training sessions."""
    counts = training_counts(dataset, train)
    return Learned(counts, popular_items(dataset, counts, popular_share), step_gains(dataset, train))


def training_counts(dataset: DataSet, train: Examples) -> IntArray:
    """(V,) events of each item in the training sessions, targets included."""
    log = dataset.log
    session = np.repeat(np.arange(len(log)), log.lengths)
    step = np.arange(len(log.items)) - log.offsets[session]
    last = np.full(len(log), -1, np.int64)
    np.maximum.at(last, train.sessions, train.ends)
    return np.bincount(log.items[step <= last[session]], minlength=len(dataset.catalogue)).astype(np.int64)


def popular_items(dataset: DataSet, counts: IntArray, share: float) -> Flags:
    """(V,) the most popular share of the items that can be recommended."""
    content = np.flatnonzero(~dataset.catalogue.neutral)
    order = content[np.argsort(-counts[content], kind="stable")]
    found = np.zeros(len(counts), bool)
    found[order[: max(1, round(share * len(content)))]] = True
    return found & (counts > 0)


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
