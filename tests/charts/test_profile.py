"""Charts of a head profile with known values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streamrec_core.attention.measures import HEAD_TYPES, TYPES
from streamrec_core.attention.profile import HeadProfile, profile
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS, SEQUENTIAL
from streamrec_core.charts.profile import (
    LESS,
    MORE,
    UNIFORM_NAME,
    formation_figure,
    lift_figure,
    measures_figure,
    similarity_figure,
    spread_figure,
    types_figure,
)
from tests.worlds import PlantedModel, catalogue_of, dataset_of, examples_at_last, log_of, planted_maps


@pytest.fixture(scope="module")
def head_profile() -> HeadProfile:
    """Two layers of two heads over two sessions; the first is focused, the third even."""
    maps = planted_maps(
        [[0.02, 0.02, 0.02, 0.94], [0.1, 0.2, 0.3, 0.4], [0.25] * 4, [0.94, 0.02, 0.02, 0.02]], layers=2
    )
    log = log_of([[1, 2, 3, 5, 0], [7, 0, 1, 5, 0]])
    seen = profile(PlantedModel([0.0] * 12, maps), dataset_of(catalogue_of(12, 3), log), examples_at_last(log))
    assert seen is not None
    return seen


def test_every_head_type_has_a_colour() -> None:
    assert set(HEAD_TYPE_COLOURS) == set(HEAD_TYPES)


def test_each_head_is_a_bar_of_its_types_with_uniform_attention_below(head_profile: HeadProfile) -> None:
    figure = types_figure(head_profile)
    assert [bars.name for bars in figure.data] == list(TYPES)
    assert list(figure.data[0].y) == [*head_profile.names, UNIFORM_NAME]
    assert list(figure.data[0].x) == [1.0, 0.0, 0.0, 1.0, 0.0]
    assert np.sum([bars.x for bars in figure.data], axis=0) == pytest.approx([1.0] * 5)
    assert figure.data[0].text[0] == "100%"
    assert figure.layout.uniformtext.mode == "hide"  # on a phone, 6% is narrower than its text


def test_lifts_are_drawn_on_both_sides_of_zero(head_profile: HeadProfile) -> None:
    figure = lift_figure(head_profile)
    assert list(figure.data[0].x) == [1.0, 0.0, 0.0, 1.0]
    assert figure.data[3].x[0] == -1.0
    low, high = figure.layout.xaxis.range
    assert low == -high
    assert all(low <= dot.x[0] <= high for dot in figure.data)


def test_boxes_show_quantiles_and_lines_show_thresholds(head_profile: HeadProfile) -> None:
    figure = measures_figure(head_profile)
    assert len(figure.data) == 3 * 4
    assert figure.data[0].median == head_profile.measures["entropy"][0, 2]
    assert [line.x0 for line in figure.layout.shapes] == [0.5, 0.6, 0.5]


def test_the_colour_of_a_cell_is_its_share_so_that_zero_is_the_palest(head_profile: HeadProfile) -> None:
    for scheme, scale in SEQUENTIAL.items():
        map_, texts = spread_figure(head_profile, head_profile.distance, scheme).data
        assert map_.z[0][0] == pytest.approx(0.94)
        assert (map_.zmin, map_.colorscale[0][1]) == (0, scale[0])
        assert map_.y[-1] == UNIFORM_NAME
        assert texts.text[0] == f"94% {MORE}"
        assert texts.text[1] == f"2% {LESS}"
        assert not any(mark in text for text in texts.text[-4:] for mark in (MORE, LESS))


def test_measures_are_in_the_colour_of_the_commonest_type(head_profile: HeadProfile) -> None:
    boxes = measures_figure(head_profile).data[:4]
    commonest = [head_profile.most_often(head).type for head in range(4)]
    assert [box.line.color for box in boxes] == [HEAD_TYPE_COLOURS[name] for name in commonest]


def test_a_head_is_not_compared_with_itself(head_profile: HeadProfile) -> None:
    map_, _ = similarity_figure(head_profile).data
    assert np.isnan(np.diag(map_.z)).all()
    assert map_.z[2][4] == pytest.approx(1.0)


def test_types_during_training_have_a_chart_for_each_head_and_a_bar_for_each_epoch(head_profile: HeadProfile) -> None:
    figure = formation_figure(
        head_profile.names, head_profile.layers, {1: head_profile.types[::-1], 5: head_profile.types}
    )
    assert len(figure.data) == 4 * len(TYPES)
    assert list(figure.data[0].x) == ["1", "5"]
    assert list(figure.data[4].y) == [0.0, 0.0]
    assert [bars.showlegend for bars in figure.data[:5]] == [True] * 4 + [False]


def test_all_profile_charts_can_be_serialised(head_profile: HeadProfile) -> None:
    for figure in (
        types_figure(head_profile),
        measures_figure(head_profile),
        spread_figure(head_profile, head_profile.category),
    ):
        assert json.loads(figure.to_json())["data"]
