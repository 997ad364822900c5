"""Settings and results of the checks of reasons: the effect of a removal, its trials, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.defaults import LEAST_SHARE
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.explain.random_edits import Positions

Verdict = Literal[
    "holds",
    "speaks against",
    "too little",
    "not about this title",
    "depends on the rest",
    "not under replacement",
    "chance",
    "not on the list",
]


class CheckSettings(Settings):
    """Thresholds for confirming a reason.

    Attributes
    ----------
    list_length
        Titles of the list that a person sees.
    listed_only
        Whether only reasons for a title of the list are confirmed; benchmarks turn it off.
    least_fall, least_share
        What a person would notice, besides a title that leaves the list: it falls by so many ranks in it, or loses
        this share of its probability.
    least_effect
        Nats from which events count as speaking against a title or, where no reason is given, for it; 0.05 is about a
        twentieth of its probability.
    beyond_list
        Nats by which it must lose more than the other titles of the list do on average.
    sub_histories, left_out
        Random sub-histories a session, and the chance of each event to be left out of one.
    least_sub_histories
        Share of the distinct ones in which removing what is there of the reason must lower the title.
    replacements
        Times that events of the reason are replaced by others drawn from the catalogue.
    least_replacements
        Share of these that must lower the title.
    alpha
        Limit of the sign test's p value over all these trials, corrected for every set tested in the session (Holm
        1979).
    """

    list_length: int = Field(TOP, ge=2, le=TOP)
    listed_only: bool = True
    least_fall: int = Field(3, ge=1)
    least_share: float = Field(LEAST_SHARE, gt=0, lt=1)
    least_effect: float = Field(0.05, ge=0)
    beyond_list: float = Field(0.0, ge=0)
    sub_histories: int = Field(16, ge=1, le=1_000)
    left_out: float = Field(0.5, gt=0, lt=1)
    least_sub_histories: float = Field(0.95, ge=0, le=1)
    replacements: int = Field(10, ge=1, le=1_000)
    least_replacements: float = Field(0.9, ge=0, le=1)
    alpha: float = Field(0.05, gt=0, lt=1)


@dataclass(frozen=True)
class SetEffect:
    """Effect of removing one set of events.

    Attributes
    ----------
    effect : float
        Fall of the candidate's log-probability, in nats; negative where it rises.
    list_effect : float
        Mean fall of the log-probability of the other titles of the list.
    rank_before, rank_after : int
        The candidate's rank with the whole history, and without the set.
    probability_before, probability_after : float
    first_without : int
        Catalogue row of the first recommendation without the set.
    """

    positions: Positions
    effect: float
    list_effect: float
    rank_before: int
    rank_after: int
    probability_before: float
    probability_after: float
    first_without: int


@dataclass(frozen=True)
class Trials:
    """How often removing a set lowered the title under random edits of the history.

    Attributes
    ----------
    sub_histories_lower, sub_histories : int
        Of the distinct sub-histories; none where the set is the whole history.
    replacements_lower, replacements : int
        Of the replacements.
    p_value, p_holm : float
        Of the sign test over both, by itself and corrected for all sets tested in the session.
    """

    sub_histories_lower: int
    sub_histories: int
    replacements_lower: int
    replacements: int
    p_value: float = 1.0
    p_holm: float = 1.0


@dataclass(frozen=True)
class Check(SetEffect):
    """Effect of removing one set of events, and whether that confirms it as a reason.

    Attributes
    ----------
    trials : Trials or None
        None where the set had failed before: it is not tried further, and counts among the sets tested with p = 1.
    sets : int
        Sets tested in this session, this one included.
    verdict : str
        holds: confirmed; speaks against: without it the candidate is likelier; too little: nobody would notice; not
        about this title: the rest of the list loses as much; depends on the rest: it fails in sub-histories; not under
        replacement; chance; not on the list: every test passed, but nothing is recommended because of it.
    """

    trials: Trials | None = None
    sets: int = 1
    verdict: Verdict = "too little"

    @property
    def confirmed(self) -> bool:
        """Whether it may enter a verified sentence."""
        return self.verdict == "holds"


@dataclass(frozen=True, eq=False)
class CaseChecks:
    """The checks of one case.

    Attributes
    ----------
    checks : tuple of Check
        In the order of the sets in the request.
    empty : SetEffect
        Without any history (masked in place).
    recommendable : int
        Items that can be recommended.
    """

    checks: tuple[Check, ...]
    empty: SetEffect
    recommendable: int
