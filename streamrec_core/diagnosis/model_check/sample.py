"""Sample of a model check: the histories that are changed, the targets that are ranked, and how scores are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples, Split
from streamrec_core.diagnosis.model_check.finding import ModelCheckSettings
from streamrec_core.evaluation.ranking import Ranking, rank
from streamrec_core.evaluation.raw_scores import Values, raw_scores
from streamrec_core.models.protocol import SessionModel

SCORES_IN_MEMORY = 8_000_000
"""Scores (histories x items) that are compared at a time; fewer histories are tried on a large catalogue."""
LEAST_PROBES = 6


@dataclass(frozen=True, eq=False)
class CheckedModel:
    """A model with the sample it is checked on.

    Attributes
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split
    settings : ModelCheckSettings
    """

    model: SessionModel
    dataset: DataSet
    divided: Split
    settings: ModelCheckSettings

    @cached_property
    def examples(self) -> Examples:
        """Held-out targets on which accuracy is measured."""
        return self.divided.test.sample(self.settings.sessions, self.settings.seed)

    @cached_property
    def ranking(self) -> Ranking:
        """What the model makes of them."""
        return rank(self.model, self.dataset, self.examples)

    @cached_property
    def probes(self) -> list[Session]:
        """Histories of two to `max_events` events, of as many lengths as the sample has and, cut, of shorter ones."""
        number = min(self.settings.probes, self.histories_at_once)
        longest = self.model.max_events
        histories = [history for history in self.examples.histories(self.dataset.log) if len(history) > 1]
        histories.sort(key=len, reverse=True)
        spread: IntArray = np.unique(np.linspace(0, len(histories) - 1, min(number, len(histories))).astype(np.int64))
        lengths = self.random.integers(2, 1 + np.maximum(2, [min(longest, len(histories[at])) for at in spread]))
        # Every other history is cut, so that one event stands first, second ... and at several distances from the end.
        return [
            histories[at].last(min(longest, int(cut)) if number % 2 else longest)
            for number, (at, cut) in enumerate(zip(spread, lengths, strict=True))
        ]

    @property
    def histories_at_once(self) -> int:
        """How many histories are scored at a time."""
        return max(LEAST_PROBES, SCORES_IN_MEMORY // len(self.dataset.catalogue))

    @property
    def random(self) -> np.random.Generator:
        """The same random numbers for every check."""
        return np.random.default_rng(self.settings.seed)

    @cached_property
    def replaceable(self) -> IntArray:
        """Rows of the items that can stand in for others: those that the model scores and that are not neutral."""
        scored = np.isfinite(self.scores(self.probes[:1])[0]) & ~self.dataset.catalogue.neutral
        return np.flatnonzero(scored if scored.any() else ~self.dataset.catalogue.neutral)

    def scores(self, histories: Sequence[Session], **layout: Any) -> Values:
        """Raw scores, as `raw_scores` gives them.

        Parameters
        ----------
        histories : sequence of Session
            B of them.
        **layout
            Further arguments of `raw_scores`.

        Returns
        -------
        (B, V) float64
        """
        return raw_scores(self.model, self.dataset.catalogue, histories, **layout)

    def scores_alone(self, histories: Sequence[Session]) -> Values:
        """Raw scores (B, V), each history by itself."""
        return np.concatenate([self.scores([history]) for history in histories])


def score_change(before: Values, after: Values) -> npt.NDArray[np.float64]:
    """How far the scores of histories moved against each other.

    Parameters
    ----------
    before, after : (B, V)
        A constant that all scores of a history gain changes no rank and no probability, and counts as no move.

    Returns
    -------
    (B,) float64
        Largest move of a score, in standard deviations of the history's scores; infinite where one of the two is not
        finite.

    Examples
    --------
    >>> score_change(np.array([[1.0, 3.0]]), np.array([[6.0, 8.0]])).tolist()
    [0.0]
    """
    finite = np.isfinite(before)
    changes = np.zeros(len(before))
    for row, mask in enumerate(finite):
        if (mask != np.isfinite(after[row])).any():
            changes[row] = np.inf
        elif mask.any():
            first, second = before[row, mask], after[row, mask]
            moved = np.abs((second - second.mean()) - (first - first.mean())).max()
            changes[row] = moved / (first.std() or 1.0)
    return changes
