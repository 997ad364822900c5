"""The warning of a bad model: it comes where a simple rule is as good, and only there."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from streamrec_core.data.splits import split
from streamrec_core.evaluation.baselines import against_baselines, model_warning
from streamrec_core.models.checkpoint import read_card
from streamrec_core.models.popularity import popularity
from tests.worlds import BagModel, PlantedModel, chain_dataset

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


def test_a_model_that_ignores_the_history_is_not_shown_to_be_better_than_popularity() -> None:
    dataset = chain_dataset(sessions=200, items=ITEMS)
    divided = split(dataset)
    rows = against_baselines(popularity(dataset.log, dataset.catalogue, divided.train), dataset, divided)
    warning = model_warning(card_with(rows))
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
    assert model_warning(read_card("streamrec-transformer")) == model_warning(None) == ""
