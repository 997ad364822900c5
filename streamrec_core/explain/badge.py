"""The badge: whether attention, gradients and removal tell one story of a recommendation, by stated thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL, concordance
from streamrec_core.attribution.evidence import Evidence
from streamrec_core.config import Settings

METHODS = {"attention": "attention", "gradients": "integrated_gradients", "removal": "removal"}
"""What the badge compares, and how the evidence calls it."""
BadgeKey = Literal[
    "all agree",
    "attention differs",
    "gradients differ",
    "removal differs",
    "none agree",
    "in part",
    "both agree",
    "both differ",
    "removal only",
    "no effect",
    "too short",
]


class BadgeSettings(Settings):
    """When two methods agree: they put the same event first, or order all events alike.

    Attributes
    ----------
    tau
        Kendall's tau-b of the sizes, from which on the orders are alike.
    shortest
        Events a history needs.
    """

    tau: float = Field(0.4, ge=-1, le=1)
    shortest: int = Field(3, ge=2)


@dataclass(frozen=True)
class Pair:
    """Two methods held against each other.

    Attributes
    ----------
    tau : float or None
        Kendall's tau-b of their sizes; None where one method gives every event the same.
    same_first : bool
        Whether both put the same event first.
    agree : bool
        What that counts as.
    """

    one: str
    other: str
    tau: float | None
    same_first: bool
    agree: bool


@dataclass(frozen=True)
class Badge:
    """The agreement of one explanation.

    Attributes
    ----------
    key : str
        What is said; words for it stand in the message catalogues.
    pairs : tuple of Pair
        Every pair of methods that the model has.
    warning : bool
        True where a method that was asked disagrees with removal.
    """

    key: BadgeKey
    pairs: tuple[Pair, ...]
    warning: bool


# What three methods tell by which pairs agree: attention-gradients, attention-removal, gradients-removal.
THREE: dict[tuple[bool, bool, bool], BadgeKey] = {
    (True, True, True): "all agree",
    (False, False, True): "attention differs",
    (False, True, False): "gradients differ",
    (True, False, False): "removal differs",
    (False, False, False): "none agree",
}


def badge_of(evidence: Evidence, settings: BadgeSettings | None = None) -> Badge:
    """Judge the agreement of the methods that a model has."""
    chosen = settings or BadgeSettings()
    names = [name for name, method in METHODS.items() if method in evidence.values]
    pairs = tuple(_pair(one, other, evidence, chosen) for one, other in combinations(names, 2))
    effects = evidence.values["removal"]
    if len(effects) < chosen.shortest:
        return Badge("too short", pairs, warning=False)
    if abs(effects).max() <= EQUAL:
        return Badge("no effect", pairs, warning=False)
    key = _key([pair.agree for pair in pairs])
    return Badge(key, pairs, any(not pair.agree for pair in pairs if pair.other == "removal"))


def _key(agree: list[bool]) -> BadgeKey:
    if not agree:
        return "removal only"
    if len(agree) == 1:
        return "both agree" if agree[0] else "both differ"
    return THREE.get((agree[0], agree[1], agree[2]), "in part")


def _pair(one: str, other: str, evidence: Evidence, settings: BadgeSettings) -> Pair:
    found = concordance(evidence.values[METHODS[one]], evidence.values[METHODS[other]])
    alike = found.tau is not None and found.tau >= settings.tau
    return Pair(one, other, found.tau, found.same_first, found.same_first or alike)
