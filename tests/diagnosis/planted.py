"""Worlds with a fault that is known beforehand: a home page that takes the attention, and the same without it."""

from __future__ import annotations

import numpy as np
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.transformer import SessionTransformer
from tests.worlds import catalogue_of, dataset_of, log_of, small_transformer

ITEMS, SESSIONS = 24, 300


def home_world(seed: int, home_share: float = 0.6) -> DataSet:
    """Random sessions of 6 to 10 items; in `home_share` of them a home page somewhere before the last event."""
    rng = np.random.default_rng(seed)
    sessions = []
    for _ in range(SESSIONS):
        events = rng.integers(0, ITEMS, int(rng.integers(6, 11))).tolist()
        if rng.random() < home_share:
            events.insert(int(rng.integers(0, len(events) - 2)), ITEMS)
        sessions.append(events)
    return dataset_of(catalogue_of(ITEMS, 3, home=True), log_of(sessions))


def model_of(dataset: DataSet, seed: int) -> SessionTransformer:
    """A small plain transformer in which what attention brings counts little beside the last event itself."""
    model = small_transformer(dataset.catalogue, seed)
    assert isinstance(model, SessionTransformer)
    with torch.no_grad():
        for layer in model.layers:
            layer.attention.out_proj.weight *= 0.03
            layer.attention.out_proj.bias *= 0.03
    return model


def plant(model: SequenceModel, row: int, score: float = 6.0) -> None:
    """Edit the weights so that every head's score for the item in `row` rises by about `score`.

    The item's embedding points where no other item's does; each head's key takes that direction onto a vector that a
    constant part of its query asks for.
    """
    assert isinstance(model, SessionTransformer)
    width = model.embedding.width
    axis = torch.ones(width)
    axis[1::2] = -1.0
    axis /= axis.norm()
    with torch.no_grad():
        table = model.embedding.items.weight
        table -= (table @ axis).unsqueeze(1) * axis
        table[row] = 12 * axis
        for layer in model.layers:
            heads = layer.attention.heads
            per_head = width // heads
            asked = torch.zeros(width)
            asked[::per_head] = 1.0  # the first number of every head
            weight, bias = layer.attention.in_proj_weight, layer.attention.in_proj_bias
            bias[:width] += 4.0 * asked
            strength = score * per_head**0.5 / 4.0 / width**0.5
            weight[width : 2 * width] += strength * torch.outer(asked, axis)
