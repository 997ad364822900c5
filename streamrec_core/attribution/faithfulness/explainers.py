"""Explainers whose faithfulness is measured, by name: attention in four readings, gradients, removal, and floors."""

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
    """Cases of one model, and what several explainers need of them, computed once.

    Attributes
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
    popularity : (V,) int64
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
    def attention(self) -> list[AttentionWeights]:
        """Attention weights of each case; empty for a model without attention."""
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
    """How one explainer values the events of each case, and what it needs of a model.

    Attributes
    ----------
    title : str
        For people.
    values : callable
        Inputs -> one (L,) array a case.
    needs : str
        additive, attention, gradients, or nothing.
    """

    title: str
    values: Callable[[ExplainerInputs], list[Values]]
    needs: str = ""


EXPLAINERS: dict[str, Explainer] = {
    "value": Explainer("event values", lambda inputs: event_values(inputs.model, inputs.catalogue, inputs.cases)),
    "contribution": Explainer(
        "contributions of all heads",
        lambda inputs: [
            heads.sum((0, 1))
            for heads in case_contributions(cast(AdditiveModel, inputs.model), inputs.catalogue, inputs.cases)
        ],
        "additive",
    ),
    "attention_mean": Explainer(
        "attention, mean of all heads", lambda inputs: [weights.mean for weights in inputs.attention], "attention"
    ),
    "attention_last_layer": Explainer(
        "attention, last layer", lambda inputs: [weights.last_layer for weights in inputs.attention], "attention"
    ),
    "rollout": Explainer(
        "attention rollout", lambda inputs: [weights.rollout for weights in inputs.attention], "attention"
    ),
    "value_weighted": Explainer(
        "attention x value norm",
        lambda inputs: [weights.value_weighted for weights in inputs.attention if weights.value_weighted is not None],
        "attention",
    ),
    "gradient_input": Explainer(
        "gradient x input",
        lambda inputs: [each.values for each in gradient_input(inputs.gradient_model, inputs.catalogue, inputs.cases)],
        "gradients",
    ),
    "integrated_gradients": Explainer(
        "integrated gradients",
        lambda inputs: [
            each.values for each in integrated_gradients(inputs.gradient_model, inputs.catalogue, inputs.cases)
        ],
        "gradients",
    ),
    "removal": Explainer("removal, dropped", lambda inputs: [removal.effect for removal in inputs.dropped]),
    "removal_masked": Explainer(
        "removal, masked in place", lambda inputs: [removal.effect for removal in inputs.masked]
    ),
    "random": Explainer("random (floor)", lambda inputs: [floor("random", case) for case in inputs.cases]),
    "last_item": Explainer("last item (floor)", lambda inputs: [floor("last_item", case) for case in inputs.cases]),
    "most_popular": Explainer(
        "most popular item (floor)",
        lambda inputs: [inputs.popularity[history.items].astype(np.float64) for history in inputs.histories],
    ),
}
"""In the order of tables. Removal by dropping and by masking are both among them: how far these two agree is the most
that any explainer can reach."""


def explain_with_all(inputs: ExplainerInputs) -> dict[str, list[Values]]:
    """Values of every explainer that the model allows, one (L,) array a case."""
    has = {
        "": True,
        "attention": bool(inputs.attention),
        "additive": isinstance(inputs.model, AdditiveModel),
        "gradients": isinstance(inputs.model, GradientModel),
    }
    values = {name: explainer.values(inputs) for name, explainer in EXPLAINERS.items() if has[explainer.needs]}
    return {name: arrays for name, arrays in values.items() if len(arrays) == len(inputs.cases)}
