"""Error bars from a value to the ends of its interval."""

from __future__ import annotations

import pytest

from streamrec_core.charts.error_bars import error_bars


def test_error_bars_reach_the_ends_of_an_interval_and_are_absent_without_one() -> None:
    bars = error_bars([0.5, 0.2], [(0.4, 0.8), None], "#123456", width=6)
    assert bars["array"] == pytest.approx([0.3, 0.0])
    assert bars["arrayminus"] == pytest.approx([0.1, 0.0])
    assert (bars["color"], bars["width"], bars["visible"]) == ("#123456", 6, True)
    assert error_bars([0.5], [None], "#123456")["visible"] is False
