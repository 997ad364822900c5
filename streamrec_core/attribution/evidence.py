"""Evidence for one recommendation: contributions, attention, gradients and removal side by side, event by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.agreement import Concordance, concordance
from streamrec_core.attribution.attention_weights import AttentionWeights, attention_weights
from streamrec_core.attribution.candidate_scores import RemovalMode
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.event_value import fitted_values, removal_sets
from streamrec_core.attribution.gradients import GradientInput, gradient_input
from streamrec_core.attribution.integrated_gradients import Integrated, IntegratedSettings, integrated_gradients
from streamrec_core.attribution.removal import Removal, remove, remove_each
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import AdditiveModel, ForeignAttention, GradientModel, SessionModel

Values = npt.NDArray[np.float64]
Pair = tuple[str, str]
FLOORS = ("random", "last_item")
FLOOR_SEED = 42


@dataclass(frozen=True)
class EventEvidence:
    """One event's part in a recommendation, by every method.

    Attributes
    ----------
    position, item : int
        Position in the history, counted from 0, and catalogue row.
    contribution : float or None
        What all heads add because of the event to the candidate's score against the other titles;
        None for a model that is not additive.
    value : float
        The one signed number that foresees removals best, in nats; see `event_values`.
    attention : float or None
        Mean weight of all heads from the predicting position, 0 to 1; None for a model without attention. It is
        the same for every candidate.
    integrated_gradients, gradient_input : float or None
        In nats; None for a model without gradients.
    removal : float
        Drop of what is explained when the event is removed (leave-one-out), in nats.
    rank_without, first_without : int
        The candidate's rank, and the first recommendation (catalogue row), without it.
    masked : float or None
        As `removal`, the event hidden in its position while later ones keep theirs; None for models of this project,
        and for others that cannot.
    """

    position: int
    item: int
    contribution: float | None
    value: float
    attention: float | None
    integrated_gradients: float | None
    gradient_input: float | None
    removal: float
    rank_without: int
    first_without: int
    masked: float | None = None


@dataclass(frozen=True, eq=False)
class AttributionEvidence:
    """Everything measured for one case.

    Attributes
    ----------
    values : mapping of str to (L,) float64
        By method, those of `methods.METHODS` that the model has.
    removal : Removal
        Each event removed by itself, with ranks and the first recommendation.
    integrated : Integrated or None
        With baseline, steps and completeness gap.
    attention : AttentionWeights or None
        Of every head.
    contributions : (layers, H, L) float64 or None
        What each head adds because of each event to the candidate's score against the other titles;
        None for a model that is not additive.
    masked : (L,) float64 or None
        Effect of hiding each event in its position, beside `removal`, which closes up. How models of other libraries
        place events differs, and so do the two.
    """

    case: Case
    values: Mapping[str, Values]
    removal: Removal
    integrated: Integrated | None
    attention: AttentionWeights | None
    contributions: Values | None = None
    masked: Values | None = None

    @cached_property
    def agreement(self) -> Mapping[Pair, Concordance]:
        """How every pair of methods agrees, in the order of `methods.METHODS`."""
        pairs = combinations(self.values, 2)
        return {(first, second): concordance(self.values[first], self.values[second]) for first, second in pairs}

    @cached_property
    def floors(self) -> Mapping[str, Concordance]:
        """How the `FLOORS`, explainers that do not use the model, agree with removal."""
        return {name: concordance(floor(name, self.case), self.removal.effect) for name in FLOORS}

    @property
    def completeness_gap(self) -> float | None:
        """Relative completeness gap of the integrated gradients; None without gradients."""
        return None if self.integrated is None else self.integrated.relative_gap

    @property
    def ranks(self) -> IntArray:
        """(L,) the candidate's rank without each event."""
        return self.removal.ranks

    def events(self) -> tuple[EventEvidence, ...]:
        """One record an event, in the order of the history."""
        return tuple(
            EventEvidence(
                position=at,
                item=int(item),
                contribution=self._value("contribution", at),
                value=float(self.values["value"][at]),
                attention=self._value("attention", at),
                integrated_gradients=self._value("integrated_gradients", at),
                gradient_input=self._value("gradient_input", at),
                removal=float(self.removal.effect[at]),
                rank_without=int(self.removal.ranks[at]),
                first_without=int(self.removal.top[at]),
                masked=None if self.masked is None else float(self.masked[at]),
            )
            for at, item in enumerate(self.case.history.items)
        )

    def _value(self, method: str, at: int) -> float | None:
        return float(self.values[method][at]) if method in self.values else None


@dataclass(frozen=True, eq=False)
class EvidenceSettings:
    """How evidence is gathered.

    Attributes
    ----------
    how : str
        drop or mask.
    integrated : IntegratedSettings
        Baseline, steps, and the gap at which to stop.
    """

    how: RemovalMode = "drop"
    integrated: IntegratedSettings = field(default_factory=IntegratedSettings)


def gather_evidence(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], settings: EvidenceSettings | None = None
) -> list[AttributionEvidence]:
    """Explain many cases at once by every method that the model allows.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
    settings : EvidenceSettings or None

    Returns
    -------
    list of AttributionEvidence
        One a case.

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.

    Examples
    --------
    A model of popularity alone depends on no event.

    >>> from streamrec_core.models.popularity import CountingModel
    >>> from streamrec_core.data.log import Session
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> history = Session("s0", np.array([0, 1, 0], np.int32), np.zeros(3, np.int8))
    >>> case = Case(history, candidate=2, excluded=np.zeros(0, np.int64))
    >>> (evidence,) = gather_evidence(CountingModel("popularity", np.array([1.0, 2.0, 5.0])), catalogue, [case])
    >>> {method: values.tolist() for method, values in evidence.values.items()}
    {'value': [0.0, 0.0, 0.0], 'removal': [0.0, 0.0, 0.0]}
    """
    if not cases:
        return []
    settings = settings or EvidenceSettings()
    sets = [removal_sets(case) for case in cases]
    removals = remove(model, catalogue, list(zip(cases, sets, strict=True)), settings.how)
    nothing = [None] * len(cases)
    attention = attention_weights(model, [case.history for case in cases], len(catalogue))
    integrated: Sequence[Integrated | None] = nothing
    gradients: Sequence[GradientInput | None] = nothing
    if isinstance(model, GradientModel):
        integrated = integrated_gradients(model, catalogue, cases, settings.integrated)
        gradients = gradient_input(model, catalogue, cases)
    added: Sequence[Values | None] = nothing
    if isinstance(model, AdditiveModel):
        added = case_contributions(model, catalogue, cases)
    both = zip(integrated, gradients, strict=True)
    evidence = [_evidence(*parts) for parts in zip(cases, removals, attention or nothing, added, both, strict=True)]
    if isinstance(model, ForeignAttention) and model.hides_in_place and settings.how == "drop":
        masked = remove_each(model, catalogue, cases, "mask")
        evidence = [replace(each, masked=hidden.effect) for each, hidden in zip(evidence, masked, strict=True)]
    return evidence


def _evidence(
    case: Case,
    removal: Removal,
    attention: AttentionWeights | None,
    added: Values | None,
    gradients: tuple[Integrated | None, GradientInput | None],
) -> AttributionEvidence:
    integrated, gradient = gradients
    length = len(case.history)
    by_method = {
        "contribution": None if added is None else added.sum((0, 1)),
        "value": fitted_values(length, removal),
        "attention": None if attention is None else attention.mean,
        "integrated_gradients": None if integrated is None else integrated.values,
        "gradient_input": None if gradient is None else gradient.values,
        "removal": removal.effect[:length],
    }
    return AttributionEvidence(
        case=case,
        values={method: figures for method, figures in by_method.items() if figures is not None},
        removal=removal.first(length),
        integrated=integrated,
        attention=attention,
        contributions=added,
    )


def floor(name: str, case: Case) -> Values:
    """Attribution by an explainer that does not use the model.

    Parameters
    ----------
    name : str
        random: uniform random numbers, which depend on the history and the candidate alone, so that they are the same
        at every visit; last_item: 1 at the last event and 0 elsewhere.
    case : Case

    Returns
    -------
    (L,) float64
    """
    length = len(case.history)
    if name == "random":
        return np.random.default_rng([FLOOR_SEED, case.candidate, *case.history.items.tolist()]).random(length)
    return np.eye(length)[-1]
