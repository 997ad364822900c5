"""Quality measures of explanations on a model whose every effect is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.event_value import removal_sets
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.removal import remove
from streamrec_core.explain.quality import measure_quality, removal_fit_of_model, stable_heads
from streamrec_core.explain.removal_fit import baseline_explainers, random_event_sets, removal_fit
from tests.worlds import (
    BagModel,
    catalogue_of,
    chain_dataset,
    dataset_of,
    examples_at_last,
    log_of,
    session_of,
    small_transformer,
)

CATALOGUE = catalogue_of(12, 3)


def test_removal_fit_is_one_for_true_values_and_negative_for_wrong_signs() -> None:
    model = BagModel(torch.randn(12, 12, generator=torch.Generator().manual_seed(2)))
    case = case_of(session_of([0, 1, 2, 3, 4, 5, 6, 7]), 3, model, False, foil=4)
    truth = (model.weights[:, 3] - model.weights[:, 4]).double().numpy()[case.history.items]
    removals = remove(model, CATALOGUE, [(case, random_event_sets(case))])
    assert removal_fit([truth], removals).r2 == pytest.approx(1, abs=1e-6)
    assert removal_fit([10 * truth], removals, scaled=True).r2 == pytest.approx(1, abs=1e-6)
    assert removal_fit([-truth], removals).r2 < 0 >= removal_fit([np.zeros(8)], removals).r2


def test_random_event_sets_differ_from_the_sets_of_the_fit() -> None:
    case = case_of(session_of(list(range(12)) * 3), 3, BagModel(torch.eye(12)), False)
    fresh = random_event_sets(case)
    assert {len(positions) for positions in fresh} <= set(range(2, 19))
    assert not set(fresh) & set(removal_sets(case))


def test_baseline_explainers_ignore_the_model() -> None:
    case = case_of(session_of([0, 1, 3], [0, 4, 2]), 6, BagModel(torch.eye(12)), False)
    values = baseline_explainers(CATALOGUE, case)
    assert values["last event"].tolist() == [0, 0, 1]
    decay = np.exp(-0.4)
    assert values["recency + last category + last event"] == pytest.approx([decay**2 + 1, decay, 1 + 1 + 1])
    assert values["candidate's category x recency x engagement"] == pytest.approx([decay**2, 0, 2])


def test_an_additive_model_is_measured_beside_untrained_models() -> None:
    dataset = chain_dataset()
    examples = examples_at_last(dataset.log).sample(12)
    model = small_transformer(dataset.catalogue, jobs=("last", "category", "recent", "free"))
    shuffled = with_shuffled_weights(model, 1)
    quality = measure_quality(model, dataset, examples, {"weights shuffled": shuffled})
    assert {"value", "contribution", "attention", "value, weights shuffled", "random", "last event"} <= {
        *quality.agreements
    }
    assert quality.agreements["value"].shape == (12, 3)
    itself = measure_quality(model, dataset, examples, {"itself": model})
    assert np.nanmean(itself.shuffled_tau["value"]) == pytest.approx(1)
    assert np.nanmean(quality.shuffled_tau["value"]) < 0.5
    assert quality.removal_fit["value"].r2 > quality.removal_fit["random"].r2


def test_a_stable_head_has_one_type_beyond_uniform_attention() -> None:
    dataset = dataset_of(CATALOGUE, log_of([list(range(start, start + 11)) for start in (0, 1)]))
    model = small_transformer(dataset.catalogue, jobs=("last",), content_limit=0.0)
    for terms in model.named_terms():
        terms.weights["recency"].data.fill_(30.0)
    long = examples_at_last(dataset.log)
    stable = stable_heads(model, dataset, long)
    assert len(stable) == 8
    assert {kind for kind, _ in stable.values()} == {"focused"}


def test_removal_fit_uses_event_values_of_additive_models_and_attention_of_others() -> None:
    dataset = chain_dataset()
    examples = examples_at_last(dataset.log).sample(20)
    additive = small_transformer(dataset.catalogue, jobs=("last", "category", "recent", "free"))
    picture, guess = removal_fit_of_model(additive, dataset, examples)
    assert picture.r2 > 0.5 > guess.r2
    low, high = picture.interval()
    assert low < picture.r2 < high
    plain, _ = removal_fit_of_model(small_transformer(dataset.catalogue), dataset, examples)
    assert plain.r2 < picture.r2
    none = examples.take(np.flatnonzero(examples.ends < 4))
    assert removal_fit_of_model(additive, dataset, none) is None
