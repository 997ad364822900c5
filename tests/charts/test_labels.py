"""Chart labels are short, distinct and escaped."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.charts.labels import chart_label, event_labels
from streamrec_core.data.shown_text import shown_text


@pytest.mark.parametrize(
    ("text", "width", "shortened"),
    [
        ("Night Shift", 20, "Night Shift"),
        ("Night Shift", 11, "Night Shift"),
        ("Night Shift", 7, "Night…"),
        ("two\nlines\tand  more", 30, "two lines and more"),
        ("", 5, ""),
    ],
)
def test_a_title_is_cut_to_one_short_line(text: str, width: int, shortened: str) -> None:
    assert shown_text(text, width) == shortened


def test_events_are_numbered_from_one_and_so_distinct() -> None:
    assert event_labels(["Dawn", "Dawn"]) == ["1 · Dawn", "2 · Dawn"]


@given(st.text())
def test_no_markup_of_a_title_reaches_a_chart(text: str) -> None:
    label = chart_label(text)
    assert "<" not in label
    assert ">" not in label
    assert html.unescape(label) == shown_text(text, 40)
