"""Head measures and types on attention maps made by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.attention.measures import (
    HEAD_TYPES,
    HeadReading,
    Measures,
    Thresholds,
    head_type,
    normalised_entropy,
    read_head,
    recency_correlation,
    same_category_weight,
)
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of

CATALOGUE = catalogue_of(12, 3, home=True)  # item n is of category n mod 3; 12 is the home page
HOME = 12


def read(weights: Sequence[float], items: Sequence[int], **thresholds: float) -> HeadReading:
    limits = Thresholds(**thresholds) if thresholds else None
    return read_head(np.array(weights, np.float32), np.array(items, np.int32), CATALOGUE, (1, 3), limits)


def test_entropy_is_divided_by_the_logarithm_of_the_length() -> None:
    assert normalised_entropy(np.array([0.25, 0.25, 0.25, 0.25])) == pytest.approx(1.0)
    assert normalised_entropy(np.array([0.5, 0.5, 0.0, 0.0])) == pytest.approx(0.5)
    assert normalised_entropy(np.array([0.0, 1.0])) == 0.0
    expected = -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)) / math.log(3)
    assert normalised_entropy(np.array([0.7, 0.2, 0.1])) == pytest.approx(expected)


def test_recency_is_the_pearson_correlation_of_weight_and_position() -> None:
    assert recency_correlation(np.array([0.1, 0.2, 0.3, 0.4])) == pytest.approx(1.0)
    assert recency_correlation(np.array([0.4, 0.3, 0.2, 0.1])) == pytest.approx(-1.0)
    # weights 0 0 1 at positions 0 1 2: covariance 1/3, deviations sqrt(2)/3 and sqrt(2/3)
    assert recency_correlation(np.array([0.0, 0.0, 1.0])) == pytest.approx(math.sqrt(3) / 2)


def test_same_category_is_that_of_the_last_item_with_neutral_items_outside() -> None:
    weights = np.array([0.4, 0.1, 0.2, 0.3])
    assert same_category_weight(weights, np.array([3, 1, 2, 0], np.int32), CATALOGUE) == pytest.approx(0.7)
    assert same_category_weight(weights, np.array([3, 1, 0, HOME], np.int32), CATALOGUE) == pytest.approx(0.6)
    assert same_category_weight(weights, np.array([HOME] * 4, np.int32), CATALOGUE) == 0.0


@pytest.mark.parametrize(
    ("weights", "items", "expected"),
    [
        # entropy 0.24: focused, although all weight is on the latest and its category
        ([0.01, 0.01, 0.02, 0.96], [1, 2, 4, 0], "focused"),
        # rises with position, and half the weight is on the last item's category
        ([0.1, 0.2, 0.3, 0.4], [1, 2, 3, 0], "recency"),
        # falls with position, so category, by 0.6
        ([0.35, 0.25, 0.2, 0.2], [3, 0, 1, 6], "category"),
        ([0.35, 0.25, 0.2, 0.2], [1, 2, 4, 0], "distributed"),
    ],
)
def test_each_pattern_gets_its_name(weights: list[float], items: list[int], expected: str) -> None:
    assert read(weights, items).type == expected


def test_focused_comes_before_recency_and_recency_before_category() -> None:
    assert list(HEAD_TYPES) == ["focused", "recency", "category", "distributed"]
    everything = Measures(entropy=0.1, recency_correlation=0.9, same_category_weight=0.9)
    assert head_type(everything) == "focused"
    assert head_type(replace(everything, entropy=0.9)) == "recency"
    assert head_type(replace(everything, entropy=0.9, recency_correlation=0.1)) == "category"


def test_the_thresholds_themselves_do_not_qualify() -> None:
    assert head_type(Measures(0.5, 0.6, 0.5)) == "distributed"
    assert head_type(Measures(0.4999, 0.6, 0.5)) == "focused"
    assert head_type(Measures(0.5, 0.6001, 0.5)) == "recency"
    assert head_type(Measures(0.5, 0.6, 0.5001)) == "category"


def test_thresholds_are_settings() -> None:
    weights, items = [0.35, 0.25, 0.2, 0.2], [3, 0, 1, 6]
    assert read(weights, items, category_weight=0.85).type == "distributed"
    assert read(weights, items, focused_entropy=0.99).type == "focused"
    assert read([0.2, 0.3, 0.25, 0.25], [1, 2, 4, 0], recency_correlation=0.2).type == "recency"
    with pytest.raises(BadInput, match="focused_entropie: Extra inputs"):
        Thresholds.parse({"focused_entropie": 0.4}, "a test")
    with pytest.raises(BadInput, match="category_weight: Input should be less than or equal to 1"):
        Thresholds.parse({"category_weight": 1.5}, "a test")


def test_a_session_of_one_event_is_distributed() -> None:
    reading = read([1.0], [4])
    assert (reading.measures.entropy, reading.measures.recency_correlation) == (1.0, 0.0)
    assert (reading.type, reading.type_under_uniform) == ("distributed", "distributed")
    assert (reading.top_positions, reading.top_weights) == ((0,), (1.0,))


@pytest.mark.parametrize("length", [2, 3, 7, 30, 50])
def test_constant_weights_have_entropy_one_and_no_correlation(length: int) -> None:
    even = [1 / length] * length
    reading = read(even, [1] * (length - 1) + [0])
    assert reading.measures.entropy == pytest.approx(1.0)
    assert reading.measures.recency_correlation == 0.0
    assert reading.type == reading.type_under_uniform == "distributed"


def test_even_attention_shows_which_category_heads_it_would_make() -> None:
    mostly_same = [0, 3, 6, 1, 9]
    assert read([0.2, 0.2, 0.2, 0.2, 0.2], mostly_same).type_under_uniform == "category"
    assert read([0.05, 0.3, 0.3, 0.15, 0.2], mostly_same).type_under_uniform == "category"
    earned = read([0.5, 0.1, 0.1, 0.1, 0.2], [0, 1, 2, 4, 3])
    assert (earned.type, earned.type_under_uniform) == ("category", "distributed")


def test_the_top_three_come_heaviest_first_and_ties_earliest_first() -> None:
    reading = read([0.1, 0.3, 0.1, 0.4, 0.1], [1, 2, 4, 5, 0])
    assert reading.top_positions == (3, 1, 0)
    assert reading.top_weights == pytest.approx((0.4, 0.3, 0.1))
    assert read([0.5, 0.5], [1, 2]).top_positions == (0, 1)
    assert (reading.layer, reading.head) == (1, 3)


weights_of_a_head = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50).filter(lambda raw: sum(raw) > 1e-3)


@given(weights_of_a_head)
def test_every_row_of_weights_has_measures_in_their_ranges_and_a_type(raw: list[float]) -> None:
    weights = np.array(raw, np.float32) / np.float32(sum(raw))
    reading = read(weights.tolist(), [number % 13 for number in range(len(raw))])
    assert 0 <= reading.measures.entropy <= 1
    assert -1.0001 <= reading.measures.recency_correlation <= 1.0001
    assert -0.0001 <= reading.measures.same_category_weight <= 1.0001
    assert reading.type in HEAD_TYPES
    assert reading.type_under_uniform in ("category", "distributed")
    assert len(reading.top_positions) == min(3, len(raw))
