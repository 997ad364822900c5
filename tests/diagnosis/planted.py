"""Attention sinks planted in trained models: a home page that predicts nothing but draws attention."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch, BatchSource, batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.models.attention import SelfAttention
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.models.transformer import SessionTransformer
from streamrec_core.training.optimiser import batch_loss
from tests.worlds import SMALL, catalogue_of, dataset_of, log_of, session_of

ITEMS, SESSIONS = 24, 450
FOLLOWS = 0.7
"""Share of events whose item is the successor of the one before; the others are random."""
EPOCHS = 8
_trained: dict[tuple[str, int], SessionTransformer] = {}


def home_world(seed: int, home_share: float = 0.6) -> DataSet:
    """Sessions of 6 to 10 items in which most follow from the one before, and in `home_share` of them a home page.

    It stands anywhere before the last two events, at random, so that neither it nor its position tells what comes.
    """
    rng = np.random.default_rng(seed)
    sessions = []
    for _ in range(SESSIONS):
        events = [int(rng.integers(ITEMS))]
        for _ in range(int(rng.integers(5, 10))):
            follows = rng.random() < FOLLOWS
            events.append((events[-1] + 1) % ITEMS if follows else int(rng.integers(ITEMS)))
        if rng.random() < home_share:
            events.insert(int(rng.integers(0, len(events) - 2)), ITEMS)
        sessions.append(events)
    return dataset_of(catalogue_of(ITEMS, 3, home=True), log_of(sessions))


def trained_model(dataset: DataSet, seed: int) -> SessionTransformer:
    """A small plain transformer trained on the data set; each call gives a copy, to be changed at will."""
    key = dataset.card.hashes["events"], seed
    if key not in _trained:
        _trained[key] = _train(dataset, seed)
    return copy.deepcopy(_trained[key])


def _train(dataset: DataSet, seed: int) -> SessionTransformer:
    torch.manual_seed(seed)
    model = build_model(TransformerSettings(**SMALL), dataset.catalogue)
    assert isinstance(model, SessionTransformer)
    examples = split(dataset).train
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, 32, all_positions=True)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for epoch in range(EPOCHS):
        for positions in source.epoch(epoch):
            loss, _ = batch_loss(model, source.learning_batch(positions))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return model.eval()


def plant(model: SessionTransformer, row: int, score: float = 2.0) -> None:
    """Change the attention weights so that every head's score for the item in `row` rises by `score`.

    Layer by layer, the direction that tells events of this item from all others is fitted on random histories. Each
    head's key takes it onto the direction in which its keys differ least, of which every query then asks for a
    constant part; its value is moved to the mean value of the other events, so that the item carries nothing.
    """
    rng = np.random.default_rng(0)
    size = model.embedding.size
    histories = [rng.integers(0, size, int(rng.integers(5, 10))) for _ in range(300)]
    for history in histories:
        history[rng.integers(len(history))] = row
    batch = batch_of([session_of(history.tolist()) for history in histories], size, model.max_events)
    is_item = (batch.items == row)[batch.visible]
    with torch.no_grad():
        for layer in range(len(model.layers)):
            with attention_inputs(model, layer, batch) as (attention, events):
                _plant_in_layer(attention, events, is_item, score)


@contextmanager
def attention_inputs(model: SessionTransformer, layer: int, batch: Batch) -> Iterator[tuple[SelfAttention, Tensor]]:
    """A layer's attention, and what it gets (n, D) of all events that are no padding."""
    inputs: list[Tensor] = []
    block = model.layers[layer]
    handle = block.norm1.register_forward_hook(lambda _, __, output: inputs.append(output))
    try:
        model.logits(batch)
    finally:
        handle.remove()
    yield block.attention, inputs[0][batch.visible]


def _plant_in_layer(attention: SelfAttention, events: Tensor, is_item: Tensor, score: float) -> None:
    width = events.shape[1]
    per_head = width // attention.heads
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    direction, level = item_direction(events, is_item)
    for head in range(attention.heads):
        query, key, value = (slice(part * width + head * per_head, None) for part in range(3))
        query, key, value = (slice(part.start, part.start + per_head) for part in (query, key, value))
        keys = (events - events.mean(0)) @ weight[key].T
        quiet = torch.linalg.eigh(keys.T @ keys).eigenvectors[:, 0]  # the direction in which keys differ least
        for part in (query, key):
            weight[part] -= torch.outer(quiet, quiet @ weight[part])
            bias[part] -= quiet * (quiet @ bias[part])
        bias[query] += quiet
        weight[key] += torch.outer(quiet, direction) * score * per_head**0.5
        values = events @ weight[value].T
        shift = values[~is_item].mean(0) - values[is_item].mean(0)
        weight[value] += torch.outer(shift, direction)
        bias[value] -= shift * level


def item_direction(events: Tensor, is_item: Tensor) -> tuple[Tensor, Tensor]:
    """A direction (D,) along which events of an item lie 1 above all others on average, and the level of the others.

    By ridge regression of "is this item" on what the attention gets.
    """
    centred = events - events.mean(0)
    penalty = 1e-4 * len(events) * torch.eye(events.shape[1])
    label = is_item.float() - is_item.float().mean()
    direction = torch.linalg.solve(centred.T @ centred + penalty, centred.T @ label)
    along = events @ direction
    direction = direction / (along[is_item].mean() - along[~is_item].mean())
    return direction, (events @ direction)[~is_item].mean()
