"""The warning of a bad model: it comes where a simple rule is as good, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from scripts.ship import measure_again
from streamrec_core.config import data_folder
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.evaluation.baselines import BASELINES, against_baselines, model_warning
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.models.popularity import popularity
from streamrec_core.models.settings import LSTMSettings
from tests.pages.tiny_world import ship
from tests.worlds import BagModel, PlantedModel, chain_dataset, small_lstm, written

ITEMS = 14


def card_with(baselines: dict[str, Any]) -> Any:
    return read_card("streamrec-plain").model_copy(update={"baselines": baselines})


def test_a_model_that_knows_the_chain_beats_both_rules() -> None:
    dataset = chain_dataset(sessions=200, items=ITEMS)
    follows = 5.0 * torch.eye(ITEMS).roll(1, dims=1)
    recent = BagModel(follows, max_events=1)
    rows = against_baselines(recent, dataset, split(dataset))
    assert list(rows) == ["popularity", "item neighbours", "sequential rules"]
    assert rows["popularity"]["model"] == 1.0
    assert rows["popularity"]["interval"][0] > 0
    assert model_warning(card_with(rows)) == ""


def test_a_model_that_ignores_the_history_is_worse_than_rules_that_read_it() -> None:
    dataset = chain_dataset(sessions=200, items=ITEMS)
    divided = split(dataset)
    rows = against_baselines(popularity(dataset.log, dataset.catalogue, divided.train), dataset, divided)
    assert model_warning(card_with(rows)).startswith("This model is worse than item neighbours (Hit@10 ")
    warning = model_warning(card_with({"popularity": rows["popularity"]}))
    assert warning.startswith("This model is not shown to be better than popularity (Hit@10 ")
    assert "its explanations may explain a bad model" in warning


def test_ten_items_or_fewer_are_compared_by_rank() -> None:
    dataset = chain_dataset(sessions=200, items=10)
    rows = against_baselines(PlantedModel(range(10)), dataset, split(dataset))
    assert {row["metric"] for row in rows.values()} == {"ndcg@10"}


@pytest.mark.parametrize(
    ("of_popularity", "of_neighbours", "words"),
    [
        ([0.1, 0.4], [0.0, 0.2], ""),
        ([0.1, 0.4], [-0.1, 0.1], ""),
        ([0.1, 0.4], [-0.2, 0.1], "not shown to be as good as item neighbours (Hit@10 0.500, item neighbours 0.550"),
        ([0.1, 0.4], [-0.3, -0.1], "is worse than item neighbours (Hit@10 0.500, item neighbours 0.700"),
        ([-0.1, 0.4], [0.0, 0.2], "is not shown to be better than popularity"),
        ([0.0, 0.4], [0.0, 0.2], "is not shown to be better than popularity"),
        ([-0.3, -0.1], [-0.3, -0.1], "is worse than popularity"),
        ([-0.1, 0.4], [-0.3, -0.1], "is worse than item neighbours"),
    ],
)
def test_the_worse_news_is_told(of_popularity: list[float], of_neighbours: list[float], words: str) -> None:
    rows = {}
    for name, interval in (("popularity", of_popularity), ("item neighbours", of_neighbours)):
        difference = sum(interval) / 2
        figures = {"model": 0.5, "baseline": 0.5 - difference, "difference": difference, "interval": interval}
        rows[name] = {"metric": "hit@10", "sessions": 90, **figures}
    warning = model_warning(card_with(rows))
    assert words in warning
    assert bool(warning) == bool(words)
    assert ("explain a bad model" in warning) == bool(words)
    assert ("may explain" in warning) == ("not shown" in words)


def test_models_trained_before_say_nothing() -> None:
    assert model_warning(card_with({})) == model_warning(None) == ""


SHIPPED = {
    "streamrec-transformer": "",
    "streamrec-plain": "This model is worse than sequential rules",
    "streamrec-lstm": "This model is not shown to be as good as sequential rules",
    "streamrec-home-plain": "This model is worse than sequential rules",
}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_measured_against_the_rules_of_today(name: str) -> None:
    card = read_card(name)
    assert list(card.baselines) == list(BASELINES), "run: python scripts/ship.py --measure-again"
    assert model_warning(card).startswith(SHIPPED[name])
    assert bool(model_warning(card)) == bool(SHIPPED[name])


def test_a_shipped_model_is_measured_again(tmp_path: Path) -> None:
    written(chain_dataset(sessions=200, items=ITEMS), data_folder() / "tiny")
    dataset = open_data("tiny")
    ship(
        small_lstm(dataset.catalogue), dataset, tmp_path / "old", LSTMSettings(hidden=12, width=8).model_dump(), "lstm"
    )
    assert read_card(tmp_path / "old").baselines == {}
    measured = measure_again(tmp_path / "old")
    model = load_checkpoint(tmp_path / "old", dataset.catalogue)
    assert measured.baselines == against_baselines(model, dataset, split(dataset))
    assert read_card(tmp_path / "old") == measured
