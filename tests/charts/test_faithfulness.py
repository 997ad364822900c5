"""Faithfulness charts: the explainer that fails least is on top, and curves differ by dash as well as by colour."""

from __future__ import annotations

from streamrec_core.charts.faithfulness import Curve, FailureRate, curves_figure, failing_figure
from streamrec_core.charts.palette import ACCENT, METHOD_COLOURS, QUIET


def test_the_explainer_that_fails_least_is_on_top_and_the_shown_one_is_marked() -> None:
    shares = [
        FailureRate("attention", 0.5, (0.4, 0.6)),
        FailureRate("removal", 0.1, None),
        FailureRate("random (floor)", 0.9, None),
    ]
    figure = failing_figure(shares, "attention")
    (bars,) = figure.data
    assert list(bars.x) == [0.9, 0.5, 0.1]
    assert list(bars.marker.color) == [QUIET, ACCENT, QUIET]
    assert [round(value, 6) for value in bars.error_x.array] == [0, 0.1, 0]
    assert bars.y[1] == "<b>attention</b>"


def test_a_bar_of_length_zero_has_its_number_beyond_its_error_bar() -> None:
    shares = [FailureRate("removal", 0.0, (0.0, 0.02)), FailureRate("random (floor)", 1.0, None)]
    figure = failing_figure(shares, "removal")
    notes = [(note.x, note.text) for note in figure.layout.annotations]
    assert notes == [(1.0, "100%"), (0.02, "<b>0%</b>")]
    assert figure.layout.xaxis.range[1] > 1
    assert figure.layout.xaxis.title.text


def test_methods_have_their_colour_and_floors_are_grey() -> None:
    curves = [Curve("attention, mean", [0, 1], [0.5, 0.1], "attention"), Curve("random", [0, 1], [0.5, 0.3])]
    lines = curves_figure(curves, "share removed").data
    assert [line.line.color for line in lines] == [METHOD_COLOURS["attention"], QUIET]


def test_lines_differ_in_dash_as_well_as_in_colour() -> None:
    lines = curves_figure([Curve("a", [0, 1], [0.5, 0.1]), Curve("b", [0, 1], [0.5, 0.3])], "share removed").data
    assert len({line.line.dash for line in lines}) == 2
    assert list(lines[1].y) == [0.5, 0.3]
