"""Evidence held to planted models: what is true is found by every method, and a decoy of attention is caught."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.agreement import concordance, kendall, ordered
from streamrec_core.attribution.attention_weights import attention_weights
from streamrec_core.attribution.case import Case, case_of, first_recommendations
from streamrec_core.attribution.evidence import EvidenceSettings, gather_evidence
from streamrec_core.attribution.removal import remove
from streamrec_core.data.batches import batch_of
from tests.worlds import (
    BagModel,
    CopyModel,
    DeafModel,
    OneHotModel,
    catalogue_of,
    planted_maps,
    session_of,
    small_lstm,
    small_transformer,
)

CATALOGUE = catalogue_of(6)
HISTORY = [0, 1, 4, 3, 5]
ON_TRUTH = planted_maps([[0.05, 0.05, 0.8, 0.05, 0.05]])
ON_DECOY = planted_maps([[0.8, 0.05, 0.05, 0.05, 0.05]])
MASK = EvidenceSettings(how="mask")
ADDITIVE = {"jobs": ("last", "category", "opening", "free")}


def copied(maps: np.ndarray) -> tuple[CopyModel, list[Case]]:
    model = CopyModel(6, maps=maps)
    return model, [case_of(session_of(HISTORY), 4, model, False)]


def test_every_method_finds_the_item_that_is_copied() -> None:
    model, cases = copied(ON_TRUTH)
    (evidence,) = gather_evidence(model, CATALOGUE, cases, MASK)
    assert {method: int(ordered(values)[0]) for method, values in evidence.values.items()} == {
        "value": 2,
        "attention": 2,
        "integrated_gradients": 2,
        "gradient_input": 2,
        "removal": 2,
    }
    assert all(pair.same_first for pair in evidence.agreement.values())
    event = evidence.events()[2]
    assert (event.item, event.attention) == (4, pytest.approx(0.8))
    assert event.removal == pytest.approx(evidence.removal.effect[2])


def test_attention_on_a_planted_decoy_is_caught_by_removal() -> None:
    model, cases = copied(ON_DECOY)
    (evidence,) = gather_evidence(model, CATALOGUE, cases, MASK)
    assert not evidence.agreement["attention", "removal"].same_first
    assert evidence.agreement["attention", "removal"].tau < 0
    assert evidence.agreement["integrated_gradients", "removal"].same_first
    assert evidence.completeness_gap < 0.01


def test_a_model_that_ignores_its_history_agrees_with_nothing() -> None:
    model = DeafModel(torch.randn(6, 6, generator=torch.Generator().manual_seed(3)), ON_TRUTH)
    (evidence,) = gather_evidence(model, CATALOGUE, [case_of(session_of(HISTORY), 4, model, False)])
    assert evidence.removal.effect == pytest.approx(0, abs=1e-6)
    assert {pair.tau for pair in evidence.agreement.values()} == {None}
    assert evidence.floors["last_item"].tau is None


def test_models_without_attention_or_gradients_keep_the_rest() -> None:
    (of_lstm,) = gather_evidence(
        small_lstm(CATALOGUE), CATALOGUE, [case_of(session_of(HISTORY), 4, small_lstm(CATALOGUE), False)]
    )
    assert [*of_lstm.values] == ["value", "integrated_gradients", "gradient_input", "removal"]
    assert of_lstm.events()[0].attention is None
    bag = BagModel(torch.eye(6))
    (of_bag,) = gather_evidence(bag, CATALOGUE, [case_of(session_of(HISTORY), 4, bag, False)])
    assert [*of_bag.values] == ["value", "removal"]
    assert (of_bag.completeness_gap, of_bag.events()[0].integrated_gradients) == (None, None)
    assert gather_evidence(bag, CATALOGUE, []) == []


@pytest.mark.parametrize("settings", [{}, ADDITIVE, {"positions": "sinusoidal"}])
def test_many_cases_at_once_give_what_each_gives_alone(settings: dict[str, object]) -> None:
    model = small_transformer(CATALOGUE, **settings)
    cases = first_recommendations(
        model, CATALOGUE, [session_of(part) for part in ([0, 1, 2, 3], [4], [5, 5, 1])], False
    )
    for case, evidence in zip(cases, gather_evidence(model, CATALOGUE, cases), strict=True):
        (alone,) = gather_evidence(model, CATALOGUE, [case])
        for method, values in evidence.values.items():
            assert values == pytest.approx(alone.values[method], abs=1e-4), method
        assert evidence.removal.rank == 1
        assert evidence.attention is not None
        for row in (
            evidence.attention.mean,
            evidence.attention.last_layer,
            evidence.attention.rollout,
            evidence.attention.value_weighted,
        ):
            assert row.sum() == pytest.approx(1, abs=1e-5)


def test_why_this_and_not_that_turns_its_sign_when_the_items_are_exchanged() -> None:
    model = small_transformer(CATALOGUE, **ADDITIVE)
    fact, exchanged = (case_of(session_of(HISTORY), x, model, False, foil=y) for x, y in ((2, 5), (5, 2)))
    first, second = gather_evidence(model, CATALOGUE, [fact, exchanged])
    assert first.removal.effect == pytest.approx(-second.removal.effect, abs=1e-5)
    assert first.values["gradient_input"] == pytest.approx(-second.values["gradient_input"], abs=1e-5)
    assert first.removal.value == pytest.approx(
        first.removal.log_probability - second.removal.log_probability, abs=1e-5
    )


def test_the_mean_counts_every_head_alike() -> None:
    model = OneHotModel(torch.eye(6), planted_maps([[0.8, 0.2], [0.1, 0.9]]))
    (flow,) = attention_weights(model, [session_of([0, 1])], 6) or []
    assert flow.mean == pytest.approx([0.45, 0.55])


def test_rollout_is_that_of_the_paper() -> None:
    first = [[1.0, 0.0], [0.3, 0.7]]
    second = [[1.0, 0.0], [0.6, 0.4]]
    model = OneHotModel(torch.eye(6), np.array([[first], [second]], np.float32))
    (weights,) = attention_weights(model, [session_of([0, 1])], 6) or []
    steps = [0.5 * np.eye(2) + 0.5 * np.array(layer) for layer in (first, second)]
    assert weights.rollout == pytest.approx((steps[1] @ steps[0])[-1], abs=1e-6)


@pytest.mark.parametrize("settings", [{}, ADDITIVE])
def test_value_vectors_put_together_by_the_weights_are_what_attention_hands_on(settings: dict[str, object]) -> None:
    model = small_transformer(CATALOGUE, layers=1, **settings)
    history = session_of(HISTORY)
    batch = batch_of([history], 6, 50)
    handed: list[torch.Tensor] = []
    attention = model.layers[0].attention
    hook = attention.out_proj.register_forward_hook(lambda module, inputs, out: handed.append(out))
    with torch.inference_mode():
        model.logits(batch)
    hook.remove()
    (weights,) = attention_weights(model, [history], 6) or []
    (vectors,) = model.value_vectors(model.embed(batch), batch)
    mixed = np.einsum("hl,hld->d", weights.heads[0], vectors[0].numpy(force=True))
    bias = 0.0 if attention.out_proj.bias is None else attention.out_proj.bias.numpy(force=True)
    assert mixed + bias == pytest.approx(handed[0][0, -1].numpy(), abs=1e-4)


def test_events_of_a_category_can_be_removed_together() -> None:
    history, positions = session_of([0, 6, 3, 1, 0, 6]), [(0, 4), (1, 5), (0, 2, 4), (3,)]
    model = BagModel(torch.randn(7, 7, generator=torch.Generator().manual_seed(1)))
    case = case_of(history, 2, model, False, foil=4)
    (removal,) = remove(model, catalogue_of(6, home=True), [(case, positions)])
    log_odds = (model.weights[:, 2] - model.weights[:, 4]).numpy()[history.items]
    assert removal.effect == pytest.approx([log_odds[list(events)].sum() for events in positions], abs=1e-5)


def test_agreement_counts_pairs_and_settles_ties_for_the_later_event() -> None:
    assert kendall(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(1 / 3)
    assert kendall(np.array([1.0, 1, 1]), np.array([1.0, 3, 2])) is None
    assert kendall(np.array([1.0]), np.array([1.0])) is None
    assert ordered(np.array([1.0, 3, 3, 2])).tolist() == [2, 1, 3, 0]
    agreed = concordance(np.array([-3.0, 1, 2]), np.array([3.0, 1, 2]))
    assert (agreed.tau, agreed.same_first) == (1.0, False)
    assert agreed.signed_tau == pytest.approx(-1 / 3)
