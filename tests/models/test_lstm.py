"""The LSTM beside the transformer: same embeddings, same protocol, states equal to torch's own."""

from __future__ import annotations

import torch

from streamrec_core.models.lstm import SessionLSTM
from streamrec_core.models.protocol import GradientModel
from streamrec_core.models.settings import LSTMSettings, build_model
from tests.worlds import batch, catalogue_of, small_lstm

CATALOGUE = catalogue_of(12, 3)
HISTORIES = ([1, 5, 2, 2, 9], [3], [4, 8, 4])
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def test_states_are_those_of_torchs_own_lstm_projected_and_normed() -> None:
    model = small_lstm(CATALOGUE)
    assert isinstance(model, SessionLSTM)
    twin = torch.nn.LSTM(8, 12, batch_first=True)
    twin.load_state_dict(model.recurrent.state_dict())
    inputs = batch(CATALOGUE, [1, 5, 2])
    hidden, _ = twin(model.embed(inputs))
    expected = model.norm(model.to_items(hidden))[:, -1] @ model.item_embeddings().T
    torch.testing.assert_close(model.logits(inputs), expected, **CLOSE)


def test_padding_changes_no_score() -> None:
    model = small_lstm(CATALOGUE)
    together = model.logits(batch(CATALOGUE, *HISTORIES))
    for row, history in enumerate(HISTORIES):
        torch.testing.assert_close(together[row], model.logits(batch(CATALOGUE, history))[0], **CLOSE)


def test_a_later_event_never_changes_an_earlier_state() -> None:
    model = small_lstm(CATALOGUE)
    first, second = (
        model.states(model.embed(inputs), inputs)
        for inputs in (batch(CATALOGUE, [1, 5, 2]), batch(CATALOGUE, [1, 5, 0]))
    )
    assert torch.equal(first[:, :2], second[:, :2])
    assert not torch.allclose(first[:, 2], second[:, 2])


def test_it_follows_the_protocol_and_has_nothing_to_show_of_attention() -> None:
    model = small_lstm(CATALOGUE)
    assert isinstance(model, GradientModel)
    assert model.attention_probes() == ()
    assert (model.name, model.max_events) == ("lstm", 50)


def test_the_default_has_a_state_of_256() -> None:
    model = build_model(LSTMSettings(), CATALOGUE)
    assert isinstance(model, SessionLSTM)
    assert (model.recurrent.hidden_size, model.recurrent.num_layers) == (256, 1)
    # 13 + 4 + 5 rows of 128, one LSTM layer, a projection back, a norm
    lstm = 4 * (256 * 128 + 256 * 256 + 2 * 256)
    assert model.parameter_count() == 22 * 128 + lstm + (256 * 128 + 128) + 2 * 128
