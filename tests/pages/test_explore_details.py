"""Explore: the detail below the matrix, one at a time: full maps, evidence, heads off, table, export, plain level."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from pages.explore.details import DETAILS
from pages.explore.full_maps import FULL
from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, expected, maps, matrix, sent, words
from tests.pages.tiny_world import HOSTILE


def weights(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<u2") / FULL


def test_full_maps_come_without_the_masked_half(visit: Visit, world: DataSet) -> None:
    explanation, data = expected(world, "s3"), maps(visit(PAGE, session="s3", detail="maps"))
    length = len(explanation.history)
    shares = weights(data["maps"]).reshape(8, length * (length + 1) // 2)
    third_row = shares[5][3:6]  # after rows of one and of two weights
    assert third_row == pytest.approx(explanation.maps[1, 1, 2, :3], abs=1e-5)
    assert shares[:, -length:] == pytest.approx(explanation.maps[:, :, -1].reshape(8, length), abs=1e-5)


def test_only_the_open_detail_is_drawn(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3")
    assert [sent(visitor, name) for name in ("maps", "evidence", "claims")] == [[], [], []]
    assert not visitor.dataframe
    assert not visitor.get("plotly_chart")
    visitor.button_group(key="detail").set_value("evidence").run()
    assert visitor.query_params["detail"] in ("evidence", ["evidence"])
    assert len(sent(visitor, "evidence")) == 1
    assert not sent(visitor, "maps")
    visitor.button_group(key="detail").set_value(None).run()
    assert "detail" not in visitor.query_params
    assert not sent(visitor, "evidence")


@pytest.mark.parametrize("name", list(DETAILS))
@pytest.mark.parametrize("mode", ["simple", "expert"])
def test_every_detail_opens_by_link(visit: Visit, name: str, mode: str) -> None:
    visitor = visit(PAGE, session="s3", detail=name, mode=mode)
    assert visitor.button_group(key="detail").value == name


def test_a_detail_that_does_not_exist_is_closed(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="gone")
    assert visitor.button_group(key="detail").value is None
    assert "detail" not in visitor.query_params


def test_an_expert_has_the_figures_in_a_table(visit: Visit, world: DataSet) -> None:
    table = visit(PAGE, session="s3", mode="expert", detail="maps").dataframe[0].value
    explanation = expected(world, "s3")
    assert list(table["Type"]) == [reading.type for reading in explanation.heads]
    assert list(table["Under uniform attention"]) == [reading.type_under_uniform for reading in explanation.heads]
    first = explanation.heads[0].top_positions[0]
    assert table["Most attention on"][0].startswith(f"{first + 1} ")
    assert list(table["Entropy"]) == pytest.approx([reading.measures.entropy for reading in explanation.heads])


def test_the_export_is_a_page_a_table_and_a_picture(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="export")
    (chart,) = visitor.get("plotly_chart")
    assert len(json.loads(chart.proto.spec)["data"]) == 8
    assert [button.label for button in visitor.get("download_button")] == ["Page (HTML)", "Table (CSV)"]


def test_the_simple_level_leaves_out_figures(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="maps")
    assert not visitor.dataframe
    text = words(visitor)
    assert not [word for word in ("entropy", " nats", "p value", "weights_sha256") if word in text]
    assert not matrix(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Expert").run()
    assert visitor.query_params["mode"] == "expert"
    assert matrix(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Simple").run()
    assert "mode" not in visitor.query_params


@pytest.mark.parametrize("detail", [None, *DETAILS])
def test_hostile_titles_stay_text_everywhere(visit: Visit, detail: str | None) -> None:
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    for session in ("s0", "s1", "s2", "s3"):
        visitor = visit(PAGE, session=session, mode="expert", **({"detail": detail} if detail else {}))
        parts = (visitor.subheader, visitor.markdown, visitor.caption, visitor.warning)
        rendered = [element.value for part in parts for element in part]
        rendered += [button.label for button in visitor.button]
        assert not [(title, text) for title in raw for text in rendered if title in text]
        components = [element.proto for element in visitor.get("bidi_component")]
        # Components are sent titles as data only, never inside their markup, script or style.
        assert not [
            raw for raw in HOSTILE for component in components if raw in component.html_content + component.js_content
        ]
        for chart in visitor.get("plotly_chart"):
            assert "<img" not in chart.proto.spec.replace("\\u003c", "<")


def test_the_effect_of_each_head_on_the_explained_title_is_one_click_away(visit: Visit) -> None:
    visitor = visit(PAGE, model="a-transformer", session="s0", detail="heads")
    assert "what its score loses, in points" in words(visitor)
    assert len(visitor.get("plotly_chart")) == 1  # heads; a plain model has no named terms


def test_the_checked_reasons_are_one_click_away(visit: Visit, world: DataSet) -> None:
    for model in ("a-transformer", "b-lstm"):
        visitor = visit(PAGE, session="s3", detail="evidence", model=model)
        assert "Confirmed by removing events" in words(visitor)
        assert len(sent(visitor, "claims")) == 1
    assert "Attention, gradients and removal:" in words(visit(PAGE, session="s3", detail="evidence"))
