"""Controls on models whose answer is known: one that ignores histories, and one that follows the last category."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.control_uses import CONTROLS, LESS
from streamrec_core.diagnosis.controls import ControlEffect, measure_controls
from streamrec_core.errors import BadInput
from streamrec_core.models.popularity import category_rule, popularity
from streamrec_core.models.protocol import SessionModel
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of


def world(home: bool = True, categories: int = 3, **card: object) -> tuple[DataSet, Examples]:
    """Forty sessions over sixty items; item n is of category n mod 3, home comes first."""
    rng = np.random.default_rng(2)
    rows = [[*([60] if home else []), *rng.integers(0, 60, int(rng.integers(4, 9))).tolist()] for _ in range(40)]
    dataset = dataset_of(catalogue_of(60, categories, home=home), log_of(rows), **card)
    return dataset, examples_at_last(dataset.log)


def effects(model: SessionModel, dataset: DataSet, examples: Examples) -> dict[str, ControlEffect]:
    return {effect.control: effect for effect in measure_controls(model, dataset, examples)}


def test_a_model_that_ignores_the_history_changes_by_hiding_only() -> None:
    dataset, examples = world()
    measured = effects(popularity(dataset.log, dataset.catalogue, examples), dataset, examples)
    assert list(measured) == list(CONTROLS)
    hidden = measured["hide the title"]
    assert hidden.used.lists_changed == pytest.approx(1 - 9 / 11)
    assert (hidden.unwanted_before, hidden.used.unwanted_change) == pytest.approx((0.1, -0.1))
    for name in ("forget the category", "no history"):
        assert measured[name].used.lists_changed == 0
        assert measured[name].used.hit_change == 0
    assert measured["no history"].unwanted_before is None


def test_a_model_that_follows_the_last_category_forgets_it_with_its_events() -> None:
    dataset, examples = world()
    measured = effects(category_rule(dataset.log, dataset.catalogue, examples), dataset, examples)
    forgotten = measured["forget the category"]
    assert forgotten.unwanted_before == 1
    assert forgotten.used.unwanted_change == -1
    assert forgotten.used.lists_changed == 1
    assert forgotten.floor.unwanted_change == 0  # the last event of the category stays, and decides
    # It looks at the last event only, so that the others can go.
    assert measured["no history"].used.lists_changed == 0
    assert measured["no history"].floor.lists_changed > 0.2


def test_less_of_a_category_divides_its_odds() -> None:
    """Popularity scores by the logarithm of counts: a title of the category stays where it is four times as popular."""
    dataset, examples = world()
    model = popularity(dataset.log, dataset.catalogue, examples)
    measured = effects(model, dataset, examples)["less of the category"]
    counts = np.bincount(dataset.log.items, minlength=61) + 0.5
    rows = np.argsort(-counts[:60], kind="stable")
    codes = dataset.catalogue.category_of
    category = np.bincount(codes[rows[:10]], minlength=3).argmax()
    weighted = np.where(codes[:60] == category, counts[:60] / LESS, counts[:60])
    after = np.argsort(-weighted, kind="stable")[:10]
    assert measured.used.unwanted_change == pytest.approx(
        np.mean(codes[after] == category) - np.mean(codes[rows[:10]] == category)
    )


def test_what_was_seen_stays_seen_when_it_is_forgotten() -> None:
    """Of the sixty titles only unseen ones may be listed, also those of events that a control takes away."""
    dataset, examples = world(home=False, filter_seen=True)
    measured = effects(popularity(dataset.log, dataset.catalogue, examples), dataset, examples)
    assert measured["forget the category"].used.lists_changed == 0
    assert measured["no history"].used.lists_changed == 0


def test_controls_of_categories_are_left_out_where_there_is_one_category() -> None:
    dataset, examples = world(home=False, categories=1)
    measured = effects(popularity(dataset.log, dataset.catalogue, examples), dataset, examples)
    assert set(measured) == {"hide the title", "forget the title", "no history"}
    assert measured["forget the title"].unwanted_before is None


def test_controls_are_measured_the_same_twice_and_one_session_is_refused() -> None:
    dataset, examples = world()
    model = category_rule(dataset.log, dataset.catalogue, examples)
    assert measure_controls(model, dataset, examples) == measure_controls(model, dataset, examples)
    with pytest.raises(BadInput, match="two sessions or more, and there are 1"):
        measure_controls(model, dataset, examples.sample(1))
