"""A planted attention sink is the only one found, on every seed; without planting there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.attention_sinks import ATTENTION_SINK, SinkSettings, find_attention_sinks
from streamrec_core.diagnosis.lift import predictive_lift
from streamrec_core.diagnosis.significance import adjusted_p_values, p_above, p_below, ratio_interval
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import SessionModel
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of, small_lstm

SMALL = SinkSettings(sessions=90, fewest=10, session_share=0.05)


def first_right(model: SessionModel, dataset: DataSet) -> float:
    """Share of test targets that are recommended first."""
    return float((rank(model, dataset, split(dataset).test, False).ranks == 1).mean())


@pytest.mark.parametrize("seed", range(10))
def test_a_planted_attention_sink_is_found_and_none_without_planting(seed: int) -> None:
    dataset = home_world(seed)
    model = trained_model(dataset, seed)
    assert find_attention_sinks(model, dataset, SMALL).flagged == ()
    before = first_right(model, dataset)
    assert before > 0.5  # it did learn: a guess is right once in 24
    plant(model, ITEMS)
    assert first_right(model, dataset) == pytest.approx(before, abs=0.03)  # and still knows what it learned
    sinks = find_attention_sinks(model, dataset, SMALL)
    assert [item.item_id for item in sinks.flagged] == ["home"]
    first = sinks.items[0]
    assert first.item_id == "home"
    assert first.attention_lift_interval[0] > SMALL.lift
    assert first.removal_effect_interval[1] < SMALL.margin
    assert first.p_value <= first.adjusted < SMALL.alpha
    assert first.lift_in_data.p_value > 0.001  # nothing depends on the home page here


def test_an_item_that_draws_attention_and_has_an_effect_is_no_attention_sink() -> None:
    dataset = home_world(1)
    model = trained_model(dataset, 1)
    plant(model, ITEMS, score=6.0)  # nearly all attention, so that what the heads say is lost
    home = next(item for item in find_attention_sinks(model, dataset, SMALL).items if item.item_id == "home")
    assert home.removal_effect > SMALL.margin
    assert home.verdict != ATTENTION_SINK


def test_nothing_is_flagged_where_no_item_occurs_often() -> None:
    dataset = home_world(2, home_share=0.0)
    sinks = find_attention_sinks(trained_model(dataset, 2), dataset, SMALL.model_copy(update={"session_share": 1.0}))
    assert sinks.items == ()


def test_another_split_samples_its_test_sessions() -> None:
    dataset = home_world(3)
    divided = split(dataset, "leave-last-out")
    sinks = find_attention_sinks(
        trained_model(dataset, 3), dataset, SMALL.model_copy(update={"sessions": 10**5}), divided
    )
    assert sinks.sessions == len(divided.test) > len(split(dataset).test)


def test_a_model_without_attention_is_refused() -> None:
    dataset = home_world(0)
    with pytest.raises(BadInput, match="no attention"):
        find_attention_sinks(small_lstm(dataset.catalogue), dataset, SMALL)


def test_predictive_lift_separates_a_predictive_item_from_one_that_is_not() -> None:
    rng = np.random.default_rng(5)
    sessions = []
    for _ in range(400):
        says, idle = rng.random() < 0.5, rng.random() < 0.5
        target = int(3 * rng.integers(0, 4)) if says else int(3 * rng.integers(0, 4) + 1)  # category 0, else 1
        sessions.append([2, *([5] if says else []), *([8] if idle else []), target])
    dataset = dataset_of(catalogue_of(12, 3), log_of(sessions))
    says, idle = predictive_lift(dataset, examples_at_last(dataset.log), np.array([5, 8]))
    assert says.p_value < 1e-50
    assert says.gain == pytest.approx(np.log(2), abs=0.01)  # presence decides between two equal halves
    assert idle.p_value > 0.01
    assert idle.gain < 0.01


def test_p_values_and_corrections_match_scipy() -> None:
    values = np.random.default_rng(0).normal(0.3, 1.0, 40)
    assert p_above(values, 0.0) == pytest.approx(stats.ttest_1samp(values, 0.0, alternative="greater").pvalue)
    assert p_below(values, 1.0) == pytest.approx(stats.ttest_1samp(values, 1.0, alternative="less").pvalue)
    assert adjusted_p_values(np.array([0.01, 0.02, 0.5])) == pytest.approx([0.03, 0.03, 0.5])


def test_constant_values_give_p_values_without_a_warning() -> None:
    constant = np.full(5, 0.2)
    assert (p_above(constant, 0.1), p_above(constant, 0.2), p_below(constant, 0.3)) == (0.0, 1.0, 0.0)
    assert p_above(np.array([0.4]), 0.1) == 1.0
    assert ratio_interval(np.full(4, 0.6), np.full(4, 0.2)) == pytest.approx((3.0, 3.0))
