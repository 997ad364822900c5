"""The chart of slices with known values: dots, intervals, thin slices, counts, ceilings."""

from __future__ import annotations

import pytest

from streamrec_core.charts.palette import model_colour
from streamrec_core.charts.slices import Column, slices_figure
from streamrec_core.evaluation.slices import SliceScore

WIDE = SliceScore("all", 300, 0.3, (0.25, 0.36))
THIN = SliceScore("<b>few</b>", 4, 0.5, (0.15, 0.85))
PAIR = (Column("mine", 0, (WIDE, THIN)), Column("<i>theirs</i>", 5, (WIDE, THIN)))


def test_a_dot_has_its_value_and_interval() -> None:
    dots = slices_figure(PAIR, "Hit@10").data[0]
    assert list(dots.x) == [0.3]
    assert dots.error_x.array == pytest.approx([0.06])
    assert dots.error_x.arrayminus == pytest.approx([0.05])


def test_a_thin_slice_is_hollow_and_labelled() -> None:
    figure = slices_figure(PAIR, "Hit@10")
    solid, hollow = figure.data[0], figure.data[1]
    assert (solid.marker.symbol, hollow.marker.symbol) == ("circle", "circle-open")
    assert hollow.opacity < solid.opacity
    assert (solid.showlegend, hollow.showlegend) == (True, False)
    assert "4 sessions, thin" in figure.layout.yaxis.ticktext[1]
    assert "thin" not in figure.layout.yaxis.ticktext[0]


def test_a_model_with_only_thin_slices_is_in_the_legend() -> None:
    figure = slices_figure([Column("mine", 0, (THIN,))], "Hit@10")
    assert [trace.showlegend for trace in figure.data if trace.type == "scatter"] == [True]


def test_models_keep_colour_and_symbol_in_any_selection() -> None:
    both, alone = slices_figure(PAIR, "Hit@10"), slices_figure(PAIR[1:], "Hit@10")
    assert both.data[2].marker.color == alone.data[0].marker.color == model_colour(5)
    assert both.data[2].marker.symbol == alone.data[0].marker.symbol != both.data[0].marker.symbol


def test_dots_of_one_slice_do_not_hide_each_other() -> None:
    figure = slices_figure(PAIR, "Hit@10")
    rows = [trace.y[0] for trace in figure.data if trace.type == "scatter"]
    assert len(set(rows)) == 4
    assert all(abs(row - round(row)) < 0.5 for row in rows)


def test_counts_are_bars_without_the_row_of_all_sessions() -> None:
    (bars,) = (trace for trace in slices_figure(PAIR, "Hit@10").data if trace.type == "bar")
    assert (list(bars.x), list(bars.y)) == ([4], [1])


def test_hostile_names_are_shown_and_not_run() -> None:
    figure = slices_figure(PAIR, "Hit@10")
    text = figure.to_json().replace("\\u003c", "<").replace("\\u003e", ">")
    assert "<i>theirs" not in text
    assert "<b>few" not in text
    assert "&lt;b&gt;few" in text


def test_the_ceiling_crosses_only_rows_where_it_is_known() -> None:
    figure = slices_figure(PAIR, "Hit@10", ceilings=[SliceScore("all", 300, 0.37, (0.36, 0.38))])
    (line,) = (trace for trace in figure.data if trace.name == "ceiling")
    assert list(line.x) == [0.37, 0.37, None]
    assert list(line.y)[:2] == [-0.4, 0.4]


def test_differences_have_a_zero_line_and_signs() -> None:
    figure = slices_figure(PAIR, "difference", difference=True)
    assert figure.layout.shapes[-1].x0 == figure.layout.shapes[-1].x1 == 0
    assert figure.layout.xaxis.tickformat.startswith("+")
