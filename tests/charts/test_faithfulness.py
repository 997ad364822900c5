"""Faithfulness charts: the explainer that fails least is on top, and curves differ by dash as well as by colour."""

from __future__ import annotations

from streamrec_core.charts.faithfulness import Curve, FailureRate, curves_figure, failing_figure
from streamrec_core.charts.palette import ACCENT, QUIET


def test_the_explainer_that_fails_least_is_on_top_and_the_shown_one_is_marked() -> None:
    shares = [
        FailureRate("attention", 0.5, (0.4, 0.6)),
        FailureRate("removal", 0.1, None),
        FailureRate("random (floor)", 0.9, None),
    ]
    (bars,) = failing_figure(shares, "attention").data
    assert list(bars.x) == [0.9, 0.5, 0.1]
    assert list(bars.marker.color) == [QUIET, ACCENT, QUIET]
    assert [round(value, 6) for value in bars.error_x.array] == [0, 0.1, 0]


def test_lines_differ_in_dash_as_well_as_in_colour() -> None:
    lines = curves_figure([Curve("a", [0, 1], [0.5, 0.1]), Curve("b", [0, 1], [0.5, 0.3])], "share removed").data
    assert len({line.line.dash for line in lines}) == 2
    assert list(lines[1].y) == [0.5, 0.3]
