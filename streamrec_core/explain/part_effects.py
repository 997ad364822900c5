"""Effects of a model's parts on the candidates of many cases: heads and terms switched off, scores split by event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.candidate_scores import Values
from streamrec_core.attribution.case import Case
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class PartEffects:
    """Effects of a model's parts on one candidate; all empty for a neutral one, which has no probability.

    Attributes
    ----------
    heads : (layers, H) float64
        Fall of the candidate's log-probability, in nats, when a head is switched off.
    together : float
        The same without all heads at once.
    terms : dict of str to float
        The same without each named term.
    added : (layers, H, L) float64
        What each head adds because of each event to the candidate's score against the other titles; (0, 0, 0) for a
        model that is not additive.
    """

    heads: Values = field(default_factory=lambda: np.zeros((0, 0)))
    together: float = 0.0
    terms: dict[str, float] = field(default_factory=dict)
    added: Values = field(default_factory=lambda: np.zeros((0, 0, 0)))


def part_effects(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], added: Sequence[Values | None]
) -> list[PartEffects]:
    """Measure the parts of a model for many cases, in few forward passes.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
    added : sequence of (layers, H, L) float64 or None
        What each head adds because of each event, one a case; None for a model that is not additive.

    Returns
    -------
    list of PartEffects
        One a case.
    """
    effects = [PartEffects() for _ in cases]
    measured = [number for number, case in enumerate(cases) if not catalogue.neutral[case.candidate]]
    if not measured:
        return effects
    some = [cases[number] for number in measured]
    ablation = switch_off_each(model, catalogue, some)
    for row, number in enumerate(measured):
        effects[number] = PartEffects(
            heads=ablation.heads[row],
            together=float(ablation.together[row]),
            terms={name: float(falls[row]) for name, falls in ablation.terms.items()},
            added=np.zeros((0, 0, 0)) if (by_event := added[number]) is None else by_event,
        )
    return effects
