"""Disagreement between attribution methods (Krishna et al. 2022): events whose share differs from that by removal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL, Values
from streamrec_core.attribution.methods import METHODS, REFERENCE
from streamrec_core.config import Settings

DisagreementKind = Literal["more", "less", "opposite"]


class DisagreementSettings(Settings):
    """From when on a method disagrees with removal over an event.

    Attributes
    ----------
    margin, times
        Difference of the shares in size, and how many times the smaller the larger must be: both are needed.
    opposite
        Shares that both must have for opposite signs to count.
    """

    margin: float = Field(0.1, gt=0, le=1)
    times: float = Field(1.5, ge=1)
    opposite: float = Field(0.05, gt=0, le=1)


@dataclass(frozen=True)
class MethodDisagreement:
    """A disagreement of one method with removal over one event.

    Attributes
    ----------
    kind : str
        more: the method gives the event more weight than removal does; less: less; opposite: by one the event speaks
        for the candidate, by the other against it.
    share, removal_share : float
        The event's share by the method, and by removal; attention has no sign.
    """

    position: int
    method: str
    kind: DisagreementKind
    share: float
    removal_share: float


def shares(values: Values) -> Values:
    """(L,) each event's part of the sum of all absolute values, with its sign; all zero where nothing has an effect."""
    total = float(np.abs(values).sum())
    return values / total if total > EQUAL else np.zeros_like(values)


def disagreements(
    values: Mapping[str, Values], settings: DisagreementSettings | None = None
) -> tuple[MethodDisagreement, ...]:
    """Find where methods disagree with removal, event by event.

    Parameters
    ----------
    values : mapping of str to (L,) float64
        By name in `METHODS`, removal among them.
    settings : DisagreementSettings or None

    Returns
    -------
    tuple of MethodDisagreement
        The furthest apart in size first.

    Examples
    --------
    >>> removal, attention = np.array([0.0, 2.0, 0.0]), np.array([0.8, 0.2, 0.0])
    >>> [(each.position, each.kind) for each in disagreements({"attention": attention, "removal": removal})]
    [(0, 'more'), (1, 'less')]
    """
    limits = settings or DisagreementSettings()
    removal = shares(values[REFERENCE]).tolist()
    everywhere = [
        _disagreement(position, method, share, removal[position], limits)
        for method, numbers in values.items()
        if method != REFERENCE
        for position, share in enumerate(shares(numbers).tolist())
    ]
    disagreeing = [each for each in everywhere if each is not None]
    return tuple(sorted(disagreeing, key=lambda each: -abs(abs(each.share) - abs(each.removal_share))))


def _disagreement(
    position: int, method: str, share: float, removal_share: float, settings: DisagreementSettings
) -> MethodDisagreement | None:
    size, removal_size = abs(share), abs(removal_share)
    smaller, larger = min(size, removal_size), max(size, removal_size)
    if METHODS[method].signed and share * removal_share < 0 and smaller >= settings.opposite:
        return MethodDisagreement(position, method, "opposite", share, removal_share)
    if larger - smaller < settings.margin or larger < settings.times * smaller:
        return None
    return MethodDisagreement(position, method, "more" if size > removal_size else "less", share, removal_share)
