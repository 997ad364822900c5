"""Controls of other people's models: shuffled and fresh weights, put in for a call and never left in their module."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from streamrec_core.adapters import ScoredModel, ScoringFunction, open_scorer
from streamrec_core.adapters.attending_model import DifferentiableModel
from streamrec_core.adapters.other_weights import fresh_weights, shuffled_weights
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.explain.nulls import NullSubject, null_shares
from streamrec_core.models.protocol import ControlKind
from tests.adapters import stand_ins
from tests.adapters.stand_ins import Base, scorer_of
from tests.adapters.test_attention import CATALOGUE, HISTORIES, stand_in
from tests.worlds import batch, chain_dataset, session_of

KINDS: tuple[ControlKind, ...] = ("shuffled", "untrained")


def before_and_after(module: nn.Module) -> dict[str, tuple[int, torch.Tensor]]:
    return {name: (id(weights), weights.detach().clone()) for name, weights in module.named_parameters()}


def assert_untouched(module: nn.Module, before: dict[str, tuple[int, torch.Tensor]]) -> None:
    after = dict(module.named_parameters())
    assert list(after) == list(before)
    for name, (identity, weights) in before.items():
        assert id(after[name]) == identity
        assert torch.equal(after[name], weights)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["MultiHead", "ScaledDot", "Encoder", "Gated", "Recurrent"])
def test_a_control_scores_with_other_weights_and_leaves_the_module_as_it_was(name: str, kind: ControlKind) -> None:
    module = stand_in(name, "left")
    model = open_scorer(scorer_of(module), CATALOGUE)
    histories, before = batch(CATALOGUE, *HISTORIES), before_and_after(module)
    plain = model.logits(histories)
    control = model.control(kind, seed=7)
    assert control is not None
    assert type(control) is type(model)
    assert control.name == f"{model.name}, {kind}"
    other = control.logits(histories)
    assert_untouched(module, before)
    assert not torch.allclose(other, plain, atol=1e-2)
    model.forget()
    assert torch.equal(model.logits(histories), plain)
    again = model.control(kind, seed=7)
    assert again is not None
    assert torch.equal(again.logits(histories), other)
    assert torch.equal(control.logits(histories), other)  # what is remembered is the control's own
    different = model.control(kind, seed=8)
    assert different is not None
    assert not torch.allclose(different.logits(histories), other, atol=1e-2)


def test_a_control_looks_up_its_own_items_and_watches_its_own_heads() -> None:
    model = open_scorer(scorer_of(stand_in("MultiHead", "left")), CATALOGUE)
    assert isinstance(model, DifferentiableModel)
    table = model.item_embeddings()
    control = model.control("shuffled", seed=7)
    assert control is not None
    assert not torch.allclose(control.item_embeddings(), table, atol=1e-2)
    assert torch.equal(model.item_embeddings(), table)
    pairs = zip(model.attention_probes(), control.attention_probes(), strict=True)
    assert all(first is not second for first, second in pairs)


def test_shuffled_weights_are_those_of_the_same_module_overwritten_by_hand() -> None:
    module, twin = stand_in("ScaledDot", "left"), stand_in("ScaledDot", "left")
    twin.load_state_dict(module.state_dict())
    other = shuffled_weights(module, seed=5)
    assert other is not None
    with torch.no_grad():
        for name, weights in twin.named_parameters():
            values = other.values[id(dict(module.named_parameters())[name])]
            assert torch.equal(values.flatten().sort().values, weights.flatten().sort().values)
            weights.copy_(values)
    control = ScoredModel(scorer_of(module), CATALOGUE).control("shuffled", seed=5)
    assert control is not None
    histories = batch(CATALOGUE, *HISTORIES)
    assert torch.allclose(control.logits(histories), ScoredModel(scorer_of(twin), CATALOGUE).logits(histories))


def test_gradients_of_a_control_are_those_of_its_own_weights() -> None:
    module = stand_in("ScaledDot", "left")
    for weights in module.parameters():
        weights.requires_grad_(True)
    model, before = open_scorer(scorer_of(module), CATALOGUE), before_and_after(module)
    control = model.control("shuffled", seed=1)
    assert isinstance(control, DifferentiableModel)
    case = case_of(session_of([3, 7, 1, 5]), 6, control, False)
    (integrated,) = integrated_gradients(control, CATALOGUE, [case])
    assert abs(integrated.gap) < 0.02 * max(1.0, float(np.abs(integrated.values).sum()))  # the control's own difference
    (learned,) = integrated_gradients(model, CATALOGUE, [case])
    assert not np.allclose(integrated.values, learned.values, atol=1e-3)
    assert_untouched(module, before)
    assert all(weights.grad is None for weights in module.parameters())


@pytest.mark.parametrize("fault", ["raises", "hangs"])
def test_a_call_that_fails_leaves_the_module_as_it_was(fault: str) -> None:
    module, broken = stand_in("OwnSoftmax", "left"), [False]

    def score(histories: list[list[str]]) -> Any:
        if broken[0] and fault == "raises":
            raise ValueError("out of memory")
        if broken[0]:
            time.sleep(1.0)
        return module.score(histories)

    model = ScoredModel(scorer_of(module, score), CATALOGUE, time_limit=0.5 if fault == "hangs" else None)
    control, before = model.control("shuffled", seed=0), before_and_after(module)
    assert control is not None
    broken[0] = True
    with pytest.raises(BadInput, match="out of memory" if fault == "raises" else "has not returned"):
        control.logits(batch(CATALOGUE, [3, 7]))
    assert_untouched(module, before)


def test_tied_weights_stay_tied_and_what_cannot_be_renewed_has_no_fresh_weights() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.items = nn.Embedding(5, 3)
            self.output = nn.Linear(3, 5, bias=False)
            self.output.weight = self.items.weight

    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.items, self.scale = nn.Embedding(5, 3), nn.Parameter(torch.ones(3))

    tied = Tied()
    other = shuffled_weights(tied, seed=0)
    assert other is not None
    with other.put_in():
        assert tied.output.weight is tied.items.weight
        assert torch.equal(tied.output.weight, next(iter(other.values.values()))) is not False
    assert tied.output.weight is tied.items.weight
    assert fresh_weights(Scaled(), seed=0) is None  # nobody knows what `scale` begins with
    assert shuffled_weights(Scaled(), seed=0) is not None
    assert shuffled_weights(nn.ReLU(), seed=0) is None


def test_fresh_weights_leave_running_statistics_and_the_random_state_alone() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    module(torch.randn(8, 4))
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.random.get_rng_state()
    other = fresh_weights(module, seed=0)
    assert other is not None
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(module.state_dict()[name], tensor) for name, tensor in before.items())
    assert before["1.running_mean"].abs().max() > 0
    module.eval()
    with other.put_in():
        assert module[1].running_mean.equal(before["1.running_mean"])
        assert not module[0].weight.equal(before["0.weight"])


def test_a_function_has_no_control_and_a_module_that_it_does_not_call_neither() -> None:
    def score(histories: list[list[str]]) -> Any:
        return np.array([[len(history) + column for column in range(12)] for history in histories], float)

    ids = [f"i{row}" for row in range(12)]
    assert ScoredModel(ScoringFunction(score, ids), CATALOGUE).control("shuffled", seed=0) is None
    unused = ScoringFunction(score, ids, stand_in("ScaledDot", "left"), stand_ins.LONGEST)
    assert ScoredModel(unused, CATALOGUE).control("shuffled", seed=0) is None


def test_the_controls_stand_beside_the_checks_of_a_model_of_another_library() -> None:
    module: Base = stand_in("OwnSoftmax", "left")
    dataset = chain_dataset(sessions=80, items=13)
    model = open_scorer(scorer_of(module), dataset.catalogue)
    shuffled = with_shuffled_weights(model, seed=0)
    assert shuffled is not None
    assert shuffled.name.endswith(", shuffled")
    before = before_and_after(module)
    shares = null_shares(NullSubject(model, model.control("untrained", seed=0), dataset, split(dataset)), 4)
    assert shares is not None
    assert {"shuffled", "untrained", "random_reason"} <= set(shares.rows())
    assert_untouched(module, before)
