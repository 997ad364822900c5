"""Counterfactual: the smallest set of events whose removal takes a candidate off the list.

`single_change` has the counterfactuals that change one engagement, or exchange two events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import Field

from streamrec_core.attribution.candidate_scores import (
    CandidateScores,
    RemovalMode,
    Variant,
    joined_scores,
    score_variants,
)
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.list_rank import off_list, rank_on_list, recommend_after
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.protocol import SessionModel
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1, between forward passes; raising from it stops the search."""
VARIANTS_AT_ONCE = 400


class CounterfactualSettings(Settings):
    """How long to search.

    Attributes
    ----------
    k
        The candidate is off the list when its rank is beyond this.
    exhaustive
        Sets up to this size are all tried.
    most_removed
        Largest set that is tried.
    beam, breadth
        Beyond the exhaustive sizes: how many sets are carried on, and by how many of the most effective events each
        is enlarged.
    how
        How events are removed: drop or mask.
    """

    k: int = Field(10, ge=1)
    exhaustive: int = Field(2, ge=1, le=3)
    most_removed: int = Field(10, ge=1)
    beam: int = Field(6, ge=1, le=100)
    breadth: int = Field(12, ge=1, le=200)
    how: RemovalMode = "drop"


@dataclass(frozen=True, eq=False)
class Counterfactual(NotebookResult):
    """The smallest set of events without which the candidate leaves the first k.

    Attributes
    ----------
    k, rank : int
        The limit, and the candidate's rank with the whole history.
    positions : tuple of int or None
        Positions in the history, rising; None where nothing that was tried does it.
    rank_without : int
        The candidate's rank without them, from a forward pass of their own; the worst rank reached where there is
        no such set.
    instead : tuple of int
        Catalogue rows of the first k recommendations without them; empty where there is no such set.
    proven : bool
        True where every smaller set was tried and failed; where there is no such set, whether all were tried.
    same_size : int
        How many sets of this size do it, the one named included, among those tried.
    tried : int
        Sets that the model was run on.
    titles : tuple of str
        Of the removed events.
    start : int
        Position in the whole session of the first event of the history.
    """

    k: int
    rank: int
    positions: tuple[int, ...] | None
    rank_without: int
    instead: tuple[int, ...]
    proven: bool
    same_size: int
    tried: int
    titles: tuple[str, ...] = ()
    start: int = 0

    def to_pandas(self) -> pd.DataFrame:
        """One row an event of the set; empty where no set does it."""
        import pandas as pd

        numbers = [self.start + position + 1 for position in self.positions or ()]
        titles = self.titles or ("",) * len(numbers)
        return pd.DataFrame({"event": numbers, "title": list(titles)})

    def summary(self) -> tuple[str, ...]:
        """What the set does, and whether a smaller one is ruled out."""
        if self.positions is None:
            ruled_out = "all sets were tried" if self.proven else "not all sets were tried"
            return (f"No removal takes it off the first {self.k} (worst rank {self.rank_without:,}; {ruled_out})",)
        smaller = "no smaller set does it" if self.proven else "not every smaller set was tried"
        events = "this event" if len(self.positions) == 1 else f"these {len(self.positions)} events"
        return (f"Without {events}: rank {self.rank_without:,} instead of {self.rank}", smaller)

    @property
    def size(self) -> int | None:
        """How many events it takes; None where nothing that was tried does it."""
        return None if self.positions is None else len(self.positions)


def smallest_removal(
    model: SessionModel,
    catalogue: Catalogue,
    case: Case,
    settings: CounterfactualSettings | None = None,
    progress: Progress | None = None,
) -> Counterfactual:
    """Search the smallest set of events without which the candidate leaves the first k.

    All sets up to `exhaustive` events, then a beam search; the set that is found is shortened where possible, and the
    model is run on it once more by itself.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    case : Case
    settings : CounterfactualSettings or None
    progress : callable or None
        Called with the share done, 0 to 1.

    Returns
    -------
    Counterfactual

    Raises
    ------
    BadInput
        The candidate cannot be recommended, or is not among the first k to begin with.

    Examples
    --------
    A model of popularity alone recommends the same whatever is removed.

    >>> from streamrec_core.data.log import Session
    >>> from streamrec_core.models.popularity import CountingModel
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> history = Session("s0", np.array([0, 1], np.int32), np.zeros(2, np.int8))
    >>> case = Case(history, candidate=2, excluded=np.zeros(0, np.int64))
    >>> model = CountingModel("popularity", np.array([1.0, 2.0, 5.0]))
    >>> answer = smallest_removal(model, catalogue, case, CounterfactualSettings(k=1))
    >>> answer.positions, answer.proven
    (None, True)
    """
    return _Search(model, catalogue, case, settings or CounterfactualSettings(), progress).run()


class _Search:
    """One search for a smallest removal."""

    def __init__(
        self,
        model: SessionModel,
        catalogue: Catalogue,
        case: Case,
        settings: CounterfactualSettings,
        progress: Progress | None,
    ) -> None:
        self.model, self.catalogue, self.case = model, catalogue, case
        self.settings, self.progress = settings, progress
        self.length = len(case.history)
        # At least one event stays: no model predicts from nothing.
        self.most = min(settings.most_removed, self.length - 1)
        self.rank = rank_on_list(model, catalogue, case, settings.k)
        self.tried, self.worst = 0, self.rank
        self.expected = sum(self._count(size) for size in range(1, self.most + 1)) or 1

    def run(self) -> Counterfactual:
        """The smallest set found, or none."""
        sets: list[tuple[int, ...]] = [()]
        effective = np.arange(self.length)
        for size in range(1, self.most + 1):
            exhaustive = size <= self.settings.exhaustive
            sets = [*combinations(range(self.length), size)] if exhaustive else _enlarged(sets, effective)
            if not sets:
                break  # every event of the breadth is in the set already
            scored = self._score(sets)
            candidates = [sets[number] for number in off_list(scored, self.settings.k)]
            counterfactual = self._verified(candidates, shorten=not exhaustive)
            if counterfactual is not None:
                return counterfactual
            best = np.lexsort((scored.log_probability, -scored.rank))
            if size == 1:
                effective = best[: self.settings.breadth]
            sets = [sets[number] for number in best[: self.settings.beam]]
        complete = self.length - 1 <= min(self.settings.exhaustive, self.most)
        return Counterfactual(self.settings.k, self.rank, None, self.worst, (), complete, 0, self.tried)

    def _count(self, size: int) -> int:
        """About how many sets of this size will be tried."""
        if size <= self.settings.exhaustive:
            return comb(self.length, size)
        return self.settings.beam * min(self.settings.breadth, self.length)

    def _score(self, sets: Sequence[tuple[int, ...]]) -> CandidateScores:
        """Run the model on the history without each set, reporting progress in between."""
        parts = []
        for start in range(0, len(sets), VARIANTS_AT_ONCE):
            part = sets[start : start + VARIANTS_AT_ONCE]
            parts.append(score_variants(self.model, self.catalogue, [self._variant(positions) for positions in part]))
            self.tried += len(part)
            if self.progress is not None:
                self.progress(min(1.0, self.tried / self.expected))
        scored = joined_scores(parts)
        self.worst = max(self.worst, int(scored.rank.max()))
        return scored

    def _variant(self, positions: tuple[int, ...]) -> Variant:
        return self.case, positions, self.settings.how

    def _verified(self, candidates: Sequence[tuple[int, ...]], shorten: bool) -> Counterfactual | None:
        """The first of these sets that still does it when the model is run on it alone."""
        for positions in candidates:
            smallest = self._shortened(positions) if shorten else positions
            rank_without, instead = recommend_after(
                self.model, self.catalogue, self._variant(smallest), self.settings.k
            )
            self.tried += 1
            if rank_without > self.settings.k:
                return Counterfactual(
                    k=self.settings.k,
                    rank=self.rank,
                    positions=tuple(sorted(smallest)),
                    rank_without=rank_without,
                    instead=instead,
                    titles=tuple(self.catalogue.titles[self.case.history.items[at]] for at in sorted(smallest)),
                    start=self.case.history.start,
                    proven=len(smallest) <= self.settings.exhaustive + 1,
                    same_size=len(candidates) if len(smallest) == len(positions) else 1,
                    tried=self.tried,
                )
        return None

    def _shortened(self, positions: tuple[int, ...]) -> tuple[int, ...]:
        """The set without the events that it does not need."""
        while len(positions) > self.settings.exhaustive + 1:
            shorter = [tuple(at for at in positions if at != spared) for spared in positions]
            sufficient = off_list(self._score(shorter), self.settings.k)
            if not sufficient:
                break
            positions = shorter[sufficient[0]]
        return positions


def _enlarged(sets: Sequence[tuple[int, ...]], effective: npt.NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Each set with one more of the most effective events, none twice."""
    enlarged = {
        tuple(sorted((*positions, int(more)))) for positions in sets for more in effective if more not in positions
    }
    return sorted(enlarged)
