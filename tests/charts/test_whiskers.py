"""Whiskers: from a value to the ends of its interval."""

from __future__ import annotations

import pytest

from streamrec_core.charts.whiskers import whiskers


def test_whiskers_reach_the_ends_of_an_interval_and_are_left_out_without_one() -> None:
    error_bars = whiskers([0.5, 0.2], [(0.4, 0.8), None], "#123456", width=6)
    assert error_bars["array"] == pytest.approx([0.3, 0.0])
    assert error_bars["arrayminus"] == pytest.approx([0.1, 0.0])
    assert (error_bars["color"], error_bars["width"], error_bars["visible"]) == ("#123456", 6, True)
    assert whiskers([0.5], [None], "#123456")["visible"] is False
