"""All heads of all layers of other people's torch models: read, edited, explained; nothing edited changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.adapters import ScoredModel, ScoringFunction, open_scorer
from streamrec_core.adapters.attending_model import AttendingModel, DifferentiableModel
from streamrec_core.api import explain_session
from streamrec_core.attention.capture import session_maps
from streamrec_core.attention.profile import profile
from streamrec_core.attention.special_positions import special_note
from streamrec_core.attribution.ablation import switch_off_each, switched_off
from streamrec_core.attribution.attention_weights import predicting_weights
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.evidence import gather_evidence
from streamrec_core.attribution.gradients import gradient_input
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.attribution.removal import remove_each
from streamrec_core.data.splits import Examples
from streamrec_core.explain.verified import verify
from streamrec_core.models.probe import editing
from tests.adapters import stand_ins
from tests.adapters.stand_ins import HEADS, LONGEST, Base, scorer_of
from tests.worlds import batch, catalogue_of, dataset_of, log_of, session_of, small_transformer

CATALOGUE = catalogue_of(13)
HISTORIES = ([3, 7, 1, 12, 5], [2, 8], [4, 1, 9, 10, 6, 0, 11])  # item 12 is unknown to the models
SHARES = [
    ("MultiHead", "left"),
    ("MultiHead", "right"),
    ("MultiHeadWithWeights", "left"),
    ("Encoder", "left"),
    ("Encoder", "right"),
    ("ScaledDot", "left"),
    ("ScaledDot", "right"),
    ("OwnSoftmax", "left"),
    ("OwnSoftmax", "right"),
    ("HeadsInBatch", "left"),
    ("HeadsInBatch", "right"),
    ("Bidirectional", "left"),
    ("Bidirectional", "right"),
]
OTHERS = [("Gated", "left"), ("Gated", "right"), ("Differential", "left"), ("Differential", "right")]


def stand_in(name: str, padding: str) -> Base:
    module: Base = getattr(stand_ins, name)(padding, mask=name in ("Bidirectional", "FirstLost"))
    return module.eval()


def opened(module: Base) -> DifferentiableModel:
    model = open_scorer(scorer_of(module), CATALOGUE)
    assert isinstance(model, DifferentiableModel), model.lacks
    return model


def by_hand(module: Base, history: list[int]) -> list[np.ndarray[Any, Any]]:
    """(H, n) weights of the predicting row on the n events that the model reads, as the stand-in computes them."""
    names = [f"i{row}" for row in history if row < 12]
    with torch.no_grad():
        ids = module.ids([names])
        module(ids)
    row = int((ids[0] != 0).nonzero()[-1])
    events = [at for at, code in enumerate(ids[0].tolist()) if code not in (0, stand_ins.MASK)]
    return [weights[0, :, row, events].detach().numpy() for weights in module.by_hand]


@pytest.mark.parametrize(("name", "padding"), SHARES + OTHERS)
def test_weights_are_those_computed_by_hand_scaled_to_the_events(name: str, padding: str) -> None:
    module = stand_in(name, padding)
    model = opened(module)
    shown = predicting_weights(model, batch(CATALOGUE, *HISTORIES))
    for row, history in enumerate(HISTORIES):
        read = [at for at, item in enumerate(history) if item < 12]
        for layer, expected in enumerate(by_hand(module, history)):
            scaled = expected / np.abs(expected).sum(-1, keepdims=True)
            assert np.allclose(shown[row, layer][:, read], scaled, atol=1e-6)
            assert np.allclose(np.delete(shown[row, layer], read, axis=1), 0)


@pytest.mark.parametrize(("name", "padding"), [*SHARES, *OTHERS, ("FirstLost", "left"), ("FirstLost", "right")])
def test_watching_and_editing_nothing_changes_no_score(name: str, padding: str) -> None:
    model = opened(stand_in(name, padding))
    histories = batch(CATALOGUE, *HISTORIES)
    plain = model.logits(histories)
    scale = plain[plain.isfinite()].abs().max()  # some 30; single precision keeps 6e-8 of a number
    with editing({probe: lambda weights: weights for probe in model.attention_probes()}):
        assert (model.logits(histories) - plain).nan_to_num(0.0).abs().max() < 1e-6 * scale
    with editing({probe: lambda weights: weights * 1.0 for probe in model.attention_probes()}):
        assert (model.logits(histories) - plain).nan_to_num(0.0).abs().max() < 1e-6 * scale


@pytest.mark.parametrize(("name", "padding"), SHARES + OTHERS)
def test_a_head_that_is_off_gives_nothing(name: str, padding: str) -> None:
    module = stand_in(name, padding)
    model = opened(module)
    case = case_of(session_of([3, 7, 1, 5]), 6, model, False)
    effects = switch_off_each(model, CATALOGUE, [case])
    assert effects.heads.shape == (1, 2, HEADS)
    assert (np.abs(effects.heads) > 1e-6).all()
    # Off by hand: no column of the head's output reaches the layer's output map.
    layers: Any = module.layers
    with torch.no_grad():
        target: Any = layers[0]
        output = target.layers[0].self_attn.out_proj if name == "Encoder" else None
        output = output or (target.out_proj if name.startswith("MultiHead") else target["out"])
        before = output.weight.clone()
        output.weight[:, : stand_ins.WIDTH // HEADS] = 0
        expected = ScoredModel(scorer_of(module), CATALOGUE).logits(batch(CATALOGUE, [3, 7, 1, 5]))
        output.weight.copy_(before)
    with switched_off(model, [(0, 0)]):
        assert torch.allclose(model.logits(batch(CATALOGUE, [3, 7, 1, 5]))[:, :12], expected[:, :12], atol=1e-5)


@pytest.mark.parametrize(("name", "padding"), [*SHARES, *OTHERS, ("Recurrent", "right")])
def test_gradients_run_through_the_look_up(name: str, padding: str) -> None:
    model = opened(stand_in(name, padding))
    case = case_of(session_of([3, 7, 1, 5]), 6, model, False)
    (integrated,) = integrated_gradients(model, CATALOGUE, [case])
    assert abs(integrated.gap) < 0.02 * max(1.0, float(np.abs(integrated.values).sum()))
    assert np.isfinite(gradient_input(model, CATALOGUE, [case])[0].values).all()
    assert model.item_embeddings().shape == (13, stand_ins.WIDTH)


@pytest.mark.parametrize(("name", "padding"), [("ScaledDot", "left"), ("MultiHead", "right"), ("Gated", "left")])
def test_an_event_hidden_in_place_is_neither_looked_up_nor_attended_to(name: str, padding: str) -> None:
    model = opened(stand_in(name, padding))
    histories = batch(CATALOGUE, [3, 7, 1, 5], [3, 8, 1, 5])
    hidden = torch.tensor([[False, True, False, False]] * 2)
    scores = model.logits(type(histories)(**{**vars(histories), "hidden": hidden}))
    assert torch.allclose(scores[0, :12], scores[1, :12], atol=1e-5)  # 7 or 8, nothing sees it
    dropped = model.logits(batch(CATALOGUE, [3, 1, 5]))
    assert not torch.allclose(scores[:1, :12], dropped[:, :12], atol=1e-3)  # and 3 kept its position


def test_the_share_on_padding_and_mask_is_measured() -> None:
    module = stand_ins.OwnSoftmax("left", blind_to_padding=False).eval()
    model = open_scorer(scorer_of(module), CATALOGUE)
    assert isinstance(model, AttendingModel)
    shares = model.special_shares(batch(CATALOGUE, [2, 8], [4, 1, 9, 10, 6, 0, 11]))
    expected = [1 - weights.sum(-1) for weights in by_hand(module, [2, 8])]
    assert np.allclose(shares[0].numpy(), expected, atol=1e-6)
    assert shares[0].min() > 0.05  # five of seven positions are padding
    assert np.allclose(shares[1].numpy(), 0, atol=1e-6)
    for padding in ("left", "right"):
        masked = stand_in("Bidirectional", padding)
        shares = opened(masked).special_shares(batch(CATALOGUE, [2, 8], [4, 1, 9, 10, 6]))
        expected = [1 - weights.sum(-1) for weights in by_hand(masked, [2, 8])]
        assert np.allclose(shares[0].numpy(), expected, atol=1e-6)
        assert shares[0].min() > 0.01  # the MASK attends to itself


def test_the_share_on_no_event_is_in_the_profile_of_the_heads_and_absent_where_there_is_none() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[2, 8, 3], [4, 1, 9, 10], [5, 7, 0]] * 4))
    module = stand_ins.OwnSoftmax("left", blind_to_padding=False).eval()
    examples = Examples(np.arange(12), np.array([2, 3, 2] * 4))
    by_session = [by_hand(module, history) for history in ([2, 8], [4, 1, 9], [5, 7])]
    expected = [np.concatenate([1 - layer.sum(-1) for layer in layers]) for layers in by_session]
    heads = profile(open_scorer(scorer_of(module), CATALOGUE), dataset, examples)
    assert heads is not None
    assert np.allclose(heads.special[:, 0], np.mean(expected, axis=0), atol=1e-6)
    assert (heads.special[:, 1] < heads.special[:, 0]).all()
    assert (heads.special[:, 0] < heads.special[:, 2]).all()
    assert special_note(heads.special[:, 0]).startswith(f"{heads.special[:, 0].min():.0%} to")
    assert special_note(np.array([0.0, 0.049])) == "" != special_note(np.array([0.0, 0.051]))
    for model in (opened(stand_in("ScaledDot", "left")), small_transformer(CATALOGUE)):
        plain = profile(model, dataset, examples)
        assert plain is not None
        assert plain.special.shape == (0, 3)


def test_kinds_of_weights_are_told_apart() -> None:
    kinds = {name: opened(stand_in(name, "left")).layout.layers[0].kind for name, _ in SHARES + OTHERS}
    assert kinds["Gated"] == "weights"
    assert kinds["Differential"] == "signed"
    assert {kinds[name] for name, _ in SHARES} == {"shares"}
    assert opened(stand_in("HeadsInBatch", "left")).layout.layers[0].heads_first


def test_a_score_that_runs_in_parts_is_put_together() -> None:
    module = stand_in("ScaledDot", "left")

    def in_parts(histories: list[list[str]]) -> Any:
        return np.concatenate([module.score(histories[at : at + 2]) for at in range(0, len(histories), 2)])

    whole, parts = opened(module), open_scorer(scorer_of(module, in_parts), CATALOGUE)
    histories = [session_of(history) for history in HISTORIES]
    for first, second in zip(session_maps(whole, histories, 13), session_maps(parts, histories, 13), strict=True):
        assert np.allclose(first, second, atol=1e-6)
    case = case_of(session_of([3, 7, 1, 5]), 6, parts, False)
    assert np.allclose(
        switch_off_each(whole, CATALOGUE, [case]).heads, switch_off_each(parts, CATALOGUE, [case]).heads, atol=1e-5
    )


@pytest.mark.parametrize(
    ("name", "lack"),
    [
        ("Recurrent", "attention heads are not available: no attention over the history was found"),
        ("MeanPooled", "attention heads are not available: its scores follow 7 rows together"),
    ],
)
def test_what_cannot_be_opened_is_said(name: str, lack: str) -> None:
    model = open_scorer(scorer_of(stand_in(name, "left")), CATALOGUE)
    assert any(sentence.startswith(lack) for sentence in model.lacks)
    assert model.attention_probes() == ()
    assert isinstance(model, DifferentiableModel)


def test_a_module_that_score_does_not_call_leaves_the_first_level() -> None:
    def score(histories: list[list[str]]) -> Any:
        return np.array([[len(history) + column for column in range(12)] for history in histories], float)

    module = stand_in("ScaledDot", "left")
    model = open_scorer(ScoringFunction(score, [f"i{row}" for row in range(12)], module, LONGEST), CATALOGUE)
    assert type(model) is ScoredModel
    assert "its look-up of the history's items was not found among the calls of torch" in model.lacks[0]


def test_scores_under_inference_mode_have_no_gradients_and_it_is_said() -> None:
    module = stand_in("ScaledDot", "left")

    @torch.inference_mode()
    def score(histories: list[list[str]]) -> Any:
        return module.score(histories)

    model = open_scorer(scorer_of(module, score), CATALOGUE)
    assert type(model) is AttendingModel
    assert "gradients are not available" in model.lacks[0]
    assert "inference_mode" in model.lacks[0]


def test_what_lies_on_no_event_and_what_kind_of_weights_it_is_are_said_beside_an_explanation() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[2, 8, 3], [4, 1, 9]]))
    module = stand_ins.OwnSoftmax("left", blind_to_padding=False).eval()
    explanation = explain_session(open_scorer(scorer_of(module), CATALOGUE), dataset, "s0")
    expected = [1 - weights.sum(-1) for weights in by_hand(module, [2, 8])]
    assert np.allclose(explanation.special_shares, expected, atol=1e-6)
    assert "of the attention of a head lies on padding, MASK" in explanation.attention_note
    gated = explain_session(opened(stand_in("Gated", "left")), dataset, "s0")
    assert "weights, not shares" in gated.attention_note
    plain = explain_session(opened(stand_in("ScaledDot", "left")), dataset, "s0")
    assert plain.attention_note == ""


@pytest.mark.parametrize("name", ["Gated", "Differential"])
def test_measures_and_checks_hold_for_weights_of_any_sum_and_sign(name: str) -> None:
    dataset = dataset_of(CATALOGUE, log_of([[2, 8, 3, 4, 11, 6], [4, 1, 9]]))
    model = opened(stand_in(name, "left"))
    explanation = explain_session(model, dataset, "s0")
    for reading in explanation.heads:
        weights = np.abs(explanation.maps[reading.layer, reading.head, -1].astype(float))
        entropy = -(weights * np.log(weights)).sum() / np.log(5)
        assert reading.measures.entropy == pytest.approx(entropy, abs=1e-5)
    assert verify(model, dataset, explanation).summary()


@pytest.mark.parametrize("padding", ["left", "right"])
def test_a_first_event_that_is_never_read_is_named_and_gets_nothing(padding: str) -> None:
    module = stand_ins.FirstLost(padding, mask=True).eval()
    model = opened(module)
    assert "it never reads the first event of a history" in model.lacks
    shown = predicting_weights(model, batch(CATALOGUE, [3, 7, 1, 5], [2, 8]))
    for row, history in enumerate(([3, 7, 1, 5], [2, 8])):
        expected = by_hand(module, history)[1]
        assert np.allclose(shown[row, 1, :, 1 : len(history)], expected / expected.sum(-1, keepdims=True), atol=1e-6)
        assert np.allclose(shown[row, :, :, 0], 0)


def test_removing_and_hiding_in_place_stand_side_by_side() -> None:
    model = opened(stand_in("ScaledDot", "left"))
    case = case_of(session_of([3, 7, 1, 5]), 6, model, False)
    (evidence,) = gather_evidence(model, CATALOGUE, [case])
    (dropped,), (hidden,) = remove_each(model, CATALOGUE, [case], "drop"), remove_each(model, CATALOGUE, [case], "mask")
    events = evidence.events()
    assert [event.removal for event in events] == pytest.approx(dropped.effect.tolist(), abs=1e-5)
    assert [event.masked for event in events] == pytest.approx(hidden.effect.tolist(), abs=1e-5)
    assert not np.allclose(dropped.effect[1:], hidden.effect[1:], atol=1e-3)  # later events move up or stay
    assert hidden.effect[0] == pytest.approx(dropped.effect[0], abs=1e-4)  # padding on the left: nothing moves


def test_a_module_in_training_mode_is_put_into_evaluation_mode_and_named() -> None:
    module = stand_in("OwnSoftmax", "left").train()
    model = opened(module)
    assert not module.training
    assert module in model.left_in_training
    assert "OwnSoftmax was in training mode and is now in evaluation mode." in model.notes
    assert opened(module).left_in_training == ()
