"""The chart of a study's outcome: a dot for each mean, error bars to its bounds, the whole scale in view."""

from __future__ import annotations

import pytest

from streamrec_core.charts.study import outcome_figure
from streamrec_core.study.results_record import ArmMean, OutcomeSummary

TRUST = OutcomeSummary(
    "trust",
    (ArmMean("generic", 2.5, (2.0, 3.25), 8, 16), ArmMean("first pass", 4.0, (3.5, 4.25), 8, 16)),
    (),
)


def test_dots_are_means_and_error_bars_end_at_bounds() -> None:
    figure = outcome_figure(TRUST)
    (dots,) = figure.data
    assert list(dots.x) == [2.5, 4.0]
    assert list(dots.y) == ["Generic", "First look"]
    assert list(dots.text) == ["2.50", "4.00"]
    assert [x + up for x, up in zip(dots.x, dots.error_x.array, strict=True)] == [3.25, 4.25]
    assert [x - down for x, down in zip(dots.x, dots.error_x.arrayminus, strict=True)] == [2.0, 3.5]
    assert figure.layout.yaxis.autorange == "reversed"  # the first arm stands on top


def test_the_whole_scale_is_in_view() -> None:
    low, high = outcome_figure(TRUST).layout.xaxis.range
    assert low <= 1 < 5 <= high
    assert not outcome_figure(TRUST).layout.shapes


def test_understanding_is_drawn_with_the_level_of_guessing() -> None:
    share = OutcomeSummary("understanding", (ArmMean("generic", 0.46, (0.4, 0.52), 8, 16),), ())
    figure = outcome_figure(share)
    assert figure.data[0].text == ("46%",)
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (0.5, 0.5)


@pytest.mark.parametrize("hostile", ["<a href='x'>arm</a>", "<b>arm</b>"])
def test_names_of_arms_stay_text(hostile: str) -> None:
    figure = outcome_figure(OutcomeSummary("trust", (ArmMean(hostile, 2.0, (1.0, 3.0), 6, 12),), ()))
    assert "<" not in figure.data[0].y[0]
