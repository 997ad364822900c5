"""Explore: what a link and a browser may say of the view, the title and the data, and every way they can be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from pages.explore.attention_view import AttentionView
from pages.ui.escape import plain
from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit
from tests.pages.explore_visits import (
    PAGE,
    choose_title,
    data_of,
    expected,
    explained_item,
    maps,
    matrix,
    press,
    send_state,
    send_trigger,
    ten,
    view,
    words,
)


def test_the_view_of_a_link_reaches_the_matrix_and_the_maps(visit: Visit) -> None:
    link = {"head": "0.0", "event": "1", "row": "2", "keep": "70", "heads": "0.0,1.3", "scale": "own"}
    visitor = visit(PAGE, session="s3", detail="maps", join="max", quantity="attention", **link)
    assert matrix(visitor)["view"] == {"head": 0, "event": 0, "quantity": "attention", "scale": "own"}
    assert maps(visitor)["view"] == {
        "head": 0,
        "event": 0,
        "row": 1,
        "keep": 70,
        "heads": [0, 7],
        "join": "max",
        "scale": "own",
        "quantity": "attention",
    }


def test_what_is_not_available_is_named_and_the_rest_of_the_link_applies(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", head="9.9", event="999", keep="50", detail="maps")
    (warning,) = visitor.warning
    assert "head '9" in warning.value
    assert "event '999'" in warning.value
    assert maps(visitor)["view"] | {"keep": 0} == AttentionView(keep=0).plain()
    assert maps(visitor)["view"]["keep"] == 50
    assert "head" not in visitor.query_params


def test_what_the_matrix_shows_is_kept_in_the_link(visit: Visit) -> None:
    visitor = view(visit(PAGE, session="s3"), event=1, scale="own")
    assert visitor.query_params["event"] in ("2", ["2"])
    assert visitor.query_params["scale"] in ("own", ["own"])
    assert matrix(visitor)["echo"]
    view(visitor, event=None, scale="shared")
    assert not {"event", "scale"} & set(visitor.query_params)


def test_a_head_that_is_opened_shows_its_full_map(visit: Visit) -> None:
    visitor = view(visit(PAGE, session="s3"), head=6)
    assert visitor.query_params["head"] in ("1.2", ["1.2"])
    assert visitor.button_group(key="detail").value == "maps"
    assert maps(visitor)["view"]["head"] == 6


@pytest.mark.parametrize(
    "message",
    [
        None,
        "x",
        {"head": 99, "event": None, "quantity": "attention", "scale": "own"},
        {"head": None, "event": True, "quantity": "attention", "scale": "own"},
        {"head": None, "event": None, "quantity": "<script>", "scale": "own"},
        {"head": None, "event": None, "quantity": "attention", "scale": "own", "key": "of another session"},
    ],
)
def test_an_invalid_view_from_the_browser_changes_nothing(visit: Visit, message: Any) -> None:
    visitor = visit(PAGE, session="s3")
    before = dict(visitor.query_params)
    if isinstance(message, dict):
        message = {"key": matrix(visitor)["key"], **message}
    send_state(visitor, "matrix", view=message)
    assert dict(visitor.query_params) == before


@pytest.mark.parametrize("message", [None, "i2", {"item": "i2", "key": "other"}, {"item": "gone"}, {"item": ["i2"]}])
def test_an_invalid_title_from_the_browser_changes_nothing(visit: Visit, message: Any) -> None:
    visitor = visit(PAGE, session="s3")
    if isinstance(message, dict):
        message = {"key": data_of(visitor, "top-ten")["key"], **message}
    send_trigger(visitor, "top-ten", "item", message)
    assert "item" not in visitor.query_params


def test_another_of_the_ten_can_be_explained_and_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    other = expected(world, "s3").recommendations[4].item_id
    choose_title(visitor, other)
    assert visitor.query_params["item"] in (other, [other])
    assert explained_item(visitor) == other
    assert f"**{plain(expected(world, 's3').recommendations[4].title)}**" in "\n".join(
        text.value for text in visitor.caption
    )
    assert explained_item(visit(PAGE, session="s3", item=other)) == other


def test_any_item_of_the_catalogue_can_be_explained_by_link(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, "s3").recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    visitor = visit(PAGE, session="s3", item=outside)
    assert explained_item(visitor) == outside
    assert len(ten(visitor)) == 11
    rank = expected(world, "s3", world.catalogue.row(outside)).candidate.rank
    assert ten(visitor)[-1]["rank"] == str(rank)
    assert f"rank {rank}" in words(visitor)


def test_an_item_that_is_not_there_is_named_and_the_first_is_explained(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="gone")
    assert "gone" in words(visitor)
    assert explained_item(visitor) == expected(world, "s3").recommendations[0].item_id


def test_a_model_of_another_catalogue_is_refused_with_both_sides_named(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other", model="a-transformer")
    assert "This model cannot be used with this data set" in words(visitor)


def test_choosing_another_data_set_clears_the_session(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2")
    visitor.sidebar.selectbox(key="choose_data").select("other").run()
    assert visitor.query_params["data"] == "other"
    assert "session" not in visitor.query_params
    assert "item" not in visitor.query_params


def test_another_session_keeps_the_view_and_clears_event_and_title(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1", head="1.0", keep="60", detail="maps", edits="remove.1")
    press(visitor, "Next")
    assert (visitor.query_params["head"], visitor.query_params["keep"]) == ("1.0", "60")
    assert visitor.query_params["detail"] == "maps"
    assert not {"event", "item", "edits"} & set(visitor.query_params)


def test_a_link_to_another_session_does_not_inherit_the_item_of_this_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1")
    for name in ("item", "event"):
        del visitor.query_params[name]
    visitor.query_params["session"] = "s5"
    visitor.run()
    assert explained_item(visitor) == expected(world, "s5").recommendations[0].item_id
    assert matrix(visitor)["view"]["event"] is None
