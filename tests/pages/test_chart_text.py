"""All text in the charts of all pages has a contrast of 4.5 with what it stands on, on light and dark grounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.charts.palette import DARK_GROUND, LIGHT_GROUND, SEQUENTIAL, Scheme, contrast
from tests.pages.conftest import Visit
from tests.pages.test_trust import measured  # noqa: F401  (a fixture)

GROUNDS: dict[Scheme, str] = {"light": LIGHT_GROUND, "dark": DARK_GROUND}
PAGES = (
    ("heads/page.py", {"mode": "expert"}),
    ("compare/page.py", {"mode": "expert"}),
    ("trust/page.py", {}),
    ("dataset/page.py", {}),
    ("debug/page.py", {}),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_chart_text_can_be_read(
    visit: Visit,
    measured: Path,  # noqa: F811
    scheme: Scheme,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("pages.ui.chart", "pages.heads.profile"):
        monkeypatch.setattr(f"{module}.scheme", lambda: scheme)
    for page, link in PAGES:
        charts = [json.loads(chart.proto.spec) for chart in visit(page, **link).get("plotly_chart")]
        assert charts, page
        for figure in charts:
            for name, colour in on_the_ground(figure["layout"]):
                assert contrast(colour, GROUNDS[scheme]) >= 4.5, (page, name, colour)
            for text, colour, cell in on_colours(figure["data"]):
                assert contrast(colour, cell) >= 4.5, (page, text, colour, cell)


def on_the_ground(layout: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text beside the marks with its colour."""
    yield "font", layout["font"]["color"]
    yield "legend", layout["legend"]["font"]["color"]
    for name, part in layout.items():
        if name.startswith(("xaxis", "yaxis")):
            yield f"{name} ticks", part["tickfont"]["color"]
            yield f"{name} title", part["title"]["font"]["color"]
    for note in layout.get("annotations", []):
        yield note["text"], note["font"]["color"]


def on_colours(traces: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Each text on a bar or cell with its colour and that of what it stands on."""
    for trace in traces:
        font, mark = trace.get("textfont", {}).get("color"), trace.get("marker", {}).get("color")
        if trace["type"] == "bar" and trace.get("textposition") == "inside":
            yield trace["name"], font, mark
        if trace["type"] == "heatmap":
            assert "texttemplate" not in trace, "Plotly's own text on cells is too pale on some"
            ends = [colour for _, colour in trace["colorscale"]]
            assert tuple(ends) in SEQUENTIAL.values()
