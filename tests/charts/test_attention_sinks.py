"""Charts of attention sinks and causes of misses show what they are given, and titles stay text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamrec_core.charts.attention_sinks import attention_sinks_figure
from streamrec_core.charts.causes import causes_figure
from streamrec_core.charts.palette import INK, QUIET, SIGNAL


def test_every_cause_has_a_bar_in_order_which_is_grey_only_without_a_cause() -> None:
    (bar,) = causes_figure({"Not predictable": 3, "The target is rare or new": 8, "No cause found": 9}).data
    assert list(bar.y) == ["Not predictable", "The target is rare or new", "No cause found"]
    assert list(bar.x) == [3, 8, 9]
    assert list(bar.text) == ["3 (15%)", "8 (40%)", "9 (45%)"]
    assert [colour == QUIET for colour in bar.marker.color] == [False, False, True]


def test_attention_sinks_are_marked_and_named_and_titles_stay_text() -> None:
    items = [
        SimpleNamespace(title="<b>Home</b>", attention_lift=4.0, removal_effect=0.01, session_share=0.6, flagged=True),
        *(
            SimpleNamespace(
                title=f"T{at}", attention_lift=1 + at / 10, removal_effect=0.2, session_share=0.1, flagged=False
            )
            for at in range(5)
        ),
    ]
    figure = attention_sinks_figure(items, lift=1.5, margin=0.1)
    (dots,) = figure.data
    assert figure.layout.yaxis.title.text == "removal effect (points)"
    assert list(dots.x) == [4.0, 1.0, 1.1, 1.2, 1.3, 1.4]
    assert [colour == SIGNAL for colour in dots.marker.color] == [True] + [False] * 5
    assert dots.text[0] == "&lt;b&gt;Home&lt;/b&gt;"
    assert list(dots.text).count("") == 3
    corner = figure.layout.shapes[0]
    assert (corner.x0, corner.y1) == (1.5, pytest.approx(10.0))  # 0.1 nats are ten points


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_have_a_rim_of_the_ground_that_they_lie_on(scheme: str) -> None:
    item = SimpleNamespace(title="A", attention_lift=4.0, removal_effect=0.01, session_share=0.6, flagged=True)
    figure = attention_sinks_figure([item], lift=1.5, margin=0.1, ink=INK[scheme])
    config = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    ground = config["theme"][scheme]["backgroundColor"]
    for font in (figure.data[0].textfont, figure.layout.annotations[0].font):
        assert (font.color, ground in font.shadow) == (INK[scheme], True)
