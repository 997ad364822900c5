"""Agreement of explanation methods: contributions or attention, gradients and removal, in sign and order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL, Values, kendall, ordered
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.config import Settings

METHODS = {
    "contribution": "contribution",
    "attention": "attention",
    "gradients": "integrated_gradients",
    "removal": "removal",
}
"""Methods compared, and their keys in the evidence; contributions, where a model has them, replace attention."""
UNSIGNED = "attention"
"""The one method whose values have no sign."""
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
    """When two methods agree: neither's first event has the opposite sign in the other, and the orders are alike.

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
class MethodPair:
    """Two methods compared.

    Attributes
    ----------
    first, second : str
        Keys of `METHODS`.
    tau : float or None
        Kendall's tau-b of their signed values; None where one method gives every event the same.
    same_first : bool
        Whether both have their largest value, by size, at the same event.
    opposed : bool
        Whether the event with the largest value of one, by size, has the opposite sign in the other. Attention has no
        sign and so counts as speaking for every event it looks at.
    agree : bool
        Not opposed, and the same first event or a tau that is large enough.
    """

    first: str
    second: str
    tau: float | None
    same_first: bool
    opposed: bool
    agree: bool


@dataclass(frozen=True)
class MethodAgreement:
    """Agreement of the methods on one explanation.

    Attributes
    ----------
    key : str
        The outcome; the message catalogues hold its words.
    pairs : tuple of MethodPair
        Every pair of methods that the model has.
    warning : bool
        True where a method disagrees with removal, or any two methods oppose each other.
    """

    key: AgreementKey
    pairs: tuple[MethodPair, ...]
    warning: bool


# Key by which pairs of three methods agree: attention-gradients, attention-removal, gradients-removal.
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
"""Keys instead where contributions are compared."""


def assess_agreement(evidence: AttributionEvidence, settings: AgreementSettings | None = None) -> MethodAgreement:
    """Assess the agreement of the methods that a model has.

    Parameters
    ----------
    evidence : AttributionEvidence
    settings : AgreementSettings or None

    Returns
    -------
    MethodAgreement
    """
    limits = settings or AgreementSettings()
    names = [name for name, method in METHODS.items() if method in evidence.values]
    if "contribution" in names and UNSIGNED in names:
        names.remove(UNSIGNED)
    pairs = tuple(_pair(first, second, evidence, limits) for first, second in combinations(names, 2))
    effects = evidence.values["removal"]
    opposed = any(pair.opposed for pair in pairs)
    if abs(effects).max() <= EQUAL:
        return MethodAgreement("no effect", pairs, opposed)
    if len(effects) < limits.shortest and not opposed:
        return MethodAgreement("too short", pairs, warning=False)
    key = _key([pair.agree for pair in pairs])
    if "contribution" in names:
        key = OF_CONTRIBUTIONS.get(key, key)
    return MethodAgreement(key, pairs, opposed or any(not pair.agree for pair in pairs if pair.second == "removal"))


def _key(agree: list[bool]) -> AgreementKey:
    if not agree:
        return "removal only"
    if len(agree) == 1:
        return "both agree" if agree[0] else "both differ"
    return THREE.get((agree[0], agree[1], agree[2]), "in part")


def _pair(first: str, second: str, evidence: AttributionEvidence, settings: AgreementSettings) -> MethodPair:
    left, right = evidence.values[METHODS[first]], evidence.values[METHODS[second]]
    tau = kendall(left, right)
    same_first = _first(left) == _first(right)
    # Attention also weights events that speak against a title; only its first event counts as speaking for it.
    opposed = _speaks_otherwise(left, right) or (first != UNSIGNED and _speaks_otherwise(right, left))
    alike = same_first or (tau is not None and tau >= settings.tau)
    return MethodPair(first, second, tau, same_first, opposed, agree=alike and not opposed)


def _first(values: Values) -> int:
    """Find the event with the largest value by size; of equal ones the later."""
    return int(ordered(np.abs(values))[0])


def _speaks_otherwise(values: Values, other: Values) -> bool:
    """Tell whether the event that `values` puts first has the opposite sign in `other`."""
    at = _first(values)
    return bool(values[at] * other[at] < 0 and min(abs(values[at]), abs(other[at])) > EQUAL)
