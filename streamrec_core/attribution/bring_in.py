"""Bring in: the smallest addition to a history, or swap in it, that puts a title on the list.

The counterpart of `counterfactual`, which takes a title off it. Validity, size and number of model calls are the
measures by which such searches are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamrec_core.attribution.bring_in_record import Addition, BringIn, BringInSettings
from streamrec_core.attribution.candidate_scores import SCORES_AT_ONCE, CandidateScores, joined_scores, score_variants
from streamrec_core.attribution.case import Case, check_cases
from streamrec_core.attribution.counterfactual import VARIANTS_AT_ONCE, Progress
from streamrec_core.attribution.list_rank import recommend_after
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel


def bring_in(
    model: SessionModel,
    catalogue: Catalogue,
    case: Case,
    pool: IntArray,
    settings: BringInSettings | None = None,
    progress: Progress | None = None,
) -> BringIn:
    """Search the smallest addition or swap that puts a title on the list.

    Every item of the pool is added at the end; the most effective ones are put in place of each event; the best edited
    histories are edited again. Of as many edits, those with fewer swaps come first. What does it is shortened where
    possible, and the model is run on it alone.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    case : Case
        History and title. Where items of the history are excluded from the list, so are the new ones.
    pool : (n,) int64
        Catalogue rows that may be added, the most promising first; those of the history are left out.
    settings : BringInSettings or None
    progress : callable or None
        Called with the share done, 0 to 1; raising from it stops the search.

    Returns
    -------
    BringIn

    Raises
    ------
    BadInput
        The title cannot be recommended, is on the list already, or no item is left to try.

    Examples
    --------
    A model of popularity alone recommends the same whatever is added.

    >>> from streamrec_core.models.popularity import CountingModel
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> history = Session("s0", np.array([0], np.int32), np.zeros(1, np.int8))
    >>> case = Case(history, candidate=1, excluded=np.zeros(0, np.int64))
    >>> model = CountingModel("popularity", np.array([1.0, 2.0, 5.0]))
    >>> bring_in(model, catalogue, case, np.array([2]), BringInSettings(k=1)).edits is None
    True
    """
    return _BringInSearch(model, catalogue, case, pool, settings or BringInSettings(), progress).run()


class _BringInSearch:
    """One search, from the smallest size to larger ones."""

    def __init__(
        self,
        model: SessionModel,
        catalogue: Catalogue,
        case: Case,
        pool: IntArray,
        settings: BringInSettings,
        progress: Progress | None,
    ) -> None:
        self.model, self.catalogue, self.case = model, catalogue, case
        self.settings, self.progress = settings, progress
        check_cases([case], catalogue)
        if settings.engagement >= len(catalogue.words.engagements):
            message = f"engagement {settings.engagement} of {len(catalogue.words.engagements)}; choose a lower code"
            raise BadInput(message, fields=["engagement"], allowed=catalogue.words.engagements)
        usable = ~np.isin(pool, case.history.items) & ~catalogue.neutral[pool] & (pool != case.candidate)
        self.pool: list[int] = pool[usable].tolist()[: settings.items]
        if not self.pool:
            raise BadInput("every item to try is in the history already; try more items")
        self.tried = self.calls = 0
        self.best_rank = len(catalogue)
        self.rank = int(self._score([()]).rank[0])
        if self.rank <= settings.k:
            title = catalogue.titles[case.candidate]
            raise BadInput(f"{title!r} has rank {self.rank}, so it is among the first {settings.k} already")

    def run(self) -> BringIn:
        """The smallest edits that do it, or none."""
        states: list[tuple[Addition, ...]] = [()]
        items = self.pool
        for size in range(1, self.settings.most_edits + 1):
            added = [(*state, Addition("add", row)) for state in states for row in items if _is_new(row, state)]
            if not added:
                break  # every item of the pool is in use
            scored = self._score(added)
            effective = list(dict.fromkeys(added[number][-1].row for number in _by_rank(scored)))
            items = effective[: 4 * self.settings.breadth]
            swapped = self._swaps(states, effective[: self.settings.breadth])
            every = [*added, *swapped]
            if swapped:
                scored = joined_scores([scored, self._score(swapped)])
            order = _by_rank(scored)
            enough = [every[number] for number in order if scored.rank[number] <= self.settings.k]
            enough.sort(key=lambda edits: sum(edit.kind == "swap" for edit in edits))  # what was watched stays watched
            if (answer := self._verified(enough)) is not None:
                return answer
            # Swaps may be made in any order: of the same edits, the first stays.
            distinct = {frozenset(every[number]): every[number] for number in order[::-1]}
            states = sorted(distinct.values(), key=dict(zip(every, np.argsort(order), strict=True)).__getitem__)
            states = states[: self.settings.beam]
            self._report(size / self.settings.most_edits)
        return self._answer(None, self.best_rank, ())

    def _swaps(self, states: Sequence[tuple[Addition, ...]], rows: Sequence[int]) -> list[tuple[Addition, ...]]:
        """Each state with one more event of the history replaced by one of the rows."""
        return [
            (*state, Addition("swap", row, position))
            for state in states
            for position in range(len(self.case.history))
            if position not in {edit.position for edit in state}
            for row in rows
            if _is_new(row, state)
        ]

    def _edited(self, edits: Sequence[Addition]) -> Case:
        """The case after edits, cut to what the model reads."""
        history = self.case.history
        items, engagements = history.items.tolist(), history.engagements.tolist()
        times = None if history.times is None else history.times.tolist()
        for edit in edits:
            if edit.position is None:
                items.append(edit.row)
                engagements.append(self.settings.engagement)
                if times is not None:
                    times.append(times[-1])  # watched right after
            else:
                items[edit.position] = edit.row
        end = slice(-self.model.max_events, None)
        edited = Session(
            history.session_id,
            np.array(items[end], np.int32),
            np.array(engagements[end], np.int8),
            times=None if times is None else np.array(times[end], np.int64),
        )
        if not len(self.case.excluded):
            return replace(self.case, history=edited)
        new = np.array([edit.row for edit in edits], np.int64)
        return replace(self.case, history=edited, excluded=np.union1d(self.case.excluded, new))

    def _score(self, variants: Sequence[tuple[Addition, ...]]) -> CandidateScores:
        """Run the model on the history after each of these edits, in batches."""
        step = max(1, min(VARIANTS_AT_ONCE, SCORES_AT_ONCE // len(self.catalogue)))
        parts = []
        for start in range(0, len(variants), step):
            cases = [self._edited(edits) for edits in variants[start : start + step]]
            parts.append(score_variants(self.model, self.catalogue, [(case, (), "drop") for case in cases]))
            self.calls += 1
        self.tried += len(variants)
        scored = joined_scores(parts)
        self.best_rank = min(self.best_rank, int(scored.rank.min()))
        return scored

    def _verified(self, candidates: Sequence[tuple[Addition, ...]]) -> BringIn | None:
        """The first of these edits, shortened, that still does it when the model is run on it alone."""
        for edits in candidates:
            smallest = self._shortened(edits)
            case = self._edited(smallest)
            rank_after, recommended = recommend_after(self.model, self.catalogue, (case, (), "drop"), self.settings.k)
            self.tried, self.calls = self.tried + 1, self.calls + 1
            if rank_after <= self.settings.k:
                return self._answer(smallest, rank_after, recommended)
        return None

    def _shortened(self, edits: tuple[Addition, ...]) -> tuple[Addition, ...]:
        """The edits without those that are not needed; one is needed always."""
        while len(edits) > 1:
            shorter = [tuple(edit for edit in edits if edit != spared) for spared in edits]
            scored = self._score(shorter)
            best = _by_rank(scored)[0]
            if scored.rank[best] > self.settings.k:
                break
            edits = shorter[best]
        return edits

    def _answer(self, edits: tuple[Addition, ...] | None, rank_after: int, recommended: tuple[int, ...]) -> BringIn:
        return BringIn(
            title=self.catalogue.titles[self.case.candidate],
            k=self.settings.k,
            rank=self.rank,
            edits=edits,
            history=self._edited(edits or ()).history,
            rank_after=rank_after,
            recommended=recommended,
            tried=self.tried,
            calls=self.calls,
            items=len(self.pool),
            names=tuple(self.catalogue.titles[edit.row] for edit in edits or ()),
            start=self.case.history.start,
        )

    def _report(self, share: float) -> None:
        if self.progress is not None:
            self.progress(share)


def _by_rank(scored: CandidateScores) -> IntArray:
    """Numbers of the variants, the best rank first, of equal ranks the most likely."""
    order: IntArray = np.lexsort((-scored.log_probability, scored.rank))
    return order


def _is_new(row: int, state: Sequence[Addition]) -> bool:
    return all(edit.row != row for edit in state)
