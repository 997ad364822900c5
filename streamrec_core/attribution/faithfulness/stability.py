"""Whether an explanation holds still where it should and moves where it should: small changes, seeds, weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from streamrec_core.attribution.agreement import kendall
from streamrec_core.attribution.faithfulness.explainers import ExplainerInputs, Values, explain_with_all
from streamrec_core.data.log import Session
from streamrec_core.models.protocol import SessionModel

All = Mapping[str, Sequence[Values]]
Taus = dict[str, list[float | None]]


def over_small_changes(found: ExplainerInputs, values: All, seed: int) -> Taus:
    """Tau-b of each explanation with the one after a random event was removed, over the events that both have."""
    rng = np.random.default_rng(seed)
    gone = [int(rng.integers(len(case.history))) for case in found.cases]
    long = [place for place, case in enumerate(found.cases) if len(case.history) > 2]
    if not long:
        return {name: [] for name in values}
    shorter = [replace(found.cases[place], history=_without(found.cases[place].history, gone[place])) for place in long]
    after = explain_with_all(replace(found, cases=shorter))
    return {
        name: [_tau(np.delete(arrays[place], gone[place]), after[name][number]) for number, place in enumerate(long)]
        for name, arrays in values.items()
    }


def over_models(found: ExplainerInputs, values: All, others: Sequence[SessionModel]) -> Taus:
    """Mean tau-b of each explanation with those that other models give of the same title after the same history."""
    explained = [explain_with_all(replace(found, model=other)) for other in others]
    taus: Taus = {}
    for name, arrays in values.items():
        rivals = [one[name] for one in explained if name in one]
        by_case = [[_tau(own, rival[place]) for rival in rivals] for place, own in enumerate(arrays)]
        taus[name] = [_mean(case) for case in by_case]
    return taus


def after_randomising(found: ExplainerInputs, values: All, seed: int) -> Taus:
    """Tau-b of each explanation with that of the same model with every weight tensor shuffled (Adebayo et al. 2018)."""
    shuffled = with_shuffled_weights(found.model, seed)
    return {} if shuffled is None else over_models(found, values, [shuffled])


def with_shuffled_weights(model: SessionModel, seed: int) -> SessionModel | None:
    """A copy of a model whose every learned tensor is in random order; None for a model that has none.

    Each tensor keeps its values, so that every layer keeps its scale, and unless all of them are equal at least two
    change their positions: a tensor of two values would else stay as it was every other time.
    What was counted in training is learned too: kept buffers (the table of followers) are shuffled as weights are.
    """
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
        reordered = values[torch.randperm(len(values), generator=rng)]
        if not torch.equal(reordered, values) or bool((values == values[:1]).all()):
            return reordered


def _without(history: Session, gone: int) -> Session:
    return replace(history, items=np.delete(history.items, gone), engagements=np.delete(history.engagements, gone))


def _tau(first: Values, second: Values) -> float | None:
    return kendall(np.abs(first), np.abs(second))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
