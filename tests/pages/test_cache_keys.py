"""Cache keys: another model or data set of the same name is never answered from the cache of the one before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pages.explore.explained_view import ExplainedView
from pages.ui import cached
from pages.ui.workbench import Workbench, open_workbench
from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.settings import TransformerSettings
from tests.pages.tiny_world import renamed, ship
from tests.worlds import SMALL, chain_dataset, small_transformer, written


@pytest.fixture
def bench(world: DataSet) -> Workbench:
    return open_workbench("tiny", "a-transformer")


def test_the_same_model_and_data_set_are_computed_once(bench: Workbench) -> None:
    again = open_workbench("tiny", "a-transformer")
    assert again is not bench
    assert cached.explanation(bench, "s3", None) is cached.explanation(again, "s3", None)
    assert cached.session_split(bench.dataset) is cached.session_split(again.dataset)


def test_other_weights_under_the_same_name_are_another_entry(bench: Workbench, checkpoints: Path) -> None:
    before = cached.explanation(bench, "s3", None)
    retrained = small_transformer(bench.dataset.catalogue, seed=1)
    ship(retrained, bench.dataset, checkpoints / "a-transformer", TransformerSettings(**SMALL).model_dump())
    after = open_workbench("tiny", "a-transformer")
    assert (after.data_name, after.model_name) == (bench.data_name, bench.model_name)
    assert after.cache_key != bench.cache_key
    assert cached.explanation(after, "s3", None).score != before.score


def test_other_events_under_the_same_name_are_another_entry(bench: Workbench) -> None:
    before = cached.session_split(bench.dataset), cached.explanation(bench, "s3", None)
    longer = renamed(chain_dataset(sessions=90, items=14), bench.dataset.catalogue)
    shutil.rmtree(data_folder() / "tiny")
    written(longer, data_folder() / "tiny")
    after = open_workbench("tiny", "a-transformer")
    assert len(cached.session_split(after.dataset).test_rows) > len(before[0].test_rows)
    assert cached.explanation(after, "s3", None) is not before[1]


def test_another_split_of_the_same_events_is_another_entry(bench: Workbench) -> None:
    before = cached.session_split(bench.dataset)
    card = bench.dataset.card.model_copy(update={"split": "leave-last-out"})
    resplit = replace(bench.dataset, card=card)
    assert resplit.card.hashes == bench.dataset.card.hashes
    assert len(cached.session_split(resplit).test_rows) > len(before.test_rows)


def test_a_model_that_is_refused_has_another_key_than_the_loaded_one(bench: Workbench) -> None:
    refused = replace(bench, model=None, refusal="its weights have changed")
    assert refused.cache_key != bench.cache_key


def test_a_view_has_its_own_key_by_session_and_item(bench: Workbench) -> None:
    first, second = cached.explanation(bench, "s3", None), cached.explanation(bench, "s5", None)
    other = cached.explanation(bench, "s3", first.recommendations[1].row)
    views = [ExplainedView(bench, first, "s3"), ExplainedView(bench, second, "s5"), ExplainedView(bench, other, "s3")]
    assert len({view.cache_key for view in views}) == 3
