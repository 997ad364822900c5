"""The session transformer equals torch's own layers, watched or not, and never looks ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.errors import BadInput
from streamrec_core.models.embedding import EventEmbedding, at_last, positions_from_end, sinusoidal_positions
from streamrec_core.models.protocol import GradientModel, SessionModel
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.models.transformer import SessionTransformer
from streamrec_core.training.settings import recipe
from tests.worlds import batch, catalogue_of, dataset_of, log_of, small_transformer

CATALOGUE = catalogue_of(12, 3)
HISTORIES = ([1, 5, 2, 2, 9, 11, 0], [3], [4, 8, 4])
CLOSE = {"atol": 1e-5, "rtol": 1e-5}
SHAPES = pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 4), (3, 2), (1, 8)])


def torch_twin(model: SequenceModel, settings: TransformerSettings) -> nn.TransformerEncoder:
    """The encoder of torch itself, with the weights of ours."""
    layer = nn.TransformerEncoderLayer(
        settings.width,
        settings.heads,
        settings.feed_forward,
        settings.dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    norm = nn.LayerNorm(settings.width)
    twin = nn.TransformerEncoder(layer, settings.layers, norm, enable_nested_tensor=False)
    weights = {
        name.replace(".attention.", ".self_attn."): value
        for name, value in model.state_dict().items()
        if name.startswith(("layers.", "norm."))
    }
    twin.load_state_dict(weights)
    return twin.eval()


def torch_states(twin: nn.TransformerEncoder, events: Tensor, batch: Batch) -> Tensor:
    length = events.shape[1]
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    padding = torch.arange(length) >= batch.lengths.unsqueeze(1)
    return twin(events, mask=later, src_key_padding_mask=padding)


def torch_weights(twin: nn.TransformerEncoder, events: Tensor) -> list[Tensor]:
    """Per-head weights (B, H, L, L) of each layer, asked of `nn.MultiheadAttention` itself."""
    later = torch.ones(events.shape[1], events.shape[1], dtype=torch.bool).triu(1)
    by_layer = []
    for layer in twin.layers:
        assert isinstance(layer, nn.TransformerEncoderLayer)
        normed = layer.norm1(events)
        _, weights = layer.self_attn(normed, normed, normed, attn_mask=later, average_attn_weights=False)
        by_layer.append(weights)
        events = layer(events, src_mask=later)
    return by_layer


@SHAPES
@pytest.mark.parametrize("positions", ["sinusoidal", "from_end"])
@pytest.mark.parametrize("tied", [True, False])
def test_logits_equal_those_of_torchs_own_encoder(layers: int, heads: int, positions: str, tied: bool) -> None:
    model = small_transformer(CATALOGUE, layers=layers, heads=heads, positions=positions, tied=tied)
    settings = TransformerSettings(layers=layers, heads=heads, width=16, feed_forward=32)
    assert isinstance(model, SessionTransformer)
    for histories in (HISTORIES, HISTORIES[:1]):
        inputs = batch(CATALOGUE, *histories)
        with torch.no_grad():
            states = torch_states(torch_twin(model, settings), model.embed(inputs) + model.positions(inputs), inputs)
            expected = model.scores(at_last(states, inputs.lengths))
            assert expected.shape == (len(histories), len(CATALOGUE))
            torch.testing.assert_close(model.logits(inputs), expected, **CLOSE)
            with watch(model):
                torch.testing.assert_close(model.logits(inputs), expected, **CLOSE)


@SHAPES
def test_watched_weights_of_every_head_equal_those_of_torchs_own_attention(layers: int, heads: int) -> None:
    model = small_transformer(CATALOGUE, layers=layers, heads=heads)
    assert isinstance(model, SessionTransformer)
    twin = torch_twin(model, TransformerSettings(layers=layers, heads=heads, width=16, feed_forward=32))
    inputs = batch(CATALOGUE, *HISTORIES)
    with torch.no_grad():
        with watch(model) as trace:
            model.logits(inputs)
        expected = torch_weights(twin, model.embed(inputs) + model.positions(inputs))
    maps = trace.maps()
    assert maps.shape == (3, layers, heads, 7, 7)
    for row, length in enumerate(inputs.lengths.tolist()):
        ours = maps[row, :, :, :length, :length]
        theirs = torch.stack([layer[row, :, :length, :length] for layer in expected])
        torch.testing.assert_close(ours, theirs, **CLOSE)
        torch.testing.assert_close(ours.sum(-1), torch.ones(layers, heads, length), **CLOSE)


def test_a_watched_model_in_training_mode_mixes_by_the_same_weights() -> None:
    model = small_transformer(CATALOGUE, dropout=0.0).train()
    inputs = batch(CATALOGUE, *HISTORIES)
    with watch(model) as trace:
        watched = model.logits(inputs)
    torch.testing.assert_close(watched, model.logits(inputs), **CLOSE)
    assert not trace.maps().requires_grad


def case_study_model(catalogue: Catalogue) -> SequenceModel:
    card: DataSetCard = dataset_of(catalogue, log_of([[0, 1]]), train_positions="last").card
    settings, _ = recipe("case-study", "transformer", card)
    return build_model(TransformerSettings(**settings), catalogue)


def test_the_case_study_recipe_has_the_parameters_that_the_printed_script_really_has() -> None:
    model = case_study_model(catalogue_of(5_000, 4))
    assert model.parameter_count() == 1_682_057
    assert model.max_events == 50
    assert model.item_embeddings().shape == (5_000, 128)


def test_the_case_study_recipe_is_as_printed() -> None:
    model = case_study_model(CATALOGUE)
    assert isinstance(model, SessionTransformer)
    assert len(model.layers) == 2
    assert [probe.heads for probe in model.attention_probes()] == [4, 4]
    assert [probe.layer for probe in model.attention_probes()] == [0, 1]
    inputs = batch(CATALOGUE, [3, 4])
    table = model.embedding.items.weight
    torch.testing.assert_close(model.embed(inputs)[0], table[[3, 4]] * np.sqrt(128.0), **CLOSE)
    assert model.output is not None
    states = model.eval().states(model.embed(inputs), inputs)
    torch.testing.assert_close(model.logits(inputs), model.output(states[:, 1])[:, :12], **CLOSE)


def test_the_plain_recipe_adds_item_category_and_engagement_and_ties_the_output() -> None:
    model = small_transformer(CATALOGUE)
    inputs = replace(batch(CATALOGUE, [3, 4]), engagements=torch.tensor([[2, 4]]))
    embedding = model.embedding
    assert isinstance(embedding, EventEmbedding)
    assert embedding.categories is not None
    assert embedding.engagements is not None
    items = embedding.items.weight[[3, 4]] + embedding.categories.weight[[0, 1]]
    torch.testing.assert_close(model.embed(inputs)[0], (items + embedding.engagements.weight[[2, 4]]) * 4.0, **CLOSE)
    table = embedding.items.weight[:12] + embedding.categories.weight[torch.arange(12) % 3]
    torch.testing.assert_close(model.item_embeddings(), table, **CLOSE)
    state = model.states(model.embed(inputs), inputs)[:, 1]
    torch.testing.assert_close(model.logits(inputs), state @ table.T, **CLOSE)


@pytest.mark.parametrize("positions", ["sinusoidal", "from_end"])
def test_padding_changes_no_score(positions: str) -> None:
    model = small_transformer(CATALOGUE, positions=positions)
    together = model.logits(batch(CATALOGUE, *HISTORIES))
    for row, history in enumerate(HISTORIES):
        alone = model.logits(batch(CATALOGUE, history))
        torch.testing.assert_close(together[row], alone[0], **CLOSE)


def test_a_later_event_never_changes_an_earlier_state() -> None:
    model = small_transformer(CATALOGUE)
    before, after = batch(CATALOGUE, [1, 5, 2, 9]), batch(CATALOGUE, [1, 5, 2, 0])
    states = [model.states(model.embed(inputs), inputs) for inputs in (before, after)]
    assert torch.equal(states[0][:, :3], states[1][:, :3])
    assert not torch.allclose(states[0][:, 3], states[1][:, 3])


def test_positions_are_counted_from_the_start_or_from_the_end() -> None:
    assert positions_from_end(torch.tensor([3, 1]), 3).tolist() == [[2, 1, 0], [0, 0, 0]]
    table = sinusoidal_positions(60, 6)
    assert table[0].tolist() == [0, 1, 0, 1, 0, 1]
    torch.testing.assert_close(table[7, 2], torch.sin(torch.tensor(7 / 10_000 ** (2 / 6))), **CLOSE)
    torch.testing.assert_close(table[7, 5], torch.cos(torch.tensor(7 / 10_000 ** (4 / 6))), **CLOSE)
    assert sinusoidal_positions(3, 5).shape == (3, 5)


def test_gradients_can_be_taken_at_the_event_embeddings() -> None:
    model = small_transformer(CATALOGUE)
    assert isinstance(model, GradientModel)
    assert isinstance(model, SessionModel)
    inputs = batch(CATALOGUE, [1, 5, 2])
    embedded = model.embed(inputs).detach().requires_grad_()
    scores = model.logits_from(embedded, inputs)
    torch.testing.assert_close(scores, model(inputs), **CLOSE)
    scores[0, 4].backward()
    assert embedded.grad is not None
    assert bool((embedded.grad.abs().sum(-1) > 0).all())


def test_item_dropout_leaves_out_whole_item_vectors_in_training_only() -> None:
    settings = {"with_category": False, "with_engagement": False, "scaled": False, "item_dropout": 0.5}
    model = small_transformer(CATALOGUE, **settings)
    inputs = batch(CATALOGUE, [1] * 400, max_events=400)
    item_vector = model.embedding.items.weight[1]
    assert torch.equal(model.embed(inputs)[0], item_vector.expand(400, -1))
    trained = model.train().embed(inputs)[0]
    whole = (trained == item_vector).all(1)
    assert bool((whole | (trained == 0).all(1)).all())
    assert 140 < int(whole.sum()) < 260


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 63, "heads": 4}, "width 63 cannot be split over 4 heads; choose a multiple of 4"),
        ({"layers": 0}, "layers: Input should be greater than or equal to 1"),
        ({"dropout": 1.0}, "dropout: Input should be less than 1"),
        ({"haeds": 4}, "haeds: Extra inputs are not permitted"),
        ({"positions": "random"}, "positions: Input should be 'sinusoidal' or 'from_end'"),
    ],
)
def test_settings_that_cannot_be_built_say_the_way_out(settings: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        TransformerSettings.parse(settings, "a test")
