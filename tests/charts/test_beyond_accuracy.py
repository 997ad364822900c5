"""Bars of a measure beyond accuracy: models sorted, floors below them as outlines."""

from __future__ import annotations

import numpy as np

from streamrec_core.charts.beyond_accuracy import CLEAR, beyond_accuracy_figure
from streamrec_core.charts.palette import ACCENT, QUIET
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists


def lists(name: str, share: float) -> MeasuredLists:
    return MeasuredLists(name, {"coverage": np.array([share])}, {"coverage": (share - 0.01, share + 0.01)})


def test_models_stand_above_the_floors_the_highest_on_top() -> None:
    models, floors = [lists("low", 0.1), lists("<b>high</b>", 0.3)], [lists("random", 0.9), lists("popular", 0.05)]
    figure = beyond_accuracy_figure(models, floors, "coverage", shown="low")
    (bars,) = figure.data
    assert list(bars.x) == [0.05, 0.9, 0.1, 0.3]  # Plotly draws the first at the bottom
    assert list(figure.layout.yaxis.ticktext) == ["popular", "random", "low", "&lt;b&gt;high&lt;/b&gt;"]
    assert list(bars.marker.color) == [CLEAR, CLEAR, ACCENT, QUIET]
    assert figure.layout.xaxis.tickformat.endswith("%")
