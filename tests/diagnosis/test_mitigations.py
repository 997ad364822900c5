"""Mitigations of a planted attention sink change attention and Hit@10 as known; retraining data are as described."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from streamrec_core.data.splits import split
from streamrec_core.data.storage import read_dataset, write_dataset
from streamrec_core.diagnosis.mitigations import (
    MITIGATIONS,
    left_out,
    marked_neutral,
    measure_mitigation,
    sessions_with,
)
from streamrec_core.errors import BadInput
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.worlds import OneHotModel, PlantedModel, catalogue_of, dataset_of, examples_at_last, log_of


def test_leaving_the_item_out_gives_its_attention_to_the_others() -> None:
    dataset = home_world(4)
    model = trained_model(dataset, 4)
    plant(model, ITEMS)
    examples = sessions_with(dataset, split(dataset).test, ITEMS)
    results = {name: measure_mitigation(model, dataset, examples, ITEMS, name) for name in MITIGATIONS}
    before, after = results["as it is"], results["left out"]
    assert before.attention_on_it > 0.25
    assert after.attention_on_it == results["hidden"].attention_on_it == 0.0
    assert after.attention_on_category is not None
    assert before.attention_on_category is not None
    assert after.attention_on_category > before.attention_on_category
    assert results["neutral"].attention_on_it == pytest.approx(before.attention_on_it)  # it is neutral already
    assert {result.naming_it for result in results.values()} == {0.0, None}
    assert results["hidden"].confirmed is None
    gain, (low, high) = after.gain(before)
    assert low <= gain <= high


def test_a_neutral_item_is_not_recommended() -> None:
    dataset = dataset_of(catalogue_of(12), log_of([[0, 1, 2, 10]] * 4))
    model = PlantedModel([20.0 - row for row in range(12)])  # item 10 is number 11, with item 0 among those before it
    examples = examples_at_last(dataset.log)
    assert measure_mitigation(model, dataset, examples, 0, "as it is").hit_at_ten == 0.0
    assert measure_mitigation(model, dataset, examples, 0, "neutral").hit_at_ten == 1.0


def test_explanations_are_checked_before_and_after() -> None:
    # Every event speaks for its successor; without item 3 nothing of these twelve events speaks for item 20.
    weights = torch.zeros(24, 24)
    weights[3, 20] = 6.0
    model = OneHotModel(weights)
    dataset = dataset_of(catalogue_of(24), log_of([[*range(4, 10), 3, *range(10, 15), 20]] * 3))
    examples = examples_at_last(dataset.log)
    assert measure_mitigation(model, dataset, examples, 3, "as it is").confirmed == 1.0
    assert measure_mitigation(model, dataset, examples, 3, "left out").confirmed == 0.0


def test_an_unknown_mitigation_or_an_absent_item_is_named() -> None:
    dataset = home_world(0, home_share=0.0)
    with pytest.raises(BadInput, match="none of the 90 sessions contains"):
        sessions_with(dataset, split(dataset).test, ITEMS)
    with pytest.raises(BadInput, match="choose one of as it is"):
        measure_mitigation(trained_model(dataset, 0), dataset, split(dataset).test, 0, "hope")


def test_the_data_set_without_the_item_can_be_written_and_read(tmp_path: Path) -> None:
    dataset = home_world(1)
    dataset_read = read_dataset(write_dataset(left_out(dataset, ITEMS), tmp_path / "without").folder or tmp_path)
    assert ITEMS not in dataset_read.log.items
    assert len(dataset_read.log.items) == int((dataset.log.items != ITEMS).sum())
    assert dataset_read.catalogue.hash == dataset.catalogue.hash  # models of both can be compared
    row = 7
    whole = dataset.log.session(row).items
    assert dataset_read.log.session(row).items.tolist() == whole[whole != ITEMS].tolist()


def test_the_data_set_with_a_neutral_item_can_be_written_and_read(tmp_path: Path) -> None:
    dataset = dataset_of(catalogue_of(6), log_of([[0, 1, 2], [3, 4, 5]]))
    dataset_read = read_dataset(write_dataset(marked_neutral(dataset, 4), tmp_path / "neutral").folder or tmp_path)
    assert dataset_read.catalogue.neutral.tolist() == [False, False, False, False, True, False]
    assert dataset_read.catalogue.category(4) == "neutral"
    assert dataset_read.log.items.tolist() == dataset.log.items.tolist()
    assert not dataset.catalogue.neutral.any()
    already = home_world(0)
    assert marked_neutral(already, ITEMS) is already


def test_sessions_with_fewer_than_two_other_events_are_dropped() -> None:
    dataset = dataset_of(catalogue_of(6), log_of([[0, 0, 1], [2, 0, 3]]))
    assert left_out(dataset, 0).log.session_ids == ("s1",)
    with pytest.raises(BadInput, match="no session with two events is left"):
        left_out(dataset_of(catalogue_of(6), log_of([[0, 0]])), 0)
