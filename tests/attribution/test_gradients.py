"""Gradient x input and integrated gradients held to models whose attribution is known without computing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.gradients import ExplainedValue, gradient_input
from streamrec_core.attribution.integrated_gradients import Baseline, IntegratedSettings, integrated_gradients
from streamrec_core.attribution.removal import remove_each
from streamrec_core.data.batches import Batch
from streamrec_core.errors import BadInput
from tests.worlds import (
    CopyModel,
    DeafModel,
    OneHotModel,
    catalogue_of,
    session_of,
    small_lstm,
    small_transformer,
)

CATALOGUE = catalogue_of(6)
WEIGHTS = torch.randn(6, 6, generator=torch.Generator().manual_seed(5))
ADDITIVE_JOBS = {"jobs": ("last", "category", "opening", "free")}


def cases_for(model: OneHotModel, *histories: list[int], candidate: int = 2, foil: int | None = None) -> list[Case]:
    return [case_of(session_of(history), candidate, model, False, foil) for history in histories]


def test_a_linear_scorer_is_attributed_weight_times_value_by_every_method() -> None:
    model = OneHotModel(WEIGHTS)
    history = [0, 3, 5, 1, 3]
    (case,) = cases_for(model, history, foil=4)
    log_odds = (WEIGHTS[history, 2] - WEIGHTS[history, 4]).numpy()
    (slope,), (path,) = gradient_input(model, CATALOGUE, [case]), integrated_gradients(model, CATALOGUE, [case])
    (removal,) = remove_each(model, CATALOGUE, [case])
    for values in (slope.values, path.values, removal.effect):
        assert values == pytest.approx(log_odds, abs=1e-5)
    assert path.relative_gap < 1e-5


def test_against_the_mean_item_an_event_is_worth_what_it_adds_to_the_mean() -> None:
    model = OneHotModel(WEIGHTS)
    (case,) = cases_for(model, [0, 3], foil=4)
    (path,) = integrated_gradients(model, CATALOGUE, [case], IntegratedSettings(baseline="mean"))
    log_odds = (WEIGHTS[:, 2] - WEIGHTS[:, 4]).numpy()
    assert path.values == pytest.approx(log_odds[[0, 3]] - log_odds.mean(), abs=1e-5)
    assert path.baseline == "mean"


def test_a_model_that_copies_the_item_three_back_is_explained_by_that_item_alone() -> None:
    model = CopyModel(6)
    (case,) = cases_for(model, [0, 1, 4, 3, 5], candidate=4)
    (slope,), (path,) = gradient_input(model, CATALOGUE, [case]), integrated_gradients(model, CATALOGUE, [case])
    (removal,) = remove_each(model, CATALOGUE, [case], "mask")
    for values in (slope.values, path.values, removal.effect):
        assert values[2] > 0.1
        assert np.delete(values, 2) == pytest.approx(0, abs=1e-6)


def test_a_model_that_ignores_its_history_gives_no_effect_anywhere() -> None:
    model = DeafModel(WEIGHTS)
    (case,) = cases_for(model, [0, 1, 4])
    (slope,), (path,) = gradient_input(model, CATALOGUE, [case]), integrated_gradients(model, CATALOGUE, [case])
    (removal,) = remove_each(model, CATALOGUE, [case])
    for values in (slope.values, path.values, removal.effect):
        assert values == pytest.approx(0, abs=1e-6)
    assert path.relative_gap == pytest.approx(0, abs=1e-5)


MODELS = {
    "plain": small_transformer(CATALOGUE),
    "printed": small_transformer(CATALOGUE, positions="sinusoidal", tied=False),
    "additive": small_transformer(CATALOGUE, **ADDITIVE_JOBS),
    "additive in context": small_transformer(CATALOGUE, **ADDITIVE_JOBS, context_events=2),
    "lstm": small_lstm(CATALOGUE),
}


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from([*MODELS]),
    histories=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=9), min_size=1, max_size=4),
    candidate=st.integers(0, 5),
    foil=st.none() | st.integers(0, 5),
)
def test_integrated_gradients_add_up_and_a_batch_gives_what_one_at_a_time_gives(
    name: str, histories: list[list[int]], candidate: int, foil: int | None
) -> None:
    model = MODELS[name]
    cases = [case_of(session_of(history), candidate, model, False, foil) for history in histories]
    together = integrated_gradients(model, CATALOGUE, cases)
    for case, integrated in zip(cases, together, strict=True):
        assert integrated.relative_gap <= 0.0101
        assert integrated.gap == pytest.approx(integrated.values.sum() - integrated.difference, abs=1e-9)
        (alone,) = integrated_gradients(model, CATALOGUE, [case])
        assert integrated.values == pytest.approx(alone.values, abs=1e-4)
    for case, slope in zip(cases, gradient_input(model, CATALOGUE, cases), strict=True):
        (alone_slope,) = gradient_input(model, CATALOGUE, [case])
        assert slope.values == pytest.approx(alone_slope.values, abs=1e-4)


@pytest.mark.parametrize("baseline", ["masked", "mean"])
@pytest.mark.parametrize("name", ["plain", "additive", "additive in context"])
def test_few_well_placed_steps_agree_with_a_thousand_of_captum(name: str, baseline: Baseline) -> None:
    model = MODELS[name]
    case = case_of(session_of([0, 1, 4, 2, 2], [0, 3, 1, 4, 0]), 3, model, False)
    (few,) = integrated_gradients(model, CATALOGUE, [case], IntegratedSettings(baseline=baseline))
    explained = ExplainedValue(model, CATALOGUE, [case])
    start = torch.zeros_like(explained.embedded)
    if baseline == "mean":
        rows = torch.arange(6).unsqueeze(1)
        start += model.embed(Batch(rows, torch.zeros_like(rows), torch.ones(6, dtype=torch.int64))).detach().mean(0)
    many = IntegratedGradients(explained).attribute(
        explained.embedded, start, additional_forward_args=(torch.zeros(1, dtype=torch.int64),), n_steps=1_000
    )
    (expected,) = explained.per_event(many)
    assert few.values == pytest.approx(expected, abs=0.01 * np.abs(expected).max())
    assert few.steps < 100


def test_seen_items_stay_out_of_the_probability_that_is_explained() -> None:
    model = OneHotModel(WEIGHTS)
    case = case_of(session_of([0, 1]), 2, model, True)
    (path,) = integrated_gradients(model, CATALOGUE, [case])
    logits = (WEIGHTS[0] + WEIGHTS[1])[2:]
    whole = float(logits.log_softmax(0)[0])
    assert path.difference == pytest.approx(whole - float(torch.zeros(4).log_softmax(0)[0]), abs=1e-5)


@pytest.mark.parametrize(
    ("history", "candidate", "filter_seen", "message"),
    [
        ([0, 1], 0, True, "cannot be recommended here"),
        ([0], 9, False, "is not in the catalogue of 6"),
        ([], 0, False, "empty"),
    ],
)
def test_what_cannot_be_explained_is_named(history: list[int], candidate: int, filter_seen: bool, message: str) -> None:
    model = OneHotModel(WEIGHTS)
    case = case_of(session_of(history), candidate, model, filter_seen)
    for method in (gradient_input, integrated_gradients, remove_each):
        with pytest.raises(BadInput, match=message):
            method(model, CATALOGUE, [case])  # type: ignore[operator]
