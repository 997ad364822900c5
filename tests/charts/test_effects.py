"""Bars of effects: the largest on top, error bars only where there are intervals, titles stay text."""

from __future__ import annotations

from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.charts.palette import ACCENT, QUIET


def test_the_largest_effect_is_on_top_and_negative_ones_are_grey() -> None:
    (bars,) = effects_figure([Effect("a", 0.1), Effect("b", 0.9), Effect("c", -0.2)]).data
    assert list(bars.x) == [-20, 10, 90]  # a nat is a hundred points
    assert list(bars.customdata) == ["−20.0 points", "10.0 points", "90.0 points"]
    assert [label.strip() for label in bars.y] == ["c", "a", "b"]
    assert list(bars.marker.color) == [QUIET, ACCENT, ACCENT]
    assert bars.error_x.visible is False


def test_error_bars_reach_the_ends_of_the_interval() -> None:
    (bars,) = effects_figure([Effect("a", 0.5, (0.25, 1.0))]).data
    assert (bars.error_x.array[0], bars.error_x.arrayminus[0], bars.error_x.visible) == (50, 25, True)


def test_markup_in_a_name_is_shown_as_text() -> None:
    (bars,) = effects_figure([Effect("<b>bold</b>", 0.5)]).data
    assert "<b>" not in bars.y[0]
