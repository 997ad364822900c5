"""The benchmark of the ideal observer counts by hand-made answers, and its bound stands in the table."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np

from benchmarks.ideal_observer import learned_service, named_by, report, rule_position
from benchmarks.tables import full_table
from streamrec_core.data.engagement import CLICK, FULL_VIEW
from streamrec_core.data.synthetic.streamrec import Service, StreamRecSettings
from streamrec_core.evaluation.ideal_observer import IdealPredictions
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of


def test_the_rule_names_the_latest_event_of_the_targets_category_or_none() -> None:
    dataset = dataset_of(catalogue_of(12, 4), log_of([[1, 0, 5, 2, 9], [1, 0, 2, 3], [4, 8]]))
    assert rule_position(dataset, 0, 4) == 2
    assert rule_position(dataset, 0, 2) == 0
    assert rule_position(dataset, 1, 3) == -1
    assert rule_position(dataset, 2, 1) == 0


def test_the_observer_names_the_likeliest_event_first_and_two_hold_the_second() -> None:
    events = np.array([[0.1, 0.5, 0.2], [0.3, 0.1, 0.2], [0.1, 0.2, 0.6]])
    predictions = IdealPredictions(np.zeros((3, 1), np.int64), np.zeros(3), np.zeros(3), events)
    figures = named_by(predictions, np.array([1, 2, 0]))
    assert figures["first"]["mean"] == 1 / 3
    assert figures["among_two"]["mean"] == 2 / 3
    assert np.isclose(figures["likeliest_event_mass"], 1.4 / 3)


def test_a_next_episode_is_learned_from_one_that_was_seen_to_follow_a_full_view_in_training() -> None:
    series, episodes = np.full(13, -1), np.zeros(13, np.int64)
    series[[0, 4, 8, 1, 5, 9]], episodes[[0, 4, 8, 1, 5, 9]] = [1, 1, 1, 2, 2, 2], [1, 2, 3, 1, 2, 3]
    catalogue = replace(catalogue_of(12, 4, home=True), series=series, episodes=episodes)
    # 0 -> 4 in training; 4 -> 8 after a click; 1 -> 5 across two sessions; 5 -> 9 in a session held back
    log = log_of(
        [[0, 4, 8, 2, 1], [5, 2], [5, 9]], [[FULL_VIEW, CLICK, CLICK, CLICK, FULL_VIEW], [FULL_VIEW] * 2, [2, 2]]
    )
    dataset = dataset_of(catalogue, log)
    service = Service.open(catalogue, StreamRecSettings())
    before = copy.copy(service.within.share)
    learned = learned_service(service, dataset, examples_at_last(log).take(np.array([0, 1])))
    assert {int(row): int(learned.next_episode[row]) for row in np.flatnonzero(learned.next_episode >= 0)} == {0: 4}
    np.testing.assert_allclose(learned.within.share[[0, 4, 8]], [1 / 3] * 3)
    np.testing.assert_allclose(learned.within.share[[2, 6, 10, 12]], [2.5 / 3.5, 0.5 / 3.5, 0.5 / 3.5, 0])
    np.testing.assert_array_equal(service.within.share, before)


def test_the_report_divides_by_both_bounds_and_parts_sessions_where_a_next_episode_is_due() -> None:
    bounds = {"ceiling": np.array([0.8, 0.4, 0.4, 0.4]), "ideal observer": np.array([0.7, 0.3, 0.3, 0.3])}
    model = np.array([0.4, 0.2, 0.2, 0.2])
    (figures,) = report({"model": model}, bounds, np.array([True, False, False, False])).values()
    assert np.isclose(figures["share_of_ceiling"], 0.5)
    assert np.isclose(figures["share_of_ideal_observer"], 0.625)
    assert np.isclose(figures["ideal_observer_minus_this"]["mean"], 0.15)
    assert (figures["next_episode_due"]["mean"], figures["no_next_episode_due"]["n"]) == (0.4, 3)


def test_the_table_shows_the_bound_where_it_was_measured() -> None:
    table = {"ceiling_hit@10": 0.4, "rows": []}
    assert "ideal observer" not in full_table(table)
    lines = full_table({**table, "ideal_hit@10": 0.38, "ideal_hit@10_interval": [0.37, 0.39]}).splitlines()
    assert lines[-1] == "| ideal observer (reads the history only) | – | – | – | – | 0.380 [0.370, 0.390] | 0.950 |"
