"""Text of charts: its colour on each ground, titles in two lines where a phone has no room for one, large numbers."""

from __future__ import annotations

from streamrec_core.charts.graph_objects import go, make_subplots
from streamrec_core.charts.palette import CHART_TEXT
from streamrec_core.charts.readable import LINE, readable

LONG = "share of recommendations with the wrong event first"


def figure(title: str) -> go.Figure:
    drawn = go.Figure(go.Bar(x=[1, 2], y=["a", "b"], orientation="h"))
    drawn.update_xaxes(title=title)
    drawn.add_annotation(text="plain")
    drawn.add_annotation(text="coloured", font={"color": "#112233"})
    return drawn.update_layout(height=200, margin={"b": 44})


def test_text_on_the_ground_has_its_colour_and_what_has_a_colour_keeps_it() -> None:
    for scheme in ("light", "dark"):
        drawn = readable(figure("share"), scheme)
        assert drawn.layout.xaxis.tickfont.color == drawn.layout.yaxis.title.font.color == CHART_TEXT[scheme]
        assert [note.font.color for note in drawn.layout.annotations] == [CHART_TEXT[scheme], "#112233"]


def test_a_long_axis_title_takes_two_lines_and_the_chart_grows_by_one() -> None:
    drawn = readable(figure(LONG))
    assert drawn.layout.xaxis.title.text == "share of recommendations<br>with the wrong event first"
    assert (drawn.layout.height, drawn.layout.margin.b) == (200 + LINE, 44 + LINE)
    again = readable(drawn)
    assert again.layout.xaxis.title.text == drawn.layout.xaxis.title.text


def test_a_short_axis_title_and_one_long_word_stay_as_they_are() -> None:
    for title in ("share of the sessions", "x" * 50):
        assert readable(figure(title)).layout.xaxis.title.text == title
    short = readable(figure("share of the sessions"))
    assert (short.layout.height, short.layout.margin.b) == (200, 44)


def test_large_numbers_have_one_form_on_every_axis_and_colour_bar() -> None:
    subplots = make_subplots(rows=1, cols=2)
    subplots.add_trace(go.Bar(x=[2_000, 10_000], y=["a", "b"], orientation="h"), 1, 1)
    subplots.add_trace(go.Heatmap(z=[[0, 20_000]], coloraxis="coloraxis"), 1, 2)
    subplots.update_xaxes(tickformat=".0%", col=2)
    layout = readable(subplots).layout
    parts = (layout.xaxis, layout.yaxis, layout.xaxis2, layout.yaxis2, layout.coloraxis.colorbar)
    assert {(part.exponentformat, part.separatethousands) for part in parts} == {("none", True)}
    assert (layout.xaxis.tickformat, layout.xaxis2.tickformat) == (None, ".0%")
