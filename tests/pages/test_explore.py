"""Explore: a session, its recommendations, its heads, its explanation; and every way a link can be wrong."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.curated import find_doors
from pages.ui.plain import plain
from pages.ui.sessions import divide
from streamrec_core.data.dataset import DataSet
from streamrec_core.explain.first_look import explain_session
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE

PAGE = "explore.py"


def strip(visitor: AppTest) -> str:
    return next(element.proto.body for element in visitor.get("html") if "sr-strip" in element.proto.body)


def figures(visitor: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in visitor.get("plotly_chart")]


def expected(world: DataSet, session: str, item: int | None = None, model: str = "a-transformer") -> object:
    return explain_session(load_checkpoint(list_checkpoints()[model], world.catalogue), world, session, item)


def test_it_shows_the_session_the_ten_the_target_and_the_explanation(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    found = expected(world, "s3")
    assert strip(visitor).count("<li") == len(found.history)
    assert [option.split("  ")[0] for option in visitor.radio(key="explain_item").options] == [
        str(item.rank) for item in found.recommendations
    ]
    assert visitor.radio(key="explain_item").value == found.recommendations[0].item_id
    assert plain(found.sentence) in [element.value for element in visitor.subheader]
    assert f"rank {found.target.rank}" in words(visitor)
    assert "first look, not checked" in words(visitor)


def test_all_heads_are_one_figure_and_a_table(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    maps, rows = figures(visitor)
    assert len(maps["data"]) == 8
    assert len(rows["data"][0]["x"]) == 8
    table = visitor.dataframe[0].value
    found = expected(world, "s3")
    assert list(table["Type"]) == [reading.type for reading in found.heads]
    assert list(table["Even attention"]) == [reading.even_type for reading in found.heads]
    first = found.heads[0].top_positions[0]
    assert table["Looked at most"][0].startswith(f"{first + 1} ")
    assert list(table["Entropy"]) == pytest.approx([reading.measures.entropy for reading in found.heads])


def test_another_of_the_ten_can_be_explained_and_stands_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    other = expected(world, "s3").recommendations[4].item_id
    visitor.radio(key="explain_item").set_value(other).run()
    assert visitor.query_params["item"] == other
    again = visit(PAGE, session="s3", item=other)
    assert again.radio(key="explain_item").value == other


def test_any_item_of_the_catalogue_can_be_explained_by_link(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, "s3").recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    visitor = visit(PAGE, session="s3", item=outside)
    assert visitor.radio(key="explain_item").value is None
    assert "not among the ten" in words(visitor)


def test_it_begins_with_a_session_that_shows_something(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    begun = visitor.query_params["session"]
    doors = find_doors(divide(world).test_ids, lambda session_id: expected(world, session_id))
    assert begun == doors[0].session_id
    assert expected(world, begun).reasons


def test_next_and_previous_walk_through_the_test_sessions_only(visit: Visit, world: DataSet) -> None:
    first = divide(world).test_ids[0]
    visitor = visit(PAGE, session=first)
    assert "Test session 1 of 12" in words(visitor)
    visitor.main.button[1].click().run()
    assert "Test session 2 of 12" in words(visitor)
    visitor.main.button[0].click().run()
    assert visitor.query_params["session"] == first
    visitor.main.button[0].click().run()
    assert "Test session 12 of 12" in words(visitor)


def test_a_random_session_is_a_test_session(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.main.button[2].click().run()
    assert "Test session" in words(visitor)


def test_a_session_that_was_learned_from_says_so(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    said = "has learned from this session" in words(visitor)
    assert said is ("Not a test session" in words(visitor))


def test_a_typed_session_id_is_opened(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value(" s5 ").run()
    assert visitor.query_params["session"] == "s5"


def test_a_session_that_is_not_there_is_named_and_leads_on(visit: Visit) -> None:
    visitor = visit(PAGE, session="nope")
    assert "This session cannot be shown" in words(visitor)
    assert "'nope'" in words(visitor)
    offered = visitor.main.button[-1].label
    visitor.main.button[-1].click().run()
    assert "Test session" in words(visitor)
    assert offered == f"Open test session {visitor.query_params['session']}"


def test_an_item_that_is_not_there_is_named_and_the_first_is_explained(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="gone")
    assert "gone" in words(visitor)
    assert visitor.radio(key="explain_item").value == expected(world, "s3").recommendations[0].item_id


def test_a_model_without_attention_still_recommends(visit: Visit) -> None:
    visitor = visit(PAGE, model="b-lstm", session="s3")
    assert "No attention to look at" in words(visitor)
    assert len(visitor.radio(key="explain_item").options) >= 1
    assert not figures(visitor)


def test_a_model_of_another_catalogue_is_refused_with_both_sides_named(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other", model="a-transformer")
    assert "This model cannot be used with this data set" in words(visitor)


def test_choosing_another_data_set_drops_the_session_of_this_one(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2")
    visitor.sidebar.selectbox(key="choose_data").select("other").run()
    assert visitor.query_params["data"] == "other"
    assert "session" not in visitor.query_params
    assert "item" not in visitor.query_params


def test_hostile_titles_stay_text_everywhere(visit: Visit) -> None:
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    for session in ("s0", "s1", "s2", "s3"):
        visitor = visit(PAGE, session=session)
        parts = (visitor.subheader, visitor.markdown, visitor.caption)
        rendered = [element.value for part in parts for element in part]
        rendered += [text for radio in visitor.radio for text in (*radio.options, *radio.proto.captions)]
        assert not [(title, text) for title in raw for text in rendered if title in text]
        assert "<img" not in strip(visitor)
        assert "<script" not in strip(visitor)
        assert "<img" not in visitor.get("plotly_chart")[0].proto.spec.replace("\\u003c", "<")
