"""Readability of planted maps: stable heads, agreement with a known effect, and the cause among the top two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streamrec_core.data.splits import Split
from streamrec_core.explain.readability import Readability, best_reading, readability, stable_heads, summary
from tests.worlds import chain_dataset, examples_at_last, small_lstm, small_transformer

FIGURES = Readability(
    agreements={
        name: np.array([[0.1, value, 0.0], [np.nan] * 3, [0.3, value, 1.0]])
        for name, value in (
            ("mean of all heads", 0.2),
            ("mean of the last layer", 0.1),
            ("reading weights", 0.9),
            ("reading weights x contribution", 0.5),
        )
    },
    signed={},
    labels={
        "0.0": ("focused",) * 7 + ("distributed",) * 3,
        "0.1": ("category",) * 7 + ("recency",) * 3,
        "0.2": ("distributed",) * 10,
        "0.3": ("recency",) * 6 + ("focused",) * 4,
    },
    even_labels=("category",) * 8 + ("distributed",) * 2,
    named=np.array([1.0, 0.0, 1.0]),
    named_effect=np.array([1.0, 2.0]),
    random_effect=np.array([0.5, 0.5]),
    cause_found={},
)


def test_a_head_is_stable_from_seven_in_ten_and_only_beyond_even_attention() -> None:
    assert stable_heads(FIGURES) == {"0.0": "focused"}  # category is what even attention would be called more often
    assert stable_heads(replace(FIGURES, even_labels=("distributed",) * 10)) == {"0.0": "focused", "0.1": "category"}


def test_short_sessions_are_left_out_of_agreement_and_seeds_are_averaged() -> None:
    found = summary([FIGURES, FIGURES], best_reading(FIGURES))
    assert found["reading"] == "reading weights"
    assert found["agreement"]["reading weights"]["tau"]["mean"] == pytest.approx(0.2)
    assert found["agreement"]["reading weights"]["tau"]["n"] == 2
    assert found["named"]["mean"] == pytest.approx(2 / 3)
    assert found["named_minus_random"]["mean"] == pytest.approx(1.0)
    assert found["stable_heads"] == [1, 1]


@pytest.mark.parametrize("jobs", [(), ("last", "category")])
def test_a_real_model_is_read_session_by_session(jobs: tuple[str, ...]) -> None:
    dataset = chain_dataset()
    examples = examples_at_last(dataset.log)
    model = small_transformer(dataset.catalogue, jobs=jobs)
    found = readability(model, dataset, Split("session", examples, examples, examples), "test", sessions=20)
    assert found.agreements["cap"].shape == found.agreements["reading weights"].shape == (20, 3)
    assert len(found.labels) == 8
    assert len(found.named) == 20
    assert len(found.named_effect) == len(found.random_effect) <= 20
    assert summary([found], None)["agreement"]["random"]["pearson"]["mean"] == pytest.approx(0, abs=0.4)


def test_a_model_without_attention_has_floors_and_cap_only() -> None:
    dataset = chain_dataset()
    examples = examples_at_last(dataset.log)
    found = readability(
        small_lstm(dataset.catalogue), dataset, Split("session", examples, examples, examples), "test", sessions=8
    )
    assert set(found.agreements) == {"random", "last item", "cap"}
    assert (found.labels, found.named.sum()) == ({}, 0)
