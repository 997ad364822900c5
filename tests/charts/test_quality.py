"""Bars of accuracy with known values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from streamrec_core.charts.palette import ACCENT, QUIET
from streamrec_core.charts.quality import quality_figure


@dataclass(frozen=True)
class Line:
    model: str
    metrics: dict[str, Any] = field(default_factory=dict)


def line(model: str, hit: float, low: float, high: float, **more: float) -> Line:
    return Line(model, {"hit@10": hit, "hit@10_interval": (low, high), **more})


ROWS = (line("mine", 0.2, 0.19, 0.22), line("<b>popular</b>", 0.1, 0.08, 0.11))
CEILING = {"ceiling_hit@10": 0.35}


def test_the_best_model_is_on_top_with_error_bars_at_its_interval() -> None:
    (bars,) = quality_figure(ROWS, shown="mine").data
    assert list(bars.x) == [0.1, 0.2]  # Plotly draws the first bar at the bottom
    assert bars.error_x.array == pytest.approx([0.01, 0.02])
    assert bars.error_x.arrayminus == pytest.approx([0.02, 0.01])
    assert list(bars.marker.color) == [QUIET, ACCENT]


def test_a_hostile_name_is_shown_and_not_run() -> None:
    assert quality_figure(ROWS, shown="mine").data[0].y[0] == "&lt;b&gt;popular&lt;/b&gt;"


def test_a_known_ceiling_is_a_line() -> None:
    figure = quality_figure((line("mine", 0.2, 0.19, 0.22, **CEILING), ROWS[1]), shown="mine")
    assert figure.layout.shapes[0].x0 == 0.35
    assert figure.layout.annotations[0].text == "ceiling 35.0%"
    assert figure.layout.xaxis.range[1] > 0.35


def test_without_a_ceiling_there_is_no_line() -> None:
    assert not quality_figure(ROWS, shown="mine").layout.shapes
