"""Check reasons by removal: does taking away their events cost the candidate more than other sets of the same size?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb, exp
from typing import Literal

import numpy as np
from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL
from streamrec_core.attribution.removal import Case, How, Removal, remove
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import SessionModel

Verdict = Literal["holds", "untestable", "speaks against", "too little", "one way only", "no more than others"]
Positions = tuple[int, ...]
DRAW_SEED = 42
LISTED = 5_000
"""Up to so many sets of one size are listed and drawn from; of more, sets are drawn until enough differ."""


class CheckSettings(Settings):
    """When a reason holds.

    Attributes
    ----------
    threshold
        Share of the other sets of the same size that must cost the candidate less.
    least_effect
        Nats that the removal must cost; 0.05 is about a twentieth of the candidate's probability.
    draws
        Other sets of one size that are tried; all of them where there are no more.
    how
        Events are dropped and the gap closes, or they are masked in place.
    both_ways
        Whether the other way of removal must cost `least_effect` too. Dropping an event moves all that came before
        it, so that the last event can matter by its place alone; masking it in place tells the two apart.
    """

    threshold: float = Field(0.9, gt=0, lt=1)
    least_effect: float = Field(0.05, ge=0)
    draws: int = Field(200, ge=20, le=5_000)
    how: How = "drop"
    both_ways: bool = True

    @property
    def other_way(self) -> How:
        """The way of removal that must confirm."""
        return "mask" if self.how == "drop" else "drop"

    @property
    def least_others(self) -> int:
        """Other sets that are needed: with fewer, chance alone would put a set first too often.

        The largest of m + 1 equal sets is this one with probability 1 / (m + 1), which must not be above
        1 - threshold: 9 others for a threshold of 0.9.
        """
        return ceil(1 / (1 - self.threshold) - 1e-9) - 1


@dataclass(frozen=True)
class Check:
    """What removing one set of events did, and whether that makes it a reason.

    Attributes
    ----------
    effect, other_effect : float
        Fall of the candidate's log-probability, in nats, by the chosen way of removal and by the other one; negative
        where it rises.
    rank_before, rank_after : int
        The candidate's rank with the whole history, and without the set.
    probability_before, probability_after : float
    first_without : int
        Catalogue row of the first recommendation without the set.
    percentile : float or None
        Share, 0 to 1, of the other sets whose removal costs less; None where too few were there.
    others : int
        Other sets of the same size that were tried; neutral items are in none of them.
    other_sets : int
        How many there are.
    verdict : str
        holds; untestable (too few other sets); speaks against (without it the candidate is likelier); too little;
        one way only (dropped it costs, masked in place it does not, or the reverse); no more than others.
    """

    positions: Positions
    effect: float
    other_effect: float
    rank_before: int
    rank_after: int
    probability_before: float
    probability_after: float
    first_without: int
    percentile: float | None
    others: int
    other_sets: int
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether it may enter a verified sentence."""
        return self.verdict == "holds"


@dataclass(frozen=True, eq=False)
class CaseChecks:
    """The checks of one case.

    Attributes
    ----------
    checks : tuple of Check
        In the order of the sets that were asked about.
    empty : Check
        Without any history (masked in place); its verdict is always untestable, since there is no other such set.
    recommendable : int
        Items that can be recommended.
    """

    checks: tuple[Check, ...]
    empty: Check
    recommendable: int


def check(
    model: SessionModel,
    catalogue: Catalogue,
    wanted: Sequence[tuple[Case, Sequence[Positions]]],
    settings: CheckSettings | None = None,
) -> list[CaseChecks]:
    """Check sets of positions of many cases, all in one batched removal.

    Raises
    ------
    BadInput
        A position lies outside its history.
    """
    chosen = settings or CheckSettings()
    drawn = [_comparisons(case, catalogue, sets, chosen.draws) for case, sets in wanted]
    asked = []
    for (case, sets), others in zip(wanted, drawn, strict=True):
        compared = [other for of_size in others.values() for other in of_size]
        asked.append((case, [*dict.fromkeys([_whole(case), *sets, *compared])]))
    removals = remove(model, catalogue, asked, chosen.how)
    confirming = remove(model, catalogue, [(case, [_whole(case), *sets]) for case, sets in wanted], chosen.other_way)
    parts = zip(wanted, drawn, removals, confirming, strict=True)
    return [
        _Judge(chosen, catalogue, case, (one, other)).all(sets, others) for (case, sets), others, one, other in parts
    ]


def _whole(case: Case) -> Positions:
    return tuple(range(len(case.history)))


def _comparisons(case: Case, catalogue: Catalogue, sets: Sequence[Positions], draws: int) -> dict[int, list[Positions]]:
    """Other sets by size, the same for every candidate of the session."""
    content = np.flatnonzero(~catalogue.neutral[case.history.items])
    return {
        size: sets_of_size(content, size, draws, [DRAW_SEED, size, *case.history.items.tolist()])
        for size in sorted({len(positions) for positions in sets})
    }


def sets_of_size(places: IntArray, size: int, draws: int, seed: Sequence[int]) -> list[Positions]:
    """All sets of `size` of these places or, where there are more than `draws` + 1, so many drawn evenly.

    One more than `draws`, since the set that is compared may be among them.
    """
    most, number = draws + 1, comb(len(places), size)
    if number <= most:
        return _listed(places, size)
    rng = np.random.default_rng(seed)
    if number <= LISTED:
        listed = _listed(places, size)
        return [listed[place] for place in np.sort(rng.choice(number, most, replace=False))]
    found: dict[Positions, None] = {}
    while len(found) < most:
        chosen = np.sort(places[rng.random((most, len(places))).argsort(1)[:, :size]], axis=1)
        found.update(dict.fromkeys(tuple(row) for row in chosen.tolist()))
    return list(found)[:most]


def _listed(places: IntArray, size: int) -> list[Positions]:
    return list(combinations([int(place) for place in places], size))


class _Judge:
    """What both removals of one case say of its sets."""

    def __init__(
        self, settings: CheckSettings, catalogue: Catalogue, case: Case, removals: tuple[Removal, Removal]
    ) -> None:
        self.settings, self.case = settings, case
        self.removal, other = removals
        self.effects = dict(zip(self.removal.sets, self.removal.effect.tolist(), strict=True))
        self.other_effects = dict(zip(other.sets, other.effect.tolist(), strict=True))
        self.content = int((~catalogue.neutral[case.history.items]).sum())
        self.recommendable = int((~catalogue.neutral).sum() - (~catalogue.neutral[case.barred]).sum())

    def all(self, sets: Sequence[Positions], others: dict[int, list[Positions]]) -> CaseChecks:
        """Judge every set, and the whole history."""
        checks = tuple(self.one(positions, others[len(positions)]) for positions in sets)
        return CaseChecks(checks, self.one(_whole(self.case), ()), self.recommendable)

    def one(self, positions: Positions, others: Sequence[Positions]) -> Check:
        """Judge one set beside others of its size."""
        effect, other_effect = self.effects[positions], self.other_effects[positions]
        compared = np.array([self.effects[other] for other in others if other != positions][: self.settings.draws])
        testable = len(compared) >= self.settings.least_others
        percentile = float(np.mean(compared < effect - EQUAL)) if testable else None
        place = self.removal.sets.index(positions)
        return Check(
            positions=positions,
            effect=effect,
            other_effect=other_effect,
            rank_before=self.removal.rank,
            rank_after=int(self.removal.ranks[place]),
            probability_before=exp(self.removal.log_probability),
            probability_after=exp(self.removal.log_probability - effect),
            first_without=int(self.removal.top[place]),
            percentile=percentile,
            others=len(compared),
            other_sets=max(comb(self.content, len(positions)) - 1, 0),
            verdict=verdict(effect, other_effect, percentile, self.settings),
        )


def verdict(effect: float, other_effect: float, percentile: float | None, settings: CheckSettings) -> Verdict:
    """What follows from the effects (nats) and the percentile, None where too few other sets exist."""
    if percentile is None:
        return "untestable"
    if abs(effect) <= EQUAL or abs(effect) < settings.least_effect:
        return "too little"
    if effect < 0:
        return "speaks against"
    if settings.both_ways and (other_effect <= EQUAL or other_effect < settings.least_effect):
        return "one way only"
    return "holds" if percentile >= settings.threshold else "no more than others"
