"""Planted causes of misses are named; a condition that is as frequent in hits is no cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.diagnosis.causes import (
    CAUSES,
    NAMES,
    NO_CAUSE,
    CauseInputs,
    CauseSettings,
    condition_in_words,
    conditions,
    title_of,
    useful_outside,
)
from streamrec_core.diagnosis.misses import Misses, MissFilter, find_misses, name_causes
from streamrec_core.errors import BadInput
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.worlds import PlantedModel, catalogue_of, dataset_of, even_truth, log_of, session_of, written

LIMIT = CauseSettings(rare_below=2)


def facts(**changed: object) -> CauseInputs:
    """One example to which no condition applies, with changes."""
    usual: dict[str, object] = {
        "excluded": [False],
        "top_probability": [0.9],
        "best_ranks": [11],
        "target_count": [50],
        "useful_outside": [False],
        "sink_attention": [0.0],
        "order": [0.5],
        "steps": [9],
    }
    values = usual | changed
    return CauseInputs(**{name: None if value is None else np.array(value) for name, value in values.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        (NO_CAUSE, {}),
        ("excluded", {"excluded": [True]}),
        ("unpredictable", {"top_probability": [0.49]}),
        (NO_CAUSE, {"top_probability": [0.5]}),
        (NO_CAUSE, {"top_probability": [0.49], "best_ranks": [10]}),
        ("unpredictable", {"top_probability": [0.49], "best_ranks": None}),
        (NO_CAUSE, {"best_ranks": None}),
        ("rare", {"target_count": [1]}),
        (NO_CAUSE, {"target_count": [2]}),
        ("outside", {"useful_outside": [True]}),
        ("magnet", {"sink_attention": [0.3]}),
        ("noise", {"order": [-0.1]}),
        (NO_CAUSE, {"order": [-0.1], "steps": [3]}),
        ("unpredictable", {"top_probability": [0.1], "target_count": [0], "order": [-0.1]}),
        ("excluded", {"excluded": [True], "top_probability": [0.1]}),
    ],
)
def test_the_first_condition_that_holds_names_the_cause(cause: str, changed: dict[str, object]) -> None:
    assert name_causes(conditions(facts(**changed), LIMIT), 1) == (cause,)


def test_a_condition_that_is_no_cause_names_no_miss() -> None:
    holds = conditions(facts(top_probability=[0.1], target_count=[0]), LIMIT)
    assert name_causes({name: met for name, met in holds.items() if name != "unpredictable"}, 1) == ("rare",)
    assert name_causes({}, 3) == (NO_CAUSE,) * 3


def test_every_condition_is_described_with_its_threshold() -> None:
    sentences = {name: condition_in_words(name, LIMIT, best_list_known=False) for name in NAMES}
    assert "fewer than 2 times" in sentences["rare"]
    assert "30%" in sentences["magnet"]
    assert sentences["unpredictable"] == "the ten recommendations have a total probability below 50%"
    assert not [words for words in sentences.values() if "{" in words]
    assert "even the best possible list misses" in condition_in_words("unpredictable", LIMIT, best_list_known=True)
    assert [title_of(name) for name in NAMES] == [*(cause.title for cause in CAUSES.values()), "No cause found"]


@pytest.mark.parametrize(
    ("history", "outside"),
    [
        ([2, 4, 11, 13, 15], True),  # even items are of the target's category, and the model sees three events
        ([2, 4, 11, 13, 6], False),  # some before the window, but one within it too
        ([11, 13, 15, 17, 19], False),  # none anywhere
        ([2, 11, 13], False),  # all of it lies within the window
        ([11, 13, 2, 4, 6], False),
    ],
)
def test_useful_events_are_outside_the_window_only_if_none_is_inside(history: list[int], outside: bool) -> None:
    dataset = dataset_of(catalogue_of(24, 2), log_of([[0, 1]]))
    assert useful_outside(dataset, session_of(history), target=8, max_events=3) is outside


def test_only_events_of_its_series_are_useful_for_an_episode() -> None:
    catalogue = replace(catalogue_of(24, 2), series=np.where(np.isin(np.arange(24), [2, 8]), 7, -1))
    dataset = dataset_of(catalogue, log_of([[0, 1]]))
    # item 4 is of the category of episode 8, item 2 of its series
    assert useful_outside(dataset, session_of([2, 4, 11, 13, 4]), target=8, max_events=3)
    assert not useful_outside(dataset, session_of([4, 6, 11, 13, 15]), target=8, max_events=3)
    assert not useful_outside(dataset, session_of([2, 4, 11, 13, 2]), target=8, max_events=3)


COPIES = 30
"""Of every planted session, so that what they share is no accident."""
TRAIN = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]] * 6
TESTS = {
    "hit": [10, 11, 9],  # at rank 10, the last that is no miss
    "no cause": [10, 11, 12, 15],
    "rare": [10, 11, 23],
    "outside": [10, 11, 13, 15, 17, 11, 13, 14],  # the window of five sees odd items only, the target is even
    "repeat": [14, 11, 14],
    "other hit": [3, 11, 3],
}


def planted(
    tests: Mapping[str, list[int]] = TESTS, truth_in: Path | None = None, **card: object
) -> tuple[DataSet, Split]:
    """Thirty of each test; categories of the training sessions alternate (0, 1, 0, 1).

    With a folder for it there is a truth: nine in ten targets are of odd number, and all twelve of them are alike.
    """
    catalogue = catalogue_of(24, 2)
    log = log_of([*TRAIN, *(session for session in tests.values() for _ in range(COPIES))])
    ends = log.lengths - 1
    rows = np.arange(len(log))
    divided = Split("session", *(Examples(part, ends[part]) for part in (rows[:5], rows[5:6], rows[6:])))
    dataset = dataset_of(catalogue, log, **card)
    if truth_in is not None:
        dataset = written(dataset, truth_in, even_truth(catalogue, len(log), [[0.1, 0.9]] * len(log)))
    return dataset, divided


def misses_of(scale: float = 1.0, **world: object) -> Misses:
    """Misses of a model that puts items 0, 1, 2 ... first whatever came before, the surer the larger `scale`."""
    dataset, divided = planted(**world)  # type: ignore[arg-type]
    model = PlantedModel([-scale * row for row in range(24)], max_events=5)
    return find_misses(model, dataset, settings=LIMIT, divided=divided)


def test_planted_causes_are_named_and_the_worst_miss_is_first() -> None:
    misses = misses_of()
    assert (misses.tested, len(misses.worst_first)) == (6 * COPIES, 4 * COPIES)
    assert [miss.rank for miss in misses.worst_first[::COPIES]] == [24, 16, 15, 15]
    assert Counter((miss.rank, miss.cause) for miss in misses.worst_first) == {
        (24, "rare"): COPIES,
        (16, NO_CAUSE): COPIES,
        (15, "outside"): COPIES,
        (15, NO_CAUSE): COPIES,
    }
    assert misses.by_cause == {"rare": COPIES, "outside": COPIES, NO_CAUSE: 2 * COPIES}
    assert misses.share == pytest.approx(4 / 6)
    assert all(miss.first == 0 for miss in misses.worst_first)
    expected = np.log(np.exp(-23.0) / np.exp(-np.arange(24.0)).sum())
    assert misses.worst_first[0].log_probability == pytest.approx(expected, abs=1e-5)


def test_conditions_are_evaluated_in_hits_as_well() -> None:
    rates = misses_of().rates
    assert list(rates) == list(CAUSES)
    assert {(rate.misses, rate.hits) for rate in rates.values()} == {(4 * COPIES, 2 * COPIES)}
    assert (rates["rare"].in_misses, rates["rare"].in_hits) == (COPIES, 0)
    assert rates["rare"].is_cause
    # a hit whose useful item lies outside the window as well: no longer more frequent in misses
    misses = misses_of(tests=TESTS | {"hit": [10, 11, 13, 15, 17, 11, 13, 4], "other hit": [10, 11, 13, 15, 17, 11, 2]})
    assert (misses.rates["outside"].in_misses, misses.rates["outside"].in_hits) == (COPIES, 2 * COPIES)
    assert not misses.rates["outside"].is_cause
    assert misses.by_cause == {"rare": COPIES, NO_CAUSE: 3 * COPIES}


def test_a_seen_target_is_a_cause_where_seen_items_are_filtered() -> None:
    misses = misses_of(filter_seen=True)
    assert (misses.rates["excluded"].in_misses, misses.rates["excluded"].in_hits) == (2 * COPIES, 0)
    excluded = [miss for miss in misses.worst_first if miss.cause == "excluded"]
    assert {(miss.target, miss.rank) for miss in excluded} == {(14, 25), (3, 25)}
    assert misses_of().rates["excluded"].in_misses == 0


def test_a_target_that_the_best_possible_list_misses_too_is_not_predictable(tmp_path: Path) -> None:
    misses = misses_of(scale=0.01, truth_in=tmp_path / "flat")
    assert misses.best_list_known
    rate = misses.rates["unpredictable"]
    # missed targets: 15 and 23 (rank 6 in truth), 14 and 14 (rank 18); hits: 9 and 3
    assert (rate.in_misses, rate.misses, rate.in_hits, rate.hits) == (2 * COPIES, 4 * COPIES, 0, 2 * COPIES)
    assert {miss.target for miss in misses.worst_first if miss.cause == "unpredictable"} == {14}
    assert {miss.target for miss in misses.worst_first if miss.cause == "rare"} == {23}
    sure = misses_of(scale=1.0, truth_in=tmp_path / "sure")
    assert sure.rates["unpredictable"].in_misses == 0  # the ten hold nearly all of the probability


def test_without_a_truth_a_condition_that_is_frequent_in_hits_is_no_cause() -> None:
    misses = misses_of(scale=0.01)
    assert not misses.best_list_known
    rate = misses.rates["unpredictable"]
    assert (rate.among_misses, rate.among_hits) == (1.0, 1.0)
    assert "unpredictable" not in misses.by_cause


def test_a_part_without_a_target_is_refused() -> None:
    dataset, divided = planted()
    empty = Split("session", divided.train, divided.validation, divided.test.take(np.arange(0)))
    with pytest.raises(BadInput, match="the test part of its session split has no target"):
        find_misses(PlantedModel([0.0] * 24), dataset, divided=empty)


def test_misses_can_be_filtered() -> None:
    misses = misses_of()
    dataset = dataset_of(catalogue_of(24, 2), log_of([[0, 1]]))

    def choose(**wish: object) -> list[str]:
        return [miss.cause for miss in MissFilter(**wish).choose(misses.worst_first, dataset)][::COPIES]  # type: ignore[arg-type]

    assert choose() == [miss.cause for miss in misses.worst_first[::COPIES]]
    assert choose(cause="rare") == ["rare"]
    assert set(choose(category="Drama")) == {"rare", NO_CAUSE}  # items of odd number
    assert choose(events=(7, 9)) == ["outside"]
    with pytest.raises(BadInput, match="choose one of excluded"):
        choose(cause="weather")
    with pytest.raises(BadInput, match="no category"):
        choose(category="Weather")


def test_an_attention_sink_is_counted_in_hits_and_misses() -> None:
    dataset = home_world(3)
    model = trained_model(dataset, 3)
    plant(model, ITEMS)
    limit = CauseSettings(miss_below=8, rare_below=1, predictable_from=0.01, times_as_often=1)
    with_sink = find_misses(model, dataset, [ITEMS], limit)
    without_sink = find_misses(model, dataset, [], limit)
    assert with_sink.rates["magnet"].in_misses > 2
    assert with_sink.rates["magnet"].in_hits > 3
    assert (without_sink.rates["magnet"].in_misses, without_sink.rates["magnet"].in_hits) == (0, 0)
    assert [miss.rank for miss in with_sink.worst_first] == [miss.rank for miss in without_sink.worst_first]
