"""Methods on one axis: each event's share of what a method found, and the events over which methods disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from streamrec_core.attribution.agreement import EQUAL, Values
from streamrec_core.config import Settings

JUDGE = "removal"
"""The method that the others are held to: it asks the model itself."""
DisagreementKind = Literal["more", "less", "opposite"]


class DisagreementSettings(Settings):
    """When a method disagrees with removal over an event.

    Attributes
    ----------
    margin, times
        Difference of the shares in size, and how many times the smaller one the larger must be: both are needed.
    opposite
        Shares that both must have for opposite signs to count.
    """

    margin: float = Field(0.1, gt=0, le=1)
    times: float = Field(1.5, ge=1)
    opposite: float = Field(0.05, gt=0, le=1)


@dataclass(frozen=True)
class MethodDisagreement:
    """One method against removal over one event.

    Attributes
    ----------
    kind : str
        more: the method gives the event more weight than removal does; less: less; opposite: one says that the event
        speaks for the candidate, the other against it.
    share, judged : float
        The event's share by the method, and by removal; attention has no sign.
    """

    position: int
    method: str
    kind: DisagreementKind
    share: float
    judged: float


def shares(values: Values) -> Values:
    """(L,) each event's part of the sum of all absolute values, with its sign; all zero where nothing has an effect."""
    total = float(np.abs(values).sum())
    return values / total if total > EQUAL else np.zeros_like(values)


def disagreements(
    values: Mapping[str, Values], settings: DisagreementSettings | None = None
) -> tuple[MethodDisagreement, ...]:
    """Where methods disagree with removal, event by event, by how far apart the shares are in size.

    Parameters
    ----------
    values : mapping of str to (L,) float64
        By method, `removal` among them.
    """
    chosen = settings or DisagreementSettings()
    judge = shares(values[JUDGE])
    found = [
        dispute
        for method, figures in values.items()
        if method != JUDGE
        for at, share in enumerate(shares(figures).tolist())
        if (dispute := _dispute(at, method, share, float(judge[at]), chosen)) is not None
    ]
    return tuple(sorted(found, key=lambda one: -abs(abs(one.share) - abs(one.judged))))


def _dispute(
    position: int, method: str, share: float, judged: float, settings: DisagreementSettings
) -> MethodDisagreement | None:
    size, other = abs(share), abs(judged)
    signed = method != "attention"
    if signed and share * judged < 0 and min(size, other) >= settings.opposite:
        return MethodDisagreement(position, method, "opposite", share, judged)
    apart = abs(size - other) >= settings.margin and max(size, other) >= settings.times * min(size, other)
    return MethodDisagreement(position, method, "more" if size > other else "less", share, judged) if apart else None
