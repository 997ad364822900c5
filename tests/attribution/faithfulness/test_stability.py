"""Stability of explanations: weights shuffled for the check by Adebayo et al. are shuffled, all of them, in a copy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.agreement import kendall
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.faithfulness.explainers import ExplainerInputs, explain_with_all
from streamrec_core.attribution.faithfulness.stability import after_randomising, with_shuffled_weights
from streamrec_core.attribution.removal import remove_each
from streamrec_core.models.sequence import SequenceModel
from tests.worlds import catalogue_of, session_of, small_lstm, small_transformer

ITEMS = 10
CATALOGUE = catalogue_of(ITEMS, 2)


MODELS = {
    "plain": small_transformer(CATALOGUE),
    "untied": small_transformer(CATALOGUE, tied=False, positions="sinusoidal"),
    "additive": small_transformer(CATALOGUE, jobs=("last", "category", "opening", "free")),
    "lstm": small_lstm(CATALOGUE),
}


@pytest.mark.parametrize("name", ["plain", "untied", "additive", "lstm"])
@pytest.mark.parametrize("seed", range(4))
def test_shuffling_moves_values_within_every_tensor_and_leaves_the_model_itself_alone(name: str, seed: int) -> None:
    model = MODELS[name]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    shuffled = with_shuffled_weights(model, seed)
    assert isinstance(shuffled, torch.nn.Module)
    after = dict(shuffled.named_parameters())
    assert after.keys() == dict(model.named_parameters()).keys()
    for tensor, value in model.named_parameters():
        assert torch.equal(value, before[tensor])
        assert not torch.equal(after[tensor], value), tensor  # `small_transformer` draws every value at random
        assert torch.equal(after[tensor].flatten().sort().values, value.flatten().sort().values), tensor


def test_most_values_move_and_other_seeds_move_them_elsewhere() -> None:
    model = small_transformer(CATALOGUE)
    table = model.embedding.items.weight
    shuffled = [with_shuffled_weights(model, seed) for seed in (0, 0, 1)]
    tables = [other.embedding.items.weight for other in shuffled if isinstance(other, SequenceModel)]
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])
    # random order leaves one value in its position on average; the last row is padding, all zeros
    assert float((tables[0] == table)[:-1].float().mean()) < 0.1


class TwoWeights(torch.nn.Module):
    """A pair of values and a constant one."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        self.constant = torch.nn.Parameter(torch.ones(3))
        self.single = torch.nn.Parameter(torch.tensor(5.0))


@pytest.mark.parametrize("seed", range(10))
def test_even_two_values_change_their_positions_and_equal_ones_stay(seed: int) -> None:
    shuffled = with_shuffled_weights(TwoWeights(), seed)  # type: ignore[arg-type]
    assert isinstance(shuffled, TwoWeights)
    assert shuffled.pair.tolist() == [2.0, 1.0]
    assert shuffled.constant.tolist() == [1.0, 1.0, 1.0]
    assert shuffled.single.tolist() == 5.0


def test_explanations_after_shuffling_are_those_of_the_shuffled_model() -> None:
    model = small_transformer(CATALOGUE)
    histories = [session_of([1, 2, 3, 4, 5, 6]), session_of([4, 3, 7, 8, 0, 2])]
    cases = [case_of(history, 1, model, False) for history in histories]
    explained = ExplainerInputs(model, CATALOGUE, cases, np.zeros(ITEMS, np.int64))
    taus = after_randomising(explained, explain_with_all(explained), seed=0)["removal"]
    other = with_shuffled_weights(model, 0)
    assert other is not None
    expected = [
        kendall(np.abs(removal.effect), np.abs(shuffled_removal.effect))
        for removal, shuffled_removal in zip(
            remove_each(model, CATALOGUE, cases), remove_each(other, CATALOGUE, cases), strict=True
        )
    ]
    assert taus == pytest.approx(expected)
    assert max(value for value in taus if value is not None) < 0.9
