"""The release gate on models whose difference is known: the same, untrained, and shuffled ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.diagnosis.gate.measuring import MeasureSettings, ReleaseMeasures, measure_model
from streamrec_core.diagnosis.gate.model_diff import compare_for_release
from streamrec_core.diagnosis.gate.threshold_keys import KEYS
from streamrec_core.diagnosis.gate.thresholds import Threshold, exit_code, judge
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS, RandomScores
from streamrec_core.models.neighbours import item_neighbours
from tests.worlds import chain_dataset, small_transformer

SETTINGS = MeasureSettings(explained=4, weighed=20, sinks=True)
GATE = (Threshold("hit_at_10_drop", "at_most", 0.05), Threshold("lists_changed", "at_most", 0.3))


@pytest.fixture(scope="module")
def world() -> tuple[DataSet, Split]:
    """A chain of forty items: neighbours get nearly every target, chance one in four."""
    dataset = chain_dataset(400, 40)
    return dataset, split(dataset)


@pytest.fixture(scope="module")
def neighbours(world: tuple[DataSet, Split]) -> ReleaseMeasures:
    dataset, divided = world
    return measure_model(item_neighbours(dataset.log, dataset.catalogue, divided.train), dataset, divided, SETTINGS)


def test_a_model_does_not_differ_from_itself(world: tuple[DataSet, Split]) -> None:
    dataset, divided = world
    model = small_transformer(dataset.catalogue)
    first, second = (measure_model(model, dataset, divided, SETTINGS) for _ in range(2))
    diff = compare_for_release(first, second, dataset, divided)
    assert set(diff.measurements) == set(KEYS)
    for name, key in KEYS.items():
        if key.bound == "at_most" and name not in ("popularity", "exposure_gini", "explanations_failed"):
            estimate = diff.measurements[name]
            assert (estimate.figure, estimate.low or 0.0, estimate.high or 0.0) == (0, 0, 0), name
    assert (
        exit_code(
            judge(tuple(Threshold(name, "at_most", 0.0) for name in ("lists_changed", "mrr_drop")), diff.measurements)
        )
        == 0
    )
    assert not any(each.moved for each in diff.parameters)
    assert diff.new_sinks == ()
    assert all(each.lists_changed.figure == 0 for each in diff.slices)


def test_sinks_are_looked_for_in_the_test_sessions_of_the_same_split() -> None:
    dataset = chain_dataset(40, 40)
    divided = split(dataset, "leave-last-out")
    settings = MeasureSettings(explained=0, weighed=0, sinks=True)
    sinks = measure_model(small_transformer(dataset.catalogue), dataset, divided, settings).sinks
    assert sinks is not None
    assert sinks.sessions == len(divided.test) > len(split(dataset).test)


def test_random_scores_in_place_of_a_model_do_not_pass(
    world: tuple[DataSet, Split], neighbours: ReleaseMeasures
) -> None:
    dataset, divided = world
    random = measure_model(
        RandomScores(len(dataset.catalogue)), dataset, divided, MeasureSettings(explained=4, weighed=20)
    )
    diff = compare_for_release(neighbours, random, dataset, divided)
    assert [judgement.outcome for judgement in judge(GATE, diff.measurements)] == ["not met", "not met"]
    assert diff.measurements["first_title_changed"].figure > 0.8
    # Lists drawn anew at random are as far from the model's as other random lists are.
    assert diff.measurements["lists_changed"].figure == pytest.approx(diff.floors["random lists"], abs=0.05)


def test_shuffled_weights_do_not_pass(world: tuple[DataSet, Split]) -> None:
    dataset, divided = world
    model, shuffled = small_transformer(dataset.catalogue), small_transformer(dataset.catalogue)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in shuffled.parameters():
            weight.copy_(weight.flatten()[torch.randperm(weight.numel(), generator=generator)].view_as(weight))
    settings = MeasureSettings(explained=0, weighed=0, sinks=False)
    old, new = (measure_model(each, dataset, divided, settings) for each in (model, shuffled))
    diff = compare_for_release(old, new, dataset, divided)
    assert exit_code(judge((Threshold("lists_changed", "at_most", 0.3),), diff.measurements)) == 1
    assert not {"explanations_failed_rise", "parameter_moved", "new_attention_sinks"} & set(diff.measurements)


def test_the_change_of_every_slice_averages_to_that_of_all(
    world: tuple[DataSet, Split], neighbours: ReleaseMeasures
) -> None:
    dataset, divided = world
    random = measure_model(
        RandomScores(len(dataset.catalogue)), dataset, divided, MeasureSettings(explained=4, weighed=0, sinks=False)
    )
    diff = compare_for_release(neighbours, random, dataset, divided)
    assert list(diff.floors) == list(FLOORS)
    for slicing in {each.slicing for each in diff.slices}:
        rows = [each for each in diff.slices if each.slicing == slicing]
        assert sum(row.sessions for row in rows) == len(divided.test)
        mean = np.average([row.lists_changed.figure for row in rows], weights=[row.sessions for row in rows])
        assert mean == pytest.approx(diff.measurements["lists_changed"].figure)
        gain = np.average([row.hit_at_10_change.figure for row in rows], weights=[row.sessions for row in rows])
        assert gain == pytest.approx(-diff.measurements["hit_at_10_drop"].figure)


def test_one_test_session_is_too_few(world: tuple[DataSet, Split]) -> None:
    dataset, divided = world
    one_test = replace(divided, test=divided.test.sample(1))
    model = item_neighbours(dataset.log, dataset.catalogue, divided.train)
    measured = measure_model(model, dataset, one_test, MeasureSettings(explained=0, weighed=0, sinks=False))
    with pytest.raises(BadInput, match="two test sessions or more, and tiny has 1"):
        compare_for_release(measured, measured, dataset, one_test)


def test_models_measured_on_different_sessions_are_refused(
    world: tuple[DataSet, Split], neighbours: ReleaseMeasures
) -> None:
    dataset, divided = world
    model = item_neighbours(dataset.log, dataset.catalogue, divided.train)
    other = measure_model(model, dataset, divided, MeasureSettings(explained=2, weighed=0, sinks=False))
    with pytest.raises(BadInput, match="different sessions"):
        compare_for_release(neighbours, other, dataset, divided)
