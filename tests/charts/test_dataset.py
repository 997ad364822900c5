"""Charts of a data set show counts made by hand, and titles stay text."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.charts.dataset import (
    MOST_BARS,
    MOST_CATEGORIES,
    categories_figure,
    engagement_figure,
    length_bars,
    lengths_figure,
    popularity_figure,
    split_figure,
)
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.browse.figures import Figures, PartFigures

HOSTILE = '<a href="javascript:alert(1)">'


def figures(category: str = "") -> Figures:
    return Figures(
        category=category,
        sessions=7,
        events=40,
        lengths=np.array([2, 3, 5]),
        length_sessions=np.array([4, 1, 2]),
        category_events={"Drama": 30, HOSTILE: 10},
        engagement_events=(20, 10, 6, 4, 0),
        popularity=np.array([25, 5, 4, 3, 1, 1, 1, 0, 0, 0, 0]),
        sparsity=0.5,
        repeat_share=0.1,
        parts=(PartFigures("train", 5, 30, 0.0), PartFigures("test", 2, 10, 0.5)),
    )


def test_a_length_that_does_not_occur_leaves_a_gap() -> None:
    bars = lengths_figure(figures()).data[0]
    assert dict(zip(bars.x, bars.y, strict=True)) == {"2": 4, "3": 1, "4": 0, "5": 2}


def test_many_lengths_share_bars_and_lose_no_session() -> None:
    lengths = np.arange(1, 1001)
    labels, heights = length_bars(lengths, np.full(1000, 3))
    assert len(labels) == MOST_BARS
    assert (labels[0], labels[-1]) == ("1 to 20", "981 to 1000")
    assert heights == [60] * MOST_BARS


def test_an_empty_data_set_has_no_bars() -> None:
    assert length_bars(np.zeros(0, np.int64), np.zeros(0, np.int64)) == ([], [])


def test_categories_keep_their_colour_and_the_selected_one_is_not_faded() -> None:
    bars = categories_figure(figures("Drama"), (HOSTILE, "Drama")).data[0]
    assert [name for (name,) in bars.customdata] == [HOSTILE, "Drama"]
    assert tuple(bars.x) == (10, 30)
    assert tuple(bars.marker.color) == ("rgba(47, 91, 194, 0.3)", category_colour(1))
    assert category_colour(0) == "#2f5bc2"
    assert bars.marker.opacity is None
    assert bars.text[1] == "75.0%"
    assert "<a" not in bars.y[0]


def test_the_largest_of_many_categories_and_the_selected_one_are_drawn() -> None:
    names = tuple(f"c{number}" for number in range(100))
    many = {name: 100 - number for number, name in enumerate(names)}
    bars = categories_figure(Figures(**{**figures("c70").__dict__, "category_events": many}), names).data[0]
    assert [name for (name,) in bars.customdata] == ["c70", *names[MOST_CATEGORIES - 1 :: -1]]


def test_engagement_is_named_and_shown_as_shares() -> None:
    bars = engagement_figure(figures(), ("a", "b", "c", "d", "e")).data[0]
    assert dict(zip(bars.y, bars.text, strict=True)) == {
        "a": "50.0%",
        "b": "25.0%",
        "c": "15.0%",
        "d": "10.0%",
        "e": "0.0%",
    }


def test_the_popularity_curve_falls_and_excludes_items_without_events() -> None:
    curve = popularity_figure(figures()).data[0]
    assert dict(zip(curve.x, curve.y, strict=True)) == {1: 25, 2: 5, 3: 4, 4: 3, 5: 1, 6: 1, 7: 1}
    (note,) = popularity_figure(figures()).layout.annotations
    assert note.text == f"top 10% of items: {30 / 40:.0%} of events"
    assert note.x == pytest.approx(np.log10(2))


@pytest.mark.parametrize("counts", [[], [0, 0], [5]])
def test_a_tiny_catalogue_still_has_a_popularity_curve(counts: list[int]) -> None:
    few = Figures(**{**figures().__dict__, "popularity": np.array(counts, np.int64)})
    assert len(popularity_figure(few).data[0].x) == sum(count > 0 for count in counts)


def test_the_parts_of_the_split_are_drawn_by_their_events() -> None:
    train, test = split_figure(figures().parts).data
    assert (train.name, train.x[0], train.text) == ("train", 30, "75%")
    assert (test.name, test.x[0], test.text) == ("test", 10, "25%")


def test_a_part_too_small_for_its_text_has_none() -> None:
    assert split_figure(figures().parts).layout.uniformtext.to_plotly_json() == {"minsize": 9, "mode": "hide"}
