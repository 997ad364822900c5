"""Search of test sessions: by the model's rank, length, category, and whether explanation methods agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranking import Ranking
from streamrec_core.explain.method_agreement import MethodAgreement

RowMask = npt.NDArray[np.bool_]
ANY, ONE_CATEGORY = "any", "all of one category"
OUTCOMES: dict[str, Callable[[npt.NDArray[np.int64]], RowMask]] = {
    ANY: lambda ranks: ranks > 0,
    "right at 1": lambda ranks: ranks == 1,
    "right at 10": lambda ranks: ranks <= 10,
    "wrong at 1": lambda ranks: ranks > 1,
    "wrong at 10": lambda ranks: ranks > 10,
}
"""Where the model ranked the item that came next."""
LENGTHS: dict[str, tuple[int, int]] = {
    ANY: (0, 10**9),
    "short, up to 10": (0, 10),
    "11 to 29": (11, 29),
    "long, 30 and more": (30, 10**9),
}
"""Events of the history, least and most."""
DISAGREE = "they disagree with removal"
AGREEMENTS: dict[str, Callable[[MethodAgreement], bool]] = {
    ANY: lambda agreement: True,
    DISAGREE: lambda agreement: agreement.warning,
    "all of them agree": lambda agreement: agreement.key in ("all agree", "both agree"),
}
"""How attention, gradients and removal agree on the first recommendation of the session."""


@dataclass(frozen=True)
class PredictionFilter:
    """What a test session must be like."""

    outcome: str = ANY
    length: str = ANY
    category: str = ANY
    agreement: str = ANY


@dataclass(frozen=True, eq=False)
class Predictions:
    """Every test prediction of a data set, with the model's rank.

    Attributes
    ----------
    ids : tuple of M str
    ranks, lengths, main_category : (M,) int64
        Rank of the item that came next, events of the history, and the code of the category of most events.
    one_category : (M,) bool
        Whether all events that have a category are of the same one.
    categories : tuple of str
    top : (M, 10) int64
        Catalogue rows of what the model recommended, best first.
    events : (2, E) int64
        Index of the prediction, and catalogue row, of every event of all histories.
    """

    ids: tuple[str, ...]
    ranks: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    main_category: npt.NDArray[np.int64]
    one_category: RowMask
    categories: tuple[str, ...]
    top: npt.NDArray[np.integer]
    events: npt.NDArray[np.int64]

    def recommended(self, row: int, first: int) -> list[int]:
        """Indices of the predictions with this item among the first recommendations."""
        indices: list[int] = np.flatnonzero((self.top[:, :first] == row).any(1)).tolist()
        return indices

    def holding(self, row: int) -> list[int]:
        """Indices of the predictions whose history holds this item."""
        indices: list[int] = np.unique(self.events[0, self.events[1] == row]).tolist()
        return indices

    def matching(
        self, condition: PredictionFilter, agreements: Mapping[str, MethodAgreement] | None = None
    ) -> npt.NDArray[np.int64]:
        """Indices of the predictions that match, in the order of the log.

        Parameters
        ----------
        condition : PredictionFilter
        agreements : mapping of str to MethodAgreement or None
            Agreement by session id, where it was measured; a condition on agreement matches no other session.
        """
        least, most = LENGTHS[condition.length]
        mask = OUTCOMES[condition.outcome](self.ranks) & (self.lengths >= least) & (self.lengths <= most)
        if condition.category == ONE_CATEGORY:
            mask &= self.one_category
        elif condition.category != ANY:
            mask &= self.main_category == self.categories.index(condition.category)
        if condition.agreement != ANY:
            measured, matches = agreements or {}, AGREEMENTS[condition.agreement]
            mask &= np.array([name in measured and matches(measured[name]) for name in self.ids], bool)
        return np.flatnonzero(mask)


def describe_predictions(dataset: DataSet, examples: Examples, ranking: Ranking) -> Predictions:
    """Join the ranks with the lengths and categories of the histories."""
    log, catalogue = dataset.log, dataset.catalogue
    counts = np.zeros((len(examples), len(catalogue.categories)), np.int64)
    starts = log.offsets[examples.sessions]
    # (M,) histories -> (E,) rows in the log of all their events
    history = np.repeat(np.arange(len(examples)), examples.ends)
    within = np.arange(len(history)) - np.repeat(np.cumsum(examples.ends) - examples.ends, examples.ends)
    items = log.items[starts[history] + within]
    counted = ~catalogue.neutral[items]
    np.add.at(counts, (history[counted], catalogue.category_of[items[counted]]), 1)
    return Predictions(
        ids=tuple(log.ids_of(examples.sessions)),
        ranks=ranking.ranks,
        lengths=examples.ends,
        main_category=counts.argmax(1),
        one_category=(counts > 0).sum(1) == 1,
        categories=catalogue.content_categories,
        top=ranking.top,
        events=np.stack([history, items.astype(np.int64)]),
    )
