"""Misses: sessions of the test ranked by how wrong the model was, each with the cause that is likeliest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples, Split, split
from streamrec_core.diagnosis.causes import (
    CAUSES,
    CauseSettings,
    Facts,
    Flags,
    Learned,
    learn,
    name_causes,
    order_of,
    useful_outside,
)
from streamrec_core.diagnosis.occurrences import histories, joined_attention
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.evaluation.placing import place
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True)
class Miss:
    """One prediction that went wrong.

    Attributes
    ----------
    target : int
        Catalogue row of what came next.
    first : int
        Catalogue row of what the model put first instead.
    rank : int
        The target's; catalogue size + 1 where it could not be recommended.
    log_probability : float
        The target's, in nats; -inf where it could not be recommended.
    events : int
        Of the history.
    cause : str
        Key in `CAUSES`.
    """

    session_id: str
    target: int
    first: int
    rank: int
    log_probability: float
    events: int
    cause: str


@dataclass(frozen=True, eq=False)
class Misses:
    """All test sessions that the model got wrong, the worst first.

    Attributes
    ----------
    found : tuple of Miss
    tested : int
        Test sessions.
    magnets : tuple of int
        Catalogue rows of the magnet items that the causes go by.
    ranks : (M,) int64
        Of every tested target, in the order of the test.
    """

    found: tuple[Miss, ...]
    tested: int
    settings: CauseSettings
    magnets: tuple[int, ...]
    ranks: IntArray

    @cached_property
    def by_cause(self) -> dict[str, int]:
        """How many misses each cause has, in the order of `CAUSES`; causes without one are left out."""
        counts = Counter(miss.cause for miss in self.found)
        return {name: counts[name] for name in CAUSES if counts[name]}

    @cached_property
    def share(self) -> float:
        """Share of tested sessions that are misses."""
        return len(self.found) / self.tested

    @cached_property
    def share_interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of that share over sessions."""
        return interval((self.ranks > self.settings.miss_below).astype(np.float64))


@dataclass(frozen=True)
class MissFilter:
    """Which misses are wanted; an empty value wants all.

    Attributes
    ----------
    cause : str
        Key in `CAUSES`.
    category : str
        Of what came next.
    events : (int, int)
        Shortest and longest history.
    """

    cause: str = ""
    category: str = ""
    events: tuple[int, int] = (0, 10**9)

    def choose(self, misses: Sequence[Miss], dataset: DataSet) -> tuple[Miss, ...]:
        """The wanted misses, in the same order; raises `BadInput` for a cause or a category that is not there."""
        catalogue = dataset.catalogue
        if self.cause and self.cause not in CAUSES:
            raise BadInput(f"no cause {self.cause!r}; choose one of {', '.join(CAUSES)}")
        if self.category and self.category not in catalogue.categories:
            raise BadInput(f"no category {self.category!r} in this catalogue; choose another, or none for all")
        return tuple(
            miss
            for miss in misses
            if self.cause in ("", miss.cause)
            and self.category in ("", catalogue.category(miss.target))
            and self.events[0] <= miss.events <= self.events[1]
        )


def find_misses(
    model: SessionModel,
    dataset: DataSet,
    magnets: Sequence[int] = (),
    settings: CauseSettings | None = None,
    part: str = "test",
    divided: Split | None = None,
) -> Misses:
    """Rank every target of a part of the split, and name the likeliest cause of each miss.

    Parameters
    ----------
    magnets
        Catalogue rows of magnet items (`find_magnets`); without any, no miss is put down to one.
    """
    limit = settings or CauseSettings()
    divided = divided or split(dataset)
    examples = divided.part(part)
    placed = place(model, dataset, examples)
    wrong = np.flatnonzero(placed.ranks > limit.miss_below)
    learned = learn(dataset, divided.train, limit.popular_share)
    facts = gather(model, dataset, learned, examples.take(wrong), placed.top[wrong], magnets)
    causes = name_causes(facts, limit) if len(wrong) else ()
    targets = examples.targets(dataset.log)
    found = [
        Miss(
            session_id=dataset.log.session_ids[int(examples.sessions[at])],
            target=int(targets[at]),
            first=int(placed.top[at, 0]),
            rank=int(placed.ranks[at]),
            log_probability=float(placed.log_probability[at]),
            events=int(examples.ends[at]),
            cause=cause,
        )
        for at, cause in zip(wrong, causes, strict=True)
    ]
    worst_first = sorted(found, key=lambda miss: (-miss.rank, miss.log_probability, miss.session_id))
    return Misses(tuple(worst_first), len(examples), limit, tuple(magnets), placed.ranks)


def gather(
    model: SessionModel,
    dataset: DataSet,
    learned: Learned,
    examples: Examples,
    top: IntArray,
    magnets: Sequence[int],
) -> Facts:
    """Everything the tests of `CAUSES` go by, for these M examples and the ten (M, 10) that were recommended."""
    sessions, targets = histories(dataset, examples), examples.targets(dataset.log)
    orders = [order_of(dataset, session, learned.gains) for session in sessions]
    pairs = list(zip(sessions, (int(target) for target in targets), strict=True))
    return Facts(
        repeat=_flags([target in session.items for session, target in pairs]),
        target_count=learned.counts[targets],
        target_popular=learned.popular[targets],
        popular_in_ten=learned.popular[top].sum(1).astype(np.int64),
        useful_outside=_flags([useful_outside(dataset, *pair, model.max_events) for pair in pairs]),
        magnet_attention=_on_magnets(model, dataset, sessions, magnets),
        order=np.array([order for order, _ in orders], np.float64),
        steps=np.array([steps for _, steps in orders], np.int64),
    )


def _flags(values: list[bool]) -> Flags:
    return np.array(values, bool)


def _on_magnets(model: SessionModel, dataset: DataSet, sessions: list[Session], magnets: Sequence[int]) -> Values:
    """(M,) share of the joined attention on magnet items; only sessions that hold one are run."""
    found = np.zeros(len(sessions))
    end = slice(-model.max_events, None)
    holding = [at for at, session in enumerate(sessions) if np.isin(session.items[end], list(magnets)).any()]
    if not holding or not model.attention_probes():
        return found
    attention = joined_attention(model, [sessions[at] for at in holding], len(dataset.catalogue))
    for at, weights in zip(holding, attention, strict=True):
        found[at] = float(weights[np.isin(sessions[at].items[end], list(magnets))].sum())
    return found
