"""Misses: sessions of the test ranked by how wrong the model was, each with the cause that is likeliest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples, Split, split
from streamrec_core.diagnosis.cause_rates import CauseRate, cause_rates
from streamrec_core.diagnosis.causes import (
    NAMES,
    NO_CAUSE,
    CauseSettings,
    Facts,
    Flags,
    Learned,
    conditions,
    learn,
    order_of,
    useful_outside,
)
from streamrec_core.diagnosis.occurrences import histories, joined_attention
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ceiling import best_ranks
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.evaluation.ranking import Ranking, rank
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
        Key in `CAUSES`, or `NO_CAUSE`.
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
    """All test sessions that the model got wrong, and how often each cause's condition holds in them and in the hits.

    Attributes
    ----------
    worst_first : tuple of Miss
    tested : int
        Test sessions.
    rates : dict of str to CauseRate
        Of every cause, in the order of `CAUSES`; a miss is put down only to those that count as a cause here.
    best_list_known : bool
        Whether the best possible list is known, as it is for the presets.
    magnets : tuple of int
        Catalogue rows of the magnet items that the causes go by.
    ranks : (M,) int64
        Of every tested target, in the order of the test.
    """

    worst_first: tuple[Miss, ...]
    tested: int
    settings: CauseSettings
    rates: dict[str, CauseRate]
    best_list_known: bool
    magnets: tuple[int, ...]
    ranks: IntArray

    @cached_property
    def by_cause(self) -> dict[str, int]:
        """How many misses each cause has, in the order of `NAMES`; causes without one are left out."""
        counts = Counter(miss.cause for miss in self.worst_first)
        return {name: counts[name] for name in NAMES if counts[name]}

    @cached_property
    def share(self) -> float:
        """Share of tested sessions that are misses."""
        return len(self.worst_first) / self.tested

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
        One of `NAMES`.
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
        if self.cause and self.cause not in NAMES:
            raise BadInput(f"no cause {self.cause!r}; choose one of {', '.join(NAMES)}")
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
    part
        `test`, `validation` or `train`.
    divided
        How the data set is split; as its card says when None.

    Raises
    ------
    BadInput
        The part is unknown, or holds no target.
    """
    limit = settings or CauseSettings()
    divided = divided or split(dataset)
    examples = divided.part(part)
    if not len(examples):
        raise BadInput(
            f"{dataset.name}: the {part} part of its {divided.kind} split holds no target; choose another part"
        )
    ranking = rank(model, dataset, examples)
    facts = gather(model, dataset, learn(dataset, divided.train), examples, ranking, magnets)
    missed = ranking.ranks > limit.miss_below
    holds = conditions(facts, limit)
    rates = cause_rates(holds, missed, limit)
    causes = name_causes({name: held for name, held in holds.items() if rates[name].is_cause}, len(examples))
    misses = [_miss(dataset, examples, ranking, at, causes[at]) for at in np.flatnonzero(missed).tolist()]
    return Misses(
        worst_first=tuple(sorted(misses, key=lambda miss: (-miss.rank, miss.log_probability, miss.session_id))),
        tested=len(examples),
        settings=limit,
        rates=rates,
        best_list_known=facts.best_ranks is not None,
        magnets=tuple(magnets),
        ranks=ranking.ranks,
    )


def name_causes(holds: Mapping[str, Flags], examples: int) -> tuple[str, ...]:
    """For each example the first cause whose condition (M,) holds; `NO_CAUSE` where none does."""
    names = [*holds, NO_CAUSE]
    table = np.stack([*holds.values(), np.ones(examples, bool)])
    return tuple(names[row] for row in table.argmax(0).tolist())


def _miss(dataset: DataSet, examples: Examples, ranking: Ranking, at: int, cause: str) -> Miss:
    session, end = int(examples.sessions[at]), int(examples.ends[at])
    return Miss(
        session_id=dataset.log.session_ids[session],
        target=int(dataset.log.session(session).items[end]),
        first=int(ranking.top[at, 0]),
        rank=int(ranking.ranks[at]),
        log_probability=float(ranking.log_probability[at]),
        events=end,
        cause=cause,
    )


def gather(
    model: SessionModel,
    dataset: DataSet,
    learned: Learned,
    examples: Examples,
    ranking: Ranking,
    magnets: Sequence[int],
) -> Facts:
    """Everything that the conditions of `CAUSES` are decided by, for M examples and what a model made of them."""
    sessions, targets = histories(dataset, examples), examples.targets(dataset.log)
    orders = [order_of(dataset, session, learned.gains) for session in sessions]
    pairs = zip(sessions, targets.tolist(), strict=True)
    return Facts(
        excluded=ranking.ranks > len(dataset.catalogue),
        top_probability=ranking.top_probability,
        best_ranks=best_ranks(dataset, examples),
        target_count=learned.counts[targets],
        useful_outside=np.array([useful_outside(dataset, *pair, model.max_events) for pair in pairs], bool),
        magnet_attention=_on_magnets(model, dataset, sessions, magnets),
        order=np.array([order for order, _ in orders], np.float64),
        steps=np.array([steps for _, steps in orders], np.int64),
    )


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
