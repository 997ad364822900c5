"""Attention maps with known cells: weights, blank cells, titles and axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streamrec_core.attention.measures import HeadReading, Measures
from streamrec_core.charts.heads import (
    UNIFORM_MARK,
    causal,
    maps_figure,
    same_under_uniform,
    scale_top,
)
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS, SEQUENTIAL
from streamrec_core.data.log import Session
from streamrec_core.explain.record import Explanation, RankedItem

TITLES = ["Night Shift", "Salt & Sand", "<a href='javascript:alert(1)'>Click</a>"]
HOSTILE = "&lt;a href='javascript:alert(1)'&gt;"


def reading(layer: int, head: int, type_: str = "focused", even: str = "distributed") -> HeadReading:
    return HeadReading(layer, head, Measures(0.25, -0.5, 0.125), (0, 1, 2), (0.8, 0.15, 0.05), type_, even)  # type: ignore[arg-type]


def explanation(layers: int = 2, heads: int = 4) -> Explanation:
    """Head h of layer l looks at the first event with 0.8 - h / 100, from the last row."""
    pattern = np.array([[1, 9, 9], [0.5, 0.5, 9], [0.8, 0.15, 0.05]], np.float32)
    maps = np.tile(pattern, (layers, heads, 1, 1))
    maps[:, :, 2, 0] -= np.arange(heads) / 100
    item = RankedItem(0, "i0", "Night Shift", "Crime", 1, 0.1)
    return Explanation(
        model="planted",
        history=Session("s", np.arange(3, dtype=np.int32), np.zeros(3, np.int8)),
        maps=maps,
        heads=tuple(reading(layer, head) for layer in range(layers) for head in range(heads)),
        candidate=item,
        target=None,
        recommendations=(item,),
        sentence="Based on your viewing history.",
        reasons=(),
    )


def texts(figure: object) -> list[str]:
    return [note.text for note in figure.layout.annotations]  # type: ignore[attr-defined]


def grid(figure: object) -> tuple[int, int]:
    """Rows and columns, by where the axes stand."""
    layout = figure.to_dict()["layout"]  # type: ignore[attr-defined]
    stands = {
        name[0]: {axis["domain"][0] for key, axis in layout.items() if key.startswith(name)}
        for name in ("xaxis", "yaxis")
    }
    return len(stands["y"]), len(stands["x"])


def test_cells_of_later_events_are_blank() -> None:
    seen = causal(np.array([[1.0, 7.0], [0.25, 0.75]]))
    assert seen[0, 0] == 1.0
    assert np.isnan(seen[0, 1])
    assert seen[1].tolist() == [0.25, 0.75]


def test_eight_heads_are_one_figure_of_two_rows_and_four_columns() -> None:
    figure = maps_figure(explanation(), TITLES)
    assert len(figure.data) == 8
    assert {trace.coloraxis for trace in figure.data} == {"coloraxis"}
    assert grid(figure) == (2, 4)
    for number, trace in enumerate(figure.data):
        assert trace.z[2] == pytest.approx([0.8 - number % 4 / 100, 0.15, 0.05])
        assert np.isnan(trace.z[0][1:]).all()


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (3, 2)])
def test_any_number_of_layers_and_heads_fits(layers: int, heads: int) -> None:
    figure = maps_figure(explanation(layers, heads), TITLES)
    assert len(figure.data) == layers * heads
    assert grid(figure) == (layers, heads)


def test_the_first_event_is_on_top_and_the_axes_are_titled() -> None:
    figure = maps_figure(explanation(), TITLES)
    assert tuple(figure.layout.yaxis.range) == (2.5, -0.5)
    assert tuple(figure.layout.xaxis.range) == (-0.5, 2.5)
    assert figure.layout.yaxis.title.text == "attending event"
    assert figure.layout.xaxis5.title.text == "event attended to"
    assert figure.layout.yaxis2.title.text == figure.layout.xaxis.title.text == ""
    assert figure.data[0].hovertemplate.startswith("%{y}<br>attends to %{x}")


def test_rows_of_a_readout_model_are_called_predictions() -> None:
    figure = maps_figure(replace(explanation(), predicts_from="readout"), TITLES)
    assert figure.layout.yaxis.title.text == "prediction after event"
    assert figure.data[0].hovertemplate.startswith("prediction after %{y}<br>attends to %{x}")


def test_each_map_names_its_head_type_and_figures() -> None:
    named = [text for text in texts(maps_figure(explanation(), TITLES)) if "head" in text]
    assert len(named) == 8
    assert "Layer 0 head 0 · focused" in named[0]
    assert "Layer 1 head 3 · focused" in named[7]
    assert "entropy 0.25 · recency −0.50 · category 0.12" in named[0]
    assert UNIFORM_MARK not in named[0]


@pytest.mark.parametrize(
    ("type_", "even", "marked"),
    [("category", "category", True), ("category", "distributed", False), ("distributed", "distributed", False)],
)
def test_only_a_type_that_uniform_attention_would_have_too_is_marked(type_: str, even: str, marked: bool) -> None:
    assert same_under_uniform(reading(0, 0, type_, even)) is marked


def test_the_shared_scale_ends_at_the_largest_weight_of_a_predicting_row() -> None:
    explained = explanation()
    assert scale_top(explained.maps) == pytest.approx(0.8)
    bar = maps_figure(explained, TITLES).layout.coloraxis
    assert (bar.cmin, bar.cmax) == (0.0, pytest.approx(0.8))
    assert bar.colorbar.ticktext[-1] == "0.80+"


def test_the_predicting_row_is_framed_in_every_map() -> None:
    frames = maps_figure(explanation(), TITLES).layout.shapes
    assert len(frames) == 8
    assert {(frame.y0, frame.y1) for frame in frames} == {(1.5, 2.5)}


def test_a_hostile_title_is_shown_and_not_run() -> None:
    written = maps_figure(explanation(), TITLES).to_json()
    assert "<a href" not in written.replace("\\u003c", "<")
    assert HOSTILE.split("'")[0] in written.replace("\\u0026", "&")


def test_the_frame_of_a_map_is_in_the_colour_of_its_type_and_the_cells_in_named_colours() -> None:
    figure = maps_figure(explanation(), TITLES, "dark")
    assert figure.layout.xaxis3.linecolor == HEAD_TYPE_COLOURS["focused"]
    assert [colour for _, colour in figure.layout.coloraxis.colorscale] == list(SEQUENTIAL["dark"])
