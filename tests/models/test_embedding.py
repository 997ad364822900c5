"""The kept item table: the same tensor while nothing changes, never an old one, never one without its gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from streamrec_core.models.embedding import EventEmbedding
from tests.worlds import catalogue_of

CATALOGUE = catalogue_of(12, 3)


def embedding() -> EventEmbedding:
    torch.manual_seed(0)
    return EventEmbedding(CATALOGUE, 8, with_category=True, with_engagement=True, scale=1.0).start_at(1.0, 1.0).eval()


def expected(module: EventEmbedding) -> torch.Tensor:
    assert module.categories is not None
    return module.items.weight[:12].detach() + module.categories.weight[torch.arange(12) % 3].detach()


def set_new_weight(module: EventEmbedding) -> None:
    module.items.weight = nn.Parameter(torch.randn(13, 8))


def set_new_data(module: EventEmbedding) -> None:
    module.items.weight.data = torch.randn(13, 8)


def load(module: EventEmbedding) -> None:
    module.load_state_dict({name: value * 2 for name, value in module.state_dict().items()})


def step(module: EventEmbedding) -> None:
    for value in module.parameters():
        value.grad = torch.ones_like(value)
    torch.optim.AdamW(module.parameters(), foreach=True).step()


def change_category(module: EventEmbedding) -> None:
    assert module.categories is not None
    module.categories.weight[0] += 1


def cast_and_back(module: EventEmbedding) -> None:
    module.double()
    module.items.weight.mul_(3)
    module.float()


CHANGES: dict[str, Callable[[EventEmbedding], None]] = {
    "in place": lambda module: module.items.weight.add_(1.0),
    "one category": change_category,
    "a new parameter": set_new_weight,
    "new data": set_new_data,
    "loaded": load,
    "an optimiser's step": step,
    "drawn anew": lambda module: module.start_at(0.5, 0.5),
    "cast": cast_and_back,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_table_is_kept_until_a_weight_changes(change: str) -> None:
    module = embedding()
    with torch.no_grad():
        assert module.table() is module.table()
        CHANGES[change](module)
        torch.testing.assert_close(module.table(), expected(module))
    with torch.inference_mode():
        torch.testing.assert_close(module.table(), expected(module))


def test_a_deep_copy_has_a_table_of_its_own_weights() -> None:
    module = embedding()
    with torch.no_grad():
        module.items.weight.add_(1.0), module.table()
        other = copy.deepcopy(module)
        torch.testing.assert_close(other.table(), expected(other))
        for _ in range(4):  # until it has been changed as often as the original
            other.items.weight.add_(1.0)
            torch.testing.assert_close(other.table(), expected(other))
        torch.testing.assert_close(module.table(), expected(module))


def test_gradients_reach_the_weights_also_after_a_table_was_kept() -> None:
    module = embedding()
    with torch.inference_mode():
        module.table()
    module.table().sum().backward()
    assert module.items.weight.grad is not None
    assert bool((module.items.weight.grad[:12] == 1).all())


def test_a_table_kept_in_inference_can_be_used_where_gradients_are_recorded() -> None:
    module = embedding()
    with torch.inference_mode():
        module.table()
    with torch.no_grad():
        table = module.table()
    state = torch.ones(8, requires_grad=True)
    (table @ state).sum().backward()
    torch.testing.assert_close(state.grad, table.sum(0))


def test_nothing_is_kept_in_training() -> None:
    module = embedding().train()
    with torch.no_grad():
        assert module.table() is not module.table()


def test_weights_that_take_no_gradient_keep_their_table_where_gradients_are_recorded() -> None:
    module = embedding().requires_grad_(False)
    with torch.enable_grad():
        table = module.table()
        assert module.table() is table
        state = torch.ones(8, requires_grad=True)
        (table @ state).sum().backward()
    torch.testing.assert_close(state.grad, table.sum(0))
    module.items.weight.add_(1.0)
    torch.testing.assert_close(module.table(), expected(module))
