"""Which test sessions match what a visitor looks for: right or wrong, long, of one category, or hard to explain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranking import Ranking
from streamrec_core.explain.method_agreement import MethodAgreement

Rows = npt.NDArray[np.bool_]
ANY, ONE_CATEGORY = "any", "all of one category"
OUTCOMES: dict[str, Callable[[npt.NDArray[np.int64]], Rows]] = {
    ANY: lambda ranks: ranks > 0,
    "right at 1": lambda ranks: ranks == 1,
    "right at 10": lambda ranks: ranks <= 10,
    "wrong at 1": lambda ranks: ranks > 1,
    "wrong at 10": lambda ranks: ranks > 10,
}
"""Where the model ranked what really came next."""
LENGTHS: dict[str, tuple[int, int]] = {
    ANY: (0, 10**9),
    "short, up to 10": (0, 10),
    "11 to 29": (11, 29),
    "long, 30 and more": (30, 10**9),
}
"""Events of the history, least and most."""


DISAGREE = "they disagree with removal"
AGREEMENTS: dict[str, Callable[[MethodAgreement], bool]] = {
    ANY: lambda badge: True,
    DISAGREE: lambda badge: badge.warning,
    "all of them agree": lambda badge: badge.key in ("all agree", "both agree"),
}
"""How attention, gradients and removal agree on what the session is recommended first."""


@dataclass(frozen=True)
class Wish:
    """What a session must be like."""

    outcome: str = ANY
    length: str = ANY
    category: str = ANY
    agreement: str = ANY


@dataclass(frozen=True, eq=False)
class Predictions:
    """Every test prediction of a data set and what a model made of it.

    Attributes
    ----------
    ids : tuple of M str
    ranks, lengths, main : (M,) int64
        Rank of what came next, events of the history, and the category most events are of.
    pure : (M,) bool
        Whether all events that have a category are of the same one.
    categories : tuple of str
    """

    ids: tuple[str, ...]
    ranks: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    main: npt.NDArray[np.int64]
    pure: Rows
    categories: tuple[str, ...]

    def matching(self, wish: Wish, told: Mapping[str, MethodAgreement] | None = None) -> npt.NDArray[np.int64]:
        """Places of the predictions that match, in the order of the log.

        Parameters
        ----------
        told : mapping of str to MethodAgreement or None
            Agreement by session id, of the sessions that it was looked up for; needed for a wish for agreement, which
            no other session then fulfils.
        """
        least, most = LENGTHS[wish.length]
        found = OUTCOMES[wish.outcome](self.ranks) & (self.lengths >= least) & (self.lengths <= most)
        if wish.category == ONE_CATEGORY:
            found &= self.pure
        elif wish.category != ANY:
            found &= self.main == self.categories.index(wish.category)
        if wish.agreement != ANY:
            fits, known = AGREEMENTS[wish.agreement], told or {}
            found &= np.array([name in known and fits(known[name]) for name in self.ids], bool)
        return np.flatnonzero(found)


def predictions(dataset: DataSet, examples: Examples, ranking: Ranking) -> Predictions:
    """Join the ranks with what the histories are like."""
    log, catalogue = dataset.log, dataset.catalogue
    counts = np.zeros((len(examples), len(catalogue.categories)), np.int64)
    starts = log.offsets[examples.sessions]
    # (M,) histories -> (E,) places of all their events in the log
    of = np.repeat(np.arange(len(examples)), examples.ends)
    within = np.arange(len(of)) - np.repeat(np.cumsum(examples.ends) - examples.ends, examples.ends)
    items = log.items[starts[of] + within]
    counted = ~catalogue.neutral[items]
    np.add.at(counts, (of[counted], catalogue.category_of[items[counted]]), 1)
    return Predictions(
        ids=tuple(log.session_ids[row] for row in examples.sessions),
        ranks=ranking.ranks,
        lengths=examples.ends,
        main=counts.argmax(1),
        pure=(counts > 0).sum(1) == 1,
        categories=catalogue.content_categories,
    )
