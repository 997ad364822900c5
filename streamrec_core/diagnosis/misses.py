"""Find misses: test sessions whose target the model ranked too low, each with its likeliest cause."""

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
    CauseInputs,
    CauseSettings,
    Flags,
    conditions,
    order_of,
    step_gains,
    useful_outside,
)
from streamrec_core.diagnosis.occurrences import mean_attention
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ceiling import best_ranks
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.evaluation.ranking import Ranking, rank
from streamrec_core.models.popularity import training_counts
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True)
class Miss:
    """One wrong prediction.

    Attributes
    ----------
    target : int
        Catalogue row of the item that came next.
    first : int
        Catalogue row of the first recommendation.
    rank : int
        The target's; catalogue size + 1 where it could not be recommended.
    log_probability : float
        The target's, in nats; -inf where it could not be recommended.
    events : int
        Number of events in the history.
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
    """All misses of a test, and the rate of each cause's condition in misses and in hits.

    Attributes
    ----------
    worst_first : tuple of Miss
    tested : int
        Number of test sessions.
    rates : dict of str to CauseRate
        Of every cause, in the order of `CAUSES`; a miss is attributed only to those that count as a cause here.
    best_list_known : bool
        Whether the best possible list is known, as it is for the presets.
    attention_sinks : tuple of int
        Catalogue rows of the attention sinks that were given.
    ranks : (M,) int64
        Of every tested target, in the order of the test.
    """

    worst_first: tuple[Miss, ...]
    tested: int
    settings: CauseSettings
    rates: dict[str, CauseRate]
    best_list_known: bool
    attention_sinks: tuple[int, ...]
    ranks: IntArray

    @property
    def by_cause(self) -> dict[str, int]:
        """Number of misses of each cause, in the order of `NAMES`; causes without one are left out."""
        counts = Counter(miss.cause for miss in self.worst_first)
        return {name: counts[name] for name in NAMES if counts[name]}

    @cached_property
    def share(self) -> float:
        """Share of tested sessions that are misses."""
        return len(self.worst_first) / self.tested

    @cached_property
    def share_interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of `share` over sessions."""
        return interval((self.ranks > self.settings.miss_below).astype(np.float64))


@dataclass(frozen=True)
class MissFilter:
    """A filter of misses; an empty field lets all through.

    Attributes
    ----------
    cause : str
        One of `NAMES`.
    category : str
        Of the item that came next.
    events : (int, int)
        Shortest and longest history.
    """

    cause: str = ""
    category: str = ""
    events: tuple[int, int] = (0, 10**9)

    def choose(self, misses: Sequence[Miss], dataset: DataSet) -> tuple[Miss, ...]:
        """Select the misses that pass the filter.

        Parameters
        ----------
        misses : sequence of Miss
        dataset : DataSet
            Its catalogue names the categories.

        Returns
        -------
        tuple of Miss
            In the same order.

        Raises
        ------
        BadInput
            The cause or the category does not exist.
        """
        catalogue = dataset.catalogue
        if self.cause and self.cause not in NAMES:
            raise BadInput(f"unknown cause {self.cause!r}; choose one of {', '.join(NAMES)}")
        if self.category and self.category not in catalogue.categories:
            raise BadInput(f"this catalogue has no category {self.category!r}; choose another or none")
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
    attention_sinks: Sequence[int] = (),
    settings: CauseSettings | None = None,
    part: str = "test",
    divided: Split | None = None,
) -> Misses:
    """Rank every target of a part of the split, and name the likeliest cause of each miss.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    attention_sinks : sequence of int
        Catalogue rows of attention sinks (`find_attention_sinks`); without any, no miss is attributed to one.
    settings : CauseSettings or None
        Thresholds; the defaults when None.
    part : str
        `test`, `validation` or `train`.
    divided : Split or None
        How the data set is split; as its card says when None.

    Returns
    -------
    Misses
        The worst first.

    Raises
    ------
    BadInput
        The part is unknown, or has no target.

    Examples
    --------
    >>> from streamrec_core.data.dataset import make_dataset
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
    >>> from streamrec_core.models.neighbours import item_neighbours
    >>> catalogue = case_study_catalogue()
    >>> log, _ = draw_case_study(catalogue, sessions=200, seed=1)
    >>> about = {"kind": "synthetic", "source": "drawn", "licence": "none needed", "train_positions": "last"}
    >>> dataset = make_dataset(catalogue, log, name="toy", **about)
    >>> model = item_neighbours(log, catalogue, split(dataset).train)
    >>> misses = find_misses(model, dataset)
    >>> misses.tested, misses.worst_first[0].rank > misses.settings.miss_below
    (40, True)
    """
    limit = settings or CauseSettings()
    divided = divided or split(dataset)
    examples = divided.part(part)
    if not len(examples):
        raise BadInput(
            f"{dataset.name}: the {part} part of its {divided.kind} split has no target; choose another part"
        )
    ranking = rank(model, dataset, examples)
    facts = _cause_inputs(model, dataset, divided.train, examples, ranking, attention_sinks)
    missed = ranking.ranks > limit.miss_below
    holds = conditions(facts, limit)
    rates = cause_rates(holds, missed, limit)
    causes = name_causes({name: met for name, met in holds.items() if rates[name].is_cause}, len(examples))
    misses = [_miss(dataset, examples, ranking, at, causes[at]) for at in np.flatnonzero(missed).tolist()]
    return Misses(
        worst_first=tuple(sorted(misses, key=lambda miss: (-miss.rank, miss.log_probability, miss.session_id))),
        tested=len(examples),
        settings=limit,
        rates=rates,
        best_list_known=facts.best_ranks is not None,
        attention_sinks=tuple(attention_sinks),
        ranks=ranking.ranks,
    )


def name_causes(holds: Mapping[str, Flags], examples: int) -> tuple[str, ...]:
    """Name the first cause that holds for each example.

    Parameters
    ----------
    holds : mapping of str to (M,) bool
        Where each cause's condition holds, in order of precedence.
    examples : int
        M.

    Returns
    -------
    tuple of M str
        `NO_CAUSE` where none holds.
    """
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


def _cause_inputs(
    model: SessionModel,
    dataset: DataSet,
    train: Examples,
    examples: Examples,
    ranking: Ranking,
    attention_sinks: Sequence[int],
) -> CauseInputs:
    sessions, targets = examples.histories(dataset.log), examples.targets(dataset.log)
    gains = step_gains(dataset, train)
    orders = [order_of(dataset, session, gains) for session in sessions]
    pairs = zip(sessions, targets.tolist(), strict=True)
    return CauseInputs(
        excluded=ranking.ranks > len(dataset.catalogue),
        top_probability=ranking.top_probability,
        best_ranks=best_ranks(dataset, examples),
        target_count=training_counts(dataset.log, dataset.catalogue, train)[targets],
        useful_outside=np.array([useful_outside(dataset, *pair, model.max_events) for pair in pairs], bool),
        sink_attention=_on_sinks(model, dataset, sessions, attention_sinks),
        order=np.array([order for order, _ in orders], np.float64),
        steps=np.array([steps for _, steps in orders], np.int64),
    )


def _on_sinks(model: SessionModel, dataset: DataSet, sessions: list[Session], attention_sinks: Sequence[int]) -> Values:
    """(M,) share of the head-averaged attention on attention sinks; only sessions with one are run."""
    shares = np.zeros(len(sessions))
    end = slice(-model.max_events, None)
    with_sink = [at for at, session in enumerate(sessions) if np.isin(session.items[end], list(attention_sinks)).any()]
    if not with_sink or not model.attention_probes():
        return shares
    attention = mean_attention(model, [sessions[at] for at in with_sink], len(dataset.catalogue))
    for at, weights in zip(with_sink, attention, strict=True):
        shares[at] = float(weights[np.isin(sessions[at].items[end], list(attention_sinks))].sum())
    return shares
