"""Stability of explanations over small changes and seeds, and the sanity check of shuffled weights (Adebayo 2018)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from streamrec_core.attribution.agreement import kendall
from streamrec_core.attribution.faithfulness.explainers import ExplainerInputs, Values, explain_with_all
from streamrec_core.models.protocol import ControlledModel, SessionModel

ExplainerValues = Mapping[str, Sequence[Values]]
"""By explainer, one (L,) array a case."""
Taus = dict[str, list[float | None]]


def over_small_changes(inputs: ExplainerInputs, values: ExplainerValues, seed: int) -> Taus:
    """Tau-b of each explanation with the one after a random event was removed, over the events that both have.

    Parameters
    ----------
    inputs : ExplainerInputs
    values : mapping of str to sequence of (L,) float64
        By explainer, one array a case.
    seed : int
        Of the events that are removed.

    Returns
    -------
    dict of str to list of float or None
        By explainer, one value a case of three events or more.
    """
    rng = np.random.default_rng(seed)
    removed = [int(rng.integers(len(case.history))) for case in inputs.cases]
    long = [row for row, case in enumerate(inputs.cases) if len(case.history) > 2]
    if not long:
        return {name: [] for name in values}
    shorter = []
    for row in long:
        history = inputs.cases[row].history
        left = np.delete(np.arange(len(history)), removed[row])
        shorter.append(replace(inputs.cases[row], history=history.take(left)))
    after = explain_with_all(replace(inputs, cases=shorter))
    return {
        name: [_tau(np.delete(arrays[row], removed[row]), after[name][number]) for number, row in enumerate(long)]
        for name, arrays in values.items()
    }


def over_models(inputs: ExplainerInputs, values: ExplainerValues, others: Sequence[SessionModel]) -> Taus:
    """Mean tau-b of each explanation with those that other models give of the same title after the same history.

    Parameters
    ----------
    inputs : ExplainerInputs
    values : mapping of str to sequence of (L,) float64
        By explainer, one array a case.
    others : sequence of SessionModel
        The same recipe trained with other seeds.

    Returns
    -------
    dict of str to list of float or None
        By explainer, one value a case.
    """
    explained = [explain_with_all(replace(inputs, model=other)) for other in others]
    taus: Taus = {}
    for name, arrays in values.items():
        other_values = [other[name] for other in explained if name in other]
        by_case = [[_tau(events, other[row]) for other in other_values] for row, events in enumerate(arrays)]
        taus[name] = [_mean(case) for case in by_case]
    return taus


def after_randomising(inputs: ExplainerInputs, values: ExplainerValues, seed: int) -> Taus:
    """Tau-b of each explanation with that of the same model with every weight tensor shuffled (Adebayo et al. 2018).

    Parameters
    ----------
    inputs : ExplainerInputs
    values : mapping of str to sequence of (L,) float64
        By explainer, one array a case.
    seed : int
        Of the shuffling.

    Returns
    -------
    dict of str to list of float or None
        By explainer, one value a case; empty for a model without weights.
    """
    shuffled = with_shuffled_weights(inputs.model, seed)
    return {} if shuffled is None else over_models(inputs, values, [shuffled])


def with_shuffled_weights(model: SessionModel, seed: int) -> SessionModel | None:
    """Copy a model with every learned tensor in random order.

    Each tensor keeps its values, so that every layer keeps its scale, and unless all of them are equal at least two
    change their positions: a tensor of two values would else stay as it was every other time.
    What was counted in training is learned too: buffers that are saved (the table of followers) are shuffled as weights
    are.

    Parameters
    ----------
    model : SessionModel
    seed : int

    Returns
    -------
    SessionModel or None
        None for a model without weights.
    """
    if isinstance(model, ControlledModel):
        return model.control("shuffled", seed)
    if not isinstance(model, nn.Module) or not any(True for _ in model.parameters()):
        return None
    rng = torch.Generator().manual_seed(seed)
    shuffled = copy.deepcopy(model)
    with torch.no_grad():
        for weights in shuffled.state_dict().values():  # they share memory with the model's own tensors
            weights.copy_(_shuffled(weights.flatten(), rng).view_as(weights))
    return shuffled


def _shuffled(values: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """The values (n,) in a random order that is not theirs, unless all are equal."""
    while True:
        reordered = values[torch.randperm(len(values), generator=rng).to(values.device)]
        if not torch.equal(reordered, values) or bool((values == values[:1]).all()):
            return reordered


def _tau(first: Values, second: Values) -> float | None:
    return kendall(np.abs(first), np.abs(second))


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
