"""Switching heads and terms off, held to an additive model whose terms are set by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.ablation import switch_off_each, switched_off
from streamrec_core.attribution.case import case_of
from streamrec_core.models.protocol import term_names
from streamrec_core.models.terms import terms_off
from tests.worlds import batch, catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
JOBS = ("last", "category", "opening", "engaged")


def test_effects_are_the_fall_of_the_log_probability_one_by_one() -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS).requires_grad_(False)
    cases = [case_of(session_of(items), 5, model, False) for items in ([1, 2, 3], [4, 7, 1, 8, 2])]
    ablated = switch_off_each(model, CATALOGUE, cases)
    assert ablated.heads.shape == (2, 2, 4)
    assert set(ablated.terms) == {"recency", "same category", "opening", "engagement"}  # of these heads, no other
    for row, items in enumerate(([1, 2, 3], [4, 7, 1, 8, 2])):
        history = batch(CATALOGUE, items)
        whole = model.logits(history).log_softmax(1)[0, 5]
        with switched_off(model, [(1, 2)]):
            left = model.logits(history).log_softmax(1)[0, 5]
        assert ablated.heads[row, 1, 2] == pytest.approx(float(whole - left), abs=1e-5)
        with terms_off(["opening"]):
            left = model.logits(history).log_softmax(1)[0, 5]
        assert ablated.terms["opening"][row] == pytest.approx(float(whole - left), abs=1e-5)


def test_without_any_head_the_history_no_longer_counts() -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS)
    with switched_off(model, [(layer, head) for layer in range(2) for head in range(4)]):
        torch.testing.assert_close(model.logits(batch(CATALOGUE, [1, 2, 3])), model.logits(batch(CATALOGUE, [9, 4, 6])))


def test_a_model_without_attention_has_no_heads_and_no_terms() -> None:
    model = small_lstm(CATALOGUE)
    ablated = switch_off_each(model, CATALOGUE, [case_of(session_of([1, 2]), 5, model, False)])
    assert (ablated.heads.size, ablated.terms) == (0, {})
    assert ablated.together.tolist() == [0.0]


def test_what_was_off_is_on_again_also_after_an_error() -> None:
    model, history = small_transformer(CATALOGUE, jobs=JOBS), batch(CATALOGUE, [1, 2, 3])
    before = model.logits(history)
    with pytest.raises(IndexError), switched_off(model, [(0, 0)], ["recency"]):
        model.logits(batch(CATALOGUE, [1, 99]))
    torch.testing.assert_close(model.logits(history), before)


def test_many_cases_are_told_the_same_as_one_by_one_however_few_fit_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS).requires_grad_(False)
    cases = [case_of(session_of(items), 5, model, False) for items in ([1, 2, 3], [4, 7, 1, 8, 2], [6])]
    together = switch_off_each(model, CATALOGUE, cases)
    monkeypatch.setattr("streamrec_core.attribution.ablation.SCORES_AT_ONCE", 1)
    alone = switch_off_each(model, CATALOGUE, cases)
    np.testing.assert_allclose(alone.heads, together.heads, atol=1e-5)
    np.testing.assert_allclose(alone.together, together.together, atol=1e-5)
    for name in term_names(model):
        np.testing.assert_allclose(alone.terms[name], together.terms[name], atol=1e-5)
