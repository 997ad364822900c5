"""The evidence for one recommendation: attention, gradients and removal side by side, event by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.agreement import Concordance, concordance
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.flow import Flow, attention_flow
from streamrec_core.attribution.gradients import GradientInput, gradient_input
from streamrec_core.attribution.integrated import Integrated, IntegratedSettings, integrated_gradients
from streamrec_core.attribution.removal import How, Removal, remove_each
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import GradientModel, SessionModel

Values = npt.NDArray[np.float64]
Pair = tuple[str, str]
METHODS = ("attention", "integrated_gradients", "gradient_input", "removal")
FLOORS = ("random", "last_item")
FLOOR_SEED = 42


@dataclass(frozen=True)
class EventEvidence:
    """What is known of one event's part in a recommendation.

    Attributes
    ----------
    position, item : int
        Place in the history, counted from 0, and catalogue row.
    attention : float or None
        Joined weight from the predicting position, 0 to 1; None for a model without attention. It says what was
        looked at, whatever the candidate.
    integrated_gradients, gradient_input : float or None
        In nats; None for a model without gradients.
    removal : float
        Fall of what is explained when the event is taken away, in nats.
    rank_without, first_without : int
        The candidate's rank, and the first recommendation (catalogue row), without it.
    """

    position: int
    item: int
    attention: float | None
    integrated_gradients: float | None
    gradient_input: float | None
    removal: float
    rank_without: int
    first_without: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything measured for one case.

    Attributes
    ----------
    values : mapping of str to (L,) float64
        By method, those of `METHODS` that the model has.
    removal : Removal
        Each event taken away by itself, with ranks and the first recommendation.
    integrated : Integrated or None
        With baseline, steps and completeness gap.
    flow : Flow or None
        Attention of every head.
    agreement : mapping of (method, method) to Concordance
        Every pair of methods, in the order of `METHODS`.
    floors : mapping of str to Concordance
        How two explainers that know nothing, random and last item, agree with removal.
    """

    case: Case
    values: Mapping[str, Values]
    removal: Removal
    integrated: Integrated | None
    flow: Flow | None
    agreement: Mapping[Pair, Concordance]
    floors: Mapping[str, Concordance]

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
                attention=self._value("attention", at),
                integrated_gradients=self._value("integrated_gradients", at),
                gradient_input=self._value("gradient_input", at),
                removal=float(self.removal.effect[at]),
                rank_without=int(self.removal.ranks[at]),
                first_without=int(self.removal.top[at]),
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
    joining : (layers, H) or None
        How much each head counts when the maps are joined; None: all alike.
    how : str
        drop or mask.
    integrated : IntegratedSettings
        Baseline, steps, and the gap at which to stop.
    """

    joining: Values | None = None
    how: How = "drop"
    integrated: IntegratedSettings = field(default_factory=IntegratedSettings)


def gather_evidence(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], settings: EvidenceSettings | None = None
) -> list[Evidence]:
    """Evidence for many cases at once.

    Raises
    ------
    BadInput
        A history is empty, a candidate cannot be recommended, or the joining weights do not fit the model.
    """
    if not cases:
        return []
    chosen = settings or EvidenceSettings()
    removals = remove_each(model, catalogue, cases, chosen.how)
    nothing = [None] * len(cases)
    flows = attention_flow(model, [case.history for case in cases], len(catalogue), chosen.joining)
    integrated: Sequence[Integrated | None] = nothing
    gradients: Sequence[GradientInput | None] = nothing
    if isinstance(model, GradientModel):
        integrated = integrated_gradients(model, catalogue, cases, chosen.integrated)
        gradients = gradient_input(model, catalogue, cases)
    parts = zip(cases, removals, flows or nothing, integrated, gradients, strict=True)
    return [_evidence(*part) for part in parts]


def _evidence(
    case: Case,
    removal: Removal,
    flow: Flow | None,
    integrated: Integrated | None,
    gradient: GradientInput | None,
) -> Evidence:
    found = {
        "attention": None if flow is None else flow.joined,
        "integrated_gradients": None if integrated is None else integrated.values,
        "gradient_input": None if gradient is None else gradient.values,
        "removal": removal.effect,
    }
    values = {method: figures for method, figures in found.items() if figures is not None}
    return Evidence(
        case=case,
        values=values,
        removal=removal,
        integrated=integrated,
        flow=flow,
        agreement={(one, other): concordance(values[one], values[other]) for one, other in combinations(values, 2)},
        floors={name: concordance(floor(name, case), removal.effect) for name in FLOORS},
    )


def floor(name: str, case: Case) -> Values:
    """An explainer that knows nothing: (L,) random figures, or 1 at the last event and 0 elsewhere.

    The random figures depend on the history and the candidate alone, so that they are the same at every visit.
    """
    length = len(case.history)
    if name == "random":
        return np.random.default_rng([FLOOR_SEED, case.candidate, *case.history.items.tolist()]).random(length)
    return np.eye(length)[-1]
