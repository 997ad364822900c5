"""Ways out of a planted magnet: what each takes away is known, and the data sets to train on hold what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from streamrec_core.data.splits import split
from streamrec_core.data.storage import read_dataset, write_dataset
from streamrec_core.diagnosis.mitigations import WAYS, holding, left_out, marked_neutral, try_way
from streamrec_core.errors import BadInput
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.worlds import OneHotModel, PlantedModel, catalogue_of, dataset_of, examples_at_last, log_of


def test_leaving_it_out_gives_its_attention_to_the_others() -> None:
    dataset = home_world(4)
    model = trained_model(dataset, 4)
    plant(model, ITEMS)
    examples = holding(dataset, split(dataset).test, ITEMS)
    found = {name: try_way(model, dataset, examples, ITEMS, name) for name in WAYS}
    before, after = found["as it is"], found["left out"]
    assert before.attention_on_it > 0.25
    assert after.attention_on_it == found["hidden"].attention_on_it == 0.0
    assert after.attention_on_category is not None
    assert before.attention_on_category is not None
    assert after.attention_on_category > before.attention_on_category
    assert found["neutral"].attention_on_it == pytest.approx(before.attention_on_it)  # it is neutral already
    assert {one.naming_it for one in found.values()} == {0.0, None}
    assert found["hidden"].confirmed is None
    gain, (low, high) = after.gain(before)
    assert low <= gain <= high


def test_marking_an_item_neutral_takes_it_from_the_recommendations() -> None:
    dataset = dataset_of(catalogue_of(12), log_of([[0, 1, 2, 10]] * 4))
    model = PlantedModel([20.0 - row for row in range(12)])  # item 10 is number 11, with item 0 among those before it
    examples = examples_at_last(dataset.log)
    assert try_way(model, dataset, examples, 0, "as it is").hit_at_ten == 0.0
    assert try_way(model, dataset, examples, 0, "neutral").hit_at_ten == 1.0


def test_explanations_are_checked_before_and_after() -> None:
    # Every event speaks for its successor; without item 3 nothing of these twelve events speaks for item 20.
    weights = torch.zeros(24, 24)
    weights[3, 20] = 6.0
    model = OneHotModel(weights)
    dataset = dataset_of(catalogue_of(24), log_of([[*range(4, 10), 3, *range(10, 15), 20]] * 3))
    examples = examples_at_last(dataset.log)
    assert try_way(model, dataset, examples, 3, "as it is").confirmed == 1.0
    assert try_way(model, dataset, examples, 3, "left out").confirmed == 0.0


def test_a_way_or_an_item_that_is_not_there_is_named() -> None:
    dataset = home_world(0, home_share=0.0)
    with pytest.raises(BadInput, match="none of the 90 sessions"):
        holding(dataset, split(dataset).test, ITEMS)
    with pytest.raises(BadInput, match="choose one of as it is"):
        try_way(trained_model(dataset, 0), dataset, split(dataset).test, 0, "hope")


def test_the_data_set_without_it_can_be_written_and_read(tmp_path: Path) -> None:
    dataset = home_world(1)
    found = read_dataset(write_dataset(left_out(dataset, ITEMS), tmp_path / "without").folder or tmp_path)
    assert ITEMS not in found.log.items
    assert len(found.log.items) == int((dataset.log.items != ITEMS).sum())
    assert found.catalogue.hash == dataset.catalogue.hash  # models of both can be compared
    row = 7
    whole = dataset.log.session(row).items
    assert found.log.session(row).items.tolist() == whole[whole != ITEMS].tolist()


def test_the_data_set_with_it_neutral_can_be_written_and_read(tmp_path: Path) -> None:
    dataset = dataset_of(catalogue_of(6), log_of([[0, 1, 2], [3, 4, 5]]))
    found = read_dataset(write_dataset(marked_neutral(dataset, 4), tmp_path / "neutral").folder or tmp_path)
    assert found.catalogue.neutral.tolist() == [False, False, False, False, True, False]
    assert found.catalogue.category(4) == "neutral"
    assert found.log.items.tolist() == dataset.log.items.tolist()
    assert not dataset.catalogue.neutral.any()
    already = home_world(0)
    assert marked_neutral(already, ITEMS) is already


def test_sessions_that_held_little_else_are_dropped() -> None:
    dataset = dataset_of(catalogue_of(6), log_of([[0, 0, 1], [2, 0, 3]]))
    assert left_out(dataset, 0).log.session_ids == ("s1",)
    with pytest.raises(BadInput, match="no session of two events is left"):
        left_out(dataset_of(catalogue_of(6), log_of([[0, 0]])), 0)
