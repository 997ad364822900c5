"""A module on another device is opened, explained and edited; whoever watches it works on the processor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from streamrec_core.adapters import from_torch, open_scorer
from streamrec_core.adapters.attending_model import DifferentiableModel
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.attention_weights import predicting_weights
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.attribution.removal import remove_each
from tests.fake_device import FAKE, FakeDevice
from tests.worlds import batch, catalogue_of, session_of

CATALOGUE = catalogue_of(12)


class Small(nn.Module):
    """One causal layer of `nn.MultiheadAttention` over items."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.items = nn.Embedding(13, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, ids: Tensor) -> Tensor:
        states = self.items(ids)
        later = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool, device=ids.device).triu(1)
        attended = self.attention(states, states, states, attn_mask=later, need_weights=False)[0]
        return (states + attended) @ self.items.weight.T


def figures(device: torch.device | str) -> dict[str, Any]:
    """What the analyses say of the module on a device."""
    module = Small().eval().to(device)
    model = open_scorer(from_torch(module, CATALOGUE.item_ids, max_events=5), CATALOGUE)
    assert isinstance(model, DifferentiableModel), model.lacks
    case = case_of(session_of([3, 7, 1]), 6, model, False)
    histories = batch(CATALOGUE, [3, 7, 1], [2])
    return {
        "scores": model.logits(histories).numpy(),
        "weights": predicting_weights(model, histories),
        "special": model.special_shares(histories).numpy(),
        "heads": switch_off_each(model, CATALOGUE, [case]).heads,
        "integrated": integrated_gradients(model, CATALOGUE, [case])[0].values,
        "masked": remove_each(model, CATALOGUE, [case], "mask")[0].effect,
    }


def test_the_figures_are_those_of_the_processor() -> None:
    expected = figures("cpu")
    with FakeDevice() as fake:
        measured = figures(FAKE)
        assert fake.operations > 100
    for name, values in expected.items():
        assert np.allclose(values, measured[name], atol=1e-5), name
