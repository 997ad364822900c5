"""On the preset itself: the ideal observer is calibrated, beats every wrong belief, and stands below the ceiling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import make
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.synthetic.streamrec import Service, StreamRecSettings
from streamrec_core.data.truth import FloatArray
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.cause_probabilities import Values, cause_probabilities, histories_of
from streamrec_core.evaluation.ceiling import expected_hits, known_truth
from streamrec_core.evaluation.evaluate import evaluate_on
from streamrec_core.evaluation.ideal_observer import (
    IdealPredictions,
    ideal_bound,
    ideal_expected_hits,
    ideal_predictions,
    item_probabilities,
    service_of,
)
from streamrec_core.models.popularity import category_rule
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of

SESSIONS, SOME = 4_000, 2_000
UNLIKELY = 1e-4

# What an observer may get wrong; each is a belief about the generator that is not true.
WRONG_BELIEFS: dict[str, dict[str, Any]] = {
    "no preferences": {"exploration": 1.0},
    "even preferences": {"preferred_weights": (0.25,) * 4},
    "engagement tells nothing": {"engagement_fitting": StreamRecSettings().engagement_other},
    "no opening": {"opening_start": 0.0, "opening_end": 0.0},
    "opening does not grow": {"opening_end": 0.06},
    "all events pull alike": {"pull": (1.0,) * 5},
    "nothing recent": {"recent": 0.0},
    "longer memory": {"recency_decay": 0.8},
    "no next episode": {"next_episode": 1e-3},
    "flatter popularity": {"popularity_exponent": 0.8},
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return make("streamrec", SESSIONS, seed=7, folder=tmp_path_factory.mktemp("data") / "set")


@pytest.fixture(scope="module")
def predictions(dataset: DataSet) -> IdealPredictions:
    return ideal_predictions(dataset, examples_at_last(dataset.log))


def z_score(differences: Values) -> float:
    return float(differences.mean() / differences.std() * np.sqrt(len(differences)))


@pytest.mark.parametrize("length_known", [True, False])
def test_the_probabilities_of_categories_come_true(dataset: DataSet, length_known: bool) -> None:
    examples = examples_at_last(dataset.log).take(np.arange(SOME))
    service, observed = service_of(dataset), histories_of(dataset, examples)
    items = item_probabilities(service, observed, cause_probabilities(service, observed, length_known))
    np.testing.assert_allclose(items.sum(1), 1, rtol=1e-9)
    category_of = dataset.catalogue.category_of
    mass = np.stack([items[:, category_of == category].sum(1) for category in range(20)], axis=1)
    came = category_of[examples.targets(dataset.log)][:, None] == np.arange(20)
    assert abs(z_score(mass[came] - np.square(mass).sum(1))) < 4
    edges = np.array([0, 0.012, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8, 1.01])
    expected = np.histogram(mass, edges, weights=mass)[0]
    spread = np.histogram(mass, edges, weights=mass * (1 - mass))[0]
    frequency = np.histogram(mass[came], edges)[0]
    assert stats.chi2.sf(((frequency - expected) ** 2 / spread).sum(), len(expected)) > UNLIKELY


def test_the_observer_claims_what_the_truth_expects_of_its_ten(dataset: DataSet, predictions: IdealPredictions) -> None:
    expected = ideal_expected_hits(dataset, examples_at_last(dataset.log))
    assert abs(z_score(predictions.claimed - expected)) < 4
    targets = examples_at_last(dataset.log).targets(dataset.log)
    assert abs(z_score((predictions.top == targets[:, None]).any(1) - expected)) < 4


@pytest.fixture(scope="module")
def truth_mass(dataset: DataSet) -> FloatArray:
    """(SOME, V) distribution that each target was drawn from."""
    truth = known_truth(dataset)
    assert truth is not None
    return truth.probabilities(np.arange(SOME), dataset.catalogue)


def expected_log_probability(dataset: DataSet, truth_mass: FloatArray, beliefs: dict[str, Any]) -> Values:
    """(SOME,) mean log-probability of the targets that the truth could draw, for an observer with these beliefs."""
    service = service_of(dataset)
    service = Service.open(dataset.catalogue, replace(service.settings, **beliefs))
    observed = histories_of(dataset, examples_at_last(dataset.log).take(np.arange(SOME)))
    items = item_probabilities(service, observed, cause_probabilities(service, observed))
    return (truth_mass * np.log(np.maximum(items, 1e-12))).sum(1)


@pytest.mark.parametrize("belief", WRONG_BELIEFS)
def test_every_wrong_belief_makes_the_targets_less_likely(
    dataset: DataSet, truth_mass: FloatArray, belief: str
) -> None:
    right = expected_log_probability(dataset, truth_mass, {})
    assert z_score(right - expected_log_probability(dataset, truth_mass, WRONG_BELIEFS[belief])) > 4


def test_ceiling_then_observer_then_the_observer_that_knows_less_then_the_simple_rule(
    dataset: DataSet, predictions: IdealPredictions
) -> None:
    examples, truth = examples_at_last(dataset.log), known_truth(dataset)
    assert truth is not None
    expected, ceiling = expected_hits(truth, dataset.catalogue, examples, predictions.top)
    assert (expected <= ceiling + 1e-6).all()
    np.testing.assert_array_equal(expected, ideal_expected_hits(dataset, examples))
    unaware = ideal_expected_hits(dataset, examples, length_known=False)
    rule = category_rule(dataset.log, dataset.catalogue, split(dataset).train)
    simple = evaluate_on(rule, dataset, examples, "all", "session").expected
    assert simple is not None
    assert z_score(ceiling - expected) > 3
    assert z_score(expected - unaware) > 3
    assert z_score(unaware - simple) > 3


def test_the_event_it_names_is_the_cause_as_often_as_it_says(dataset: DataSet, predictions: IdealPredictions) -> None:
    truth, rows = known_truth(dataset), np.arange(SESSIONS)
    assert truth is not None
    events, position = predictions.cause_events, truth.cause_position
    first = events.argmax(1)
    right = (first == position).astype(float)
    assert abs(z_score(right - events.max(1))) < 4
    assert abs(z_score((position < 0) - (1 - events.sum(1)))) < 4
    # The rule: the latest event of the target's category.
    examples = examples_at_last(dataset.log)
    category = dataset.catalogue.category_of[dataset.log.items]
    rule = [
        max((at for at in range(end) if category[start + at] == category[start + end]), default=-1)
        for start, end in zip(dataset.log.offsets[:-1], examples.ends, strict=True)
    ]
    caused = position[rows] >= 0
    assert z_score(right[caused] - (np.array(rule) == position)[caused]) > 3


def test_ten_are_the_likeliest_in_order_and_a_home_page_changes_only_positions(tmp_path: Path) -> None:
    strewn = make("streamrec", 200, seed=3, home_page=True, folder=tmp_path / "home")
    examples = examples_at_last(strewn.log)
    predictions = ideal_predictions(strewn, examples, k=7)
    service, observed = service_of(strewn), histories_of(strewn, examples)
    items = item_probabilities(service, observed, cause_probabilities(service, observed))
    np.testing.assert_array_equal(predictions.top, np.argsort(-items, axis=1)[:, :7])
    for row, end in enumerate(examples.ends):
        neutral = strewn.catalogue.neutral[strewn.log.session(row).items[:end]]
        assert (predictions.cause_events[row, :end][neutral] == 0).all()
        assert (predictions.cause_events[row, end:] == 0).all()
    truth = known_truth(strewn)
    assert truth is not None
    caused = np.flatnonzero(truth.cause_position >= 0)
    assert (predictions.cause_events[caused, truth.cause_position[caused]] > 0).all()


def test_data_that_the_preset_did_not_make_have_no_ideal_observer() -> None:
    other = dataset_of(catalogue_of(), log_of([[0, 1, 2]]))
    with pytest.raises(BadInput, match="tiny was not generated by the preset 'streamrec'"):
        ideal_predictions(other, examples_at_last(other.log))


def test_expected_hits_need_the_truth_and_last_events(dataset: DataSet) -> None:
    middle = Examples(np.array([0]), np.array([2]))
    with pytest.raises(BadInput, match=r"need truth\.parquet and targets that are last events"):
        ideal_expected_hits(dataset, middle)
    with pytest.raises(BadInput, match=r"need truth\.parquet"):
        ideal_expected_hits(replace(dataset, folder=None), examples_at_last(dataset.log))
    assert ideal_predictions(dataset, middle, length_known=False).top.shape == (1, 10)
    assert ideal_bound(dataset, middle) == {}
