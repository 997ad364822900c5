"""Every explainer that is held to account, by name: attention four ways, gradients, removal, and the floors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.attention_weights import AttentionWeights, attention_weights
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.event_value import event_values
from streamrec_core.attribution.evidence import floor
from streamrec_core.attribution.gradients import gradient_input
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.attribution.removal import Removal, remove_each
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.models.protocol import AdditiveModel, GradientModel, SessionModel

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExplainerInputs:
    """One model's cases and, computed once, what the explainers share.

    Attributes
    ----------
    popularity : (V,) float64
        Events of each item in the data that the model learned from.
    """

    model: SessionModel
    catalogue: Catalogue
    cases: Sequence[Case]
    popularity: IntArray

    @property
    def histories(self) -> list[Session]:
        """The history of each case."""
        return [case.history for case in self.cases]

    @cached_property
    def flows(self) -> list[AttentionWeights]:
        """Attention of each case; empty without attention."""
        return attention_weights(self.model, self.histories, len(self.catalogue)) or []

    @cached_property
    def dropped(self) -> list[Removal]:
        """Each event dropped by itself."""
        return remove_each(self.model, self.catalogue, self.cases, "drop")

    @cached_property
    def masked(self) -> list[Removal]:
        """Each event masked in place."""
        return remove_each(self.model, self.catalogue, self.cases, "mask")

    @property
    def gradient_model(self) -> GradientModel:
        """The model, where it has gradients."""
        return cast(GradientModel, self.model)


@dataclass(frozen=True)
class Explainer:
    """How one explainer values the events of each case, and what it needs of a model."""

    title: str
    values: Callable[[ExplainerInputs], list[Values]]
    needs: str = ""


EXPLAINERS: dict[str, Explainer] = {
    "value": Explainer("number of each event", lambda found: event_values(found.model, found.catalogue, found.cases)),
    "contribution": Explainer(
        "contributions of all heads",
        lambda found: [
            heads.sum((0, 1))
            for heads in case_contributions(cast(AdditiveModel, found.model), found.catalogue, found.cases)
        ],
        "additive",
    ),
    "attention_mean": Explainer(
        "attention, mean of all heads", lambda found: [flow.mean for flow in found.flows], "attention"
    ),
    "attention_last_layer": Explainer(
        "attention, last layer", lambda found: [flow.last_layer for flow in found.flows], "attention"
    ),
    "rollout": Explainer("attention rollout", lambda found: [flow.rollout for flow in found.flows], "attention"),
    "value_weighted": Explainer(
        "attention x value norm",
        lambda found: [flow.value_weighted for flow in found.flows if flow.value_weighted is not None],
        "attention",
    ),
    "gradient_input": Explainer(
        "gradient x input",
        lambda found: [one.values for one in gradient_input(found.gradient_model, found.catalogue, found.cases)],
        "gradients",
    ),
    "integrated_gradients": Explainer(
        "integrated gradients",
        lambda found: [one.values for one in integrated_gradients(found.gradient_model, found.catalogue, found.cases)],
        "gradients",
    ),
    "removal": Explainer("removal, dropped", lambda found: [one.effect for one in found.dropped]),
    "removal_masked": Explainer("removal, masked in place", lambda found: [one.effect for one in found.masked]),
    "random": Explainer("random (floor)", lambda found: [floor("random", case) for case in found.cases]),
    "last_item": Explainer("last item (floor)", lambda found: [floor("last_item", case) for case in found.cases]),
    "most_popular": Explainer(
        "most popular item (floor)",
        lambda found: [found.popularity[history.items].astype(np.float64) for history in found.histories],
    ),
}
"""In the order of tables. Two ways of removal stand beside each other: how far they agree is the most that any
explainer can be asked for."""


def explain_with_all(found: ExplainerInputs) -> dict[str, list[Values]]:
    """Values of every explainer that the model allows, one (L,) array a case."""
    has = {
        "": True,
        "attention": bool(found.flows),
        "additive": isinstance(found.model, AdditiveModel),
        "gradients": isinstance(found.model, GradientModel),
    }
    values = {name: explainer.values(found) for name, explainer in EXPLAINERS.items() if has[explainer.needs]}
    return {name: arrays for name, arrays in values.items() if len(arrays) == len(found.cases)}
