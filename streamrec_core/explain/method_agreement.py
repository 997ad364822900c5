"""The badge: whether contributions (or attention), gradients and removal agree in sign and order, by thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL, Values, kendall, ordered
from streamrec_core.attribution.evidence import CaseEvidence
from streamrec_core.config import Settings

METHODS = {
    "contribution": "contribution",
    "attention": "attention",
    "gradients": "integrated_gradients",
    "removal": "removal",
}
"""What the badge compares, and how the evidence calls it; contributions, where a model has them, replace attention."""
UNSIGNED = "attention"
"""The one method that gives sizes alone."""
AgreementKey = Literal[
    "all agree",
    "attention differs",
    "contributions differ",
    "gradients differ",
    "removal differs",
    "removal differs from contributions",
    "none agree",
    "in part",
    "both agree",
    "both differ",
    "removal only",
    "no effect",
    "too short",
]


class AgreementSettings(Settings):
    """When two methods agree: neither's first event speaks the other way in the other, and they order events alike.

    Attributes
    ----------
    tau
        Kendall's tau-b of the signed values, from which on the orders are alike.
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
        Kendall's tau-b of their signed values; None where one method gives every event the same.
    same_first : bool
        Whether both have their largest value, by size, at the same event.
    opposed : bool
        Whether the event with the largest value of one, by size, speaks the other way in the other. Attention has no
        sign and so speaks for every event it looks at.
    agree : bool
        What that counts as: not opposed, and the same first event or a tau that is large enough.
    """

    one: str
    other: str
    tau: float | None
    same_first: bool
    opposed: bool
    agree: bool


@dataclass(frozen=True)
class MethodAgreement:
    """The agreement of one explanation.

    Attributes
    ----------
    key : str
        What is said; words for it stand in the message catalogues.
    pairs : tuple of Pair
        Every pair of methods that the model has.
    warning : bool
        True where a method disagrees with removal, or any two methods oppose each other.
    """

    key: AgreementKey
    pairs: tuple[Pair, ...]
    warning: bool


# What three methods tell by which pairs agree: attention-gradients, attention-removal, gradients-removal.
THREE: dict[tuple[bool, bool, bool], AgreementKey] = {
    (True, True, True): "all agree",
    (False, False, True): "attention differs",
    (False, True, False): "gradients differ",
    (True, False, False): "removal differs",
    (False, False, False): "none agree",
}
OF_CONTRIBUTIONS: dict[AgreementKey, AgreementKey] = {
    "attention differs": "contributions differ",
    "removal differs": "removal differs from contributions",
}
"""What is said instead where contributions are compared."""


def assess_agreement(evidence: CaseEvidence, settings: AgreementSettings | None = None) -> MethodAgreement:
    """Judge the agreement of the methods that a model has."""
    chosen = settings or AgreementSettings()
    names = [name for name, method in METHODS.items() if method in evidence.values]
    if "contribution" in names and UNSIGNED in names:
        names.remove(UNSIGNED)
    pairs = tuple(_pair(one, other, evidence, chosen) for one, other in combinations(names, 2))
    effects = evidence.values["removal"]
    opposed = any(pair.opposed for pair in pairs)
    if abs(effects).max() <= EQUAL:
        return MethodAgreement("no effect", pairs, opposed)
    if len(effects) < chosen.shortest and not opposed:
        return MethodAgreement("too short", pairs, warning=False)
    key = _key([pair.agree for pair in pairs])
    if "contribution" in names:
        key = OF_CONTRIBUTIONS.get(key, key)
    return MethodAgreement(key, pairs, opposed or any(not pair.agree for pair in pairs if pair.other == "removal"))


def _key(agree: list[bool]) -> AgreementKey:
    if not agree:
        return "removal only"
    if len(agree) == 1:
        return "both agree" if agree[0] else "both differ"
    return THREE.get((agree[0], agree[1], agree[2]), "in part")


def _pair(one: str, other: str, evidence: CaseEvidence, settings: AgreementSettings) -> Pair:
    first, second = evidence.values[METHODS[one]], evidence.values[METHODS[other]]
    tau = kendall(first, second)
    same_first = _first(first) == _first(second)
    # Attention looks at what speaks against a title too; only its first event is said to speak for it.
    opposed = _speaks_otherwise(first, second) or (one != UNSIGNED and _speaks_otherwise(second, first))
    return Pair(one, other, tau, same_first, opposed, not opposed and (same_first or (tau or -1.0) >= settings.tau))


def _first(values: Values) -> int:
    """The event with the largest value by size; of equal ones the later."""
    return int(ordered(np.abs(values))[0])


def _speaks_otherwise(values: Values, other: Values) -> bool:
    """Whether the event that `values` puts first has the opposite sign in `other`."""
    at = _first(values)
    return bool(values[at] * other[at] < 0 and min(abs(values[at]), abs(other[at])) > EQUAL)
