"""Exposure of groups: a dot a model, the share of random lists, and that of the log."""

from __future__ import annotations

from streamrec_core.charts.exposure import ModelExposure, exposure_figure
from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure


def group(label: str, share: float) -> GroupExposure:
    return GroupExposure(0, label, share, (share - 0.05, share + 0.05), 0.25, 0.5)


def test_every_model_has_a_dot_in_every_group_beside_random_lists_and_the_log() -> None:
    models = [
        ModelExposure("a", 0, [group("<b>Crime</b>", 0.7), group("Drama", 0.3)]),
        ModelExposure("b", 1, [group("<b>Crime</b>", 0.1), group("Drama", 0.9)]),
    ]
    figure = exposure_figure(models)
    assert [trace.name for trace in figure.data] == ["a", "b", "random lists", "the log"]
    assert list(figure.data[1].x) == [0.1, 0.9]
    assert [x for x in figure.data[2].x if x is not None] == [0.25] * 4
    assert list(figure.data[3].x) == [0.5, 0.5]
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;Crime&lt;/b&gt;", "Drama"]
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 0.95
