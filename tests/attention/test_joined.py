"""Joining the maps of all heads, with weights known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attention.joined import JOINS, even_weights, join, last_layer_weights, reading_weights
from tests.worlds import catalogue_of, planted_maps, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)


def test_a_readable_model_brings_its_own_weights_and_others_count_every_head_alike() -> None:
    readable = small_transformer(CATALOGUE, jobs=("last",))
    with torch.no_grad():
        readable.reading.zero_()
        readable.reading[1, 2] = 50.0
    assert reading_weights(readable)[1, 2] == pytest.approx(1.0)
    assert reading_weights(small_transformer(CATALOGUE)).tolist() == [[0.125] * 4] * 2


def test_weights_sum_to_one_whatever_the_way() -> None:
    for weigh in JOINS.values():
        assert weigh(small_transformer(CATALOGUE)).sum() == pytest.approx(1.0)
    assert last_layer_weights(small_transformer(CATALOGUE)).tolist() == [[0.0] * 4, [0.25] * 4]
    assert even_weights(small_lstm(CATALOGUE)).size == 0


def test_the_predicting_rows_are_joined() -> None:
    maps = planted_maps([[0.8, 0.1, 0.1], [0.0, 0.5, 0.5]], layers=1)
    assert join(maps, np.array([[0.25, 0.75]])) == pytest.approx([0.2, 0.4, 0.4])
    assert join(np.zeros((0, 0, 3, 3), np.float32), np.zeros((0, 0))).size == 0
