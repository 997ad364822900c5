"""Aggregating the maps of all heads, with weights known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.attention.aggregation import mean_over_heads
from tests.worlds import planted_maps


def test_the_predicting_rows_of_all_heads_are_averaged() -> None:
    maps = planted_maps([[0.8, 0.1, 0.1], [0.0, 0.5, 0.5]], layers=1)
    assert mean_over_heads(maps) == pytest.approx([0.4, 0.3, 0.3])
    assert mean_over_heads(np.zeros((0, 0, 3, 3), np.float32)).size == 0
