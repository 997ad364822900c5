"""What-if on Explore: events removed, moved and changed; the URL, what was before, undo, and the Debug link."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_text import one_line
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.whatif import what_if
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.explore_visits import (
    PAGE,
    edit,
    expected,
    explained_item,
    matrix,
    press,
    send_trigger,
    sent,
    ten,
    words,
)


def edits(visitor: AppTest) -> str | None:
    value = visitor.query_params.get("edits")
    return value[0] if isinstance(value, list) else value


def rows(visitor: AppTest) -> list[int]:
    return [event["item"] for event in matrix(visitor)["events"]]


def test_an_event_is_taken_away_and_everything_follows(visit: Visit, world: DataSet) -> None:
    visitor, before = visit(PAGE, session="s3"), expected(world, "s3")
    title = explained_item(visitor)
    assert not matrix(visitor)["edited"]
    edit(visitor, "remove.2")
    assert edits(visitor) == "remove.2"
    assert explained_item(visitor) == title  # the same title, although another may be first now
    items = before.history.items.tolist()
    assert rows(visitor) == [items[0], *items[2:]]
    assert matrix(visitor)["edited"]
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    tried = what_if(model, world, "s3", read_edits("remove.2"))
    assert [item["row"] for item in ten(visitor)][:10] == [item.row for item in tried.after.recommendations]
    after = next(item for item in tried.after.recommendations if item.item_id == title)
    assert f"rank {after.rank}" in words(visitor)


def test_what_was_taken_away_is_shown_where_it_stood(visit: Visit, world: DataSet) -> None:
    items = expected(world, "s3").history.items.tolist()
    visitor = visit(PAGE, session="s3", edits="remove.2_remove.2")
    assert matrix(visitor)["ghosts"] == [
        {"before": 1, "title": one_line(world.catalogue.titles[items[1]])},
        {"before": 1, "title": one_line(world.catalogue.titles[items[2]])},
    ]
    last = len(items)
    assert matrix(visit(PAGE, session="s3", edits=f"remove.{last}"))["ghosts"] == [
        {"before": last - 1, "title": one_line(world.catalogue.titles[items[-1]])}
    ]


def test_the_ten_tell_the_ranks_before(visit: Visit, world: DataSet) -> None:
    ranks = {item.row: item.rank for item in expected(world, "s3").recommendations}
    visitor = visit(PAGE, session="s3")
    assert {item["before"] for item in ten(visitor)} == {""}
    changed = 0
    for number in (1, 2, len(matrix(visitor)["events"])):
        for item in ten(visit(PAGE, session="s3", edits=f"remove.{number}")):
            if item["before"] == "new":
                assert item["row"] not in ranks
            elif item["before"]:
                assert item["before"] == f"was {ranks[item['row']]}"
                assert item["rank"] != str(ranks[item["row"]])
            else:
                assert item["rank"] == str(ranks[item["row"]])
            changed += bool(item["before"])
    assert changed


def test_events_change_places_and_what_was_done_with_them(visit: Visit, world: DataSet) -> None:
    visitor, items = visit(PAGE, session="s3"), expected(world, "s3").history.items.tolist()
    edit(visitor, "swap.1.2")
    assert rows(visitor)[:2] == [items[1], items[0]]
    edit(visitor, "engage.1.save")
    assert matrix(visitor)["events"][0]["mark"] == "saved"
    assert edits(visitor) == "swap.1.2_engage.1.save"
    assert "What if:" in words(visitor)


def test_undo_takes_back_the_last_edit_and_reset_all(visit: Visit) -> None:
    visitor, items = visit(PAGE, history="i3;i9;i1;i4"), [3, 9, 1, 4]
    for text in ("remove.1", "remove.1", "swap.1.2"):
        edit(visitor, text)
    edit(visitor, "undo")
    assert edits(visitor) == "remove.1_remove.1"
    assert rows(visitor) == items[2:]
    edit(visitor, "reset")
    assert edits(visitor) is None
    assert rows(visitor) == items
    assert not matrix(visitor)["edited"]
    assert "What if:" not in words(visitor)


def test_a_link_holds_the_edits_and_debug_shows_the_same_session(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", edits="remove.1")
    assert "What if:" in words(visitor)
    protos = [element.proto for element in visitor.get("page_link")]
    (query,) = [parse_qs(link.query_string) for link in protos if link.label == "In Debug"]
    assert {name: query[name] for name in ("session", "section", "edits", "model", "data")} == {
        "session": ["s3"],
        "section": ["what-if"],
        "edits": ["remove.1"],
        "model": ["a-transformer"],
        "data": ["tiny"],
    }
    debug = visit("debug/page.py", **{name: values[0] for name, values in query.items()})
    assert "event 1 removed" in words(debug)


def test_another_session_forgets_the_edits(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", edits="remove.1")
    press(visitor, "Next")
    assert edits(visitor) is None
    assert not matrix(visitor)["edited"]


@pytest.mark.parametrize("text", ["remove.99", "remove", "swap.1.x", "engage.1.eat", "nonsense", "swap.1.99"])
def test_an_edit_of_a_link_that_cannot_be_made_is_named_and_left_out(visit: Visit, world: DataSet, text: str) -> None:
    visitor = visit(PAGE, session="s3", edits=text)
    assert "The what-if in this link cannot be made" in words(visitor)
    assert rows(visitor) == expected(world, "s3").history.items.tolist()
    assert edits(visitor) is None


@pytest.mark.parametrize("message", [None, "remove.1", {"edit": "remove.1", "key": "other"}, {"edit": 3}])
def test_an_invalid_edit_from_the_browser_changes_nothing(visit: Visit, message: Any) -> None:
    visitor = visit(PAGE, session="s3")
    if isinstance(message, dict):
        message = {"key": matrix(visitor)["key"], **message}
    send_trigger(visitor, "matrix", "edit", message)
    assert edits(visitor) is None


def test_an_edit_that_cannot_be_made_is_named_and_the_others_stay(visit: Visit) -> None:
    visitor = edit(visit(PAGE, session="s3", edits="remove.1"), "remove.99")
    assert edits(visitor) == "remove.1"
    assert "99" in visitor.warning[0].value
    assert "This session" not in words(visitor)


def test_the_last_event_stays(visit: Visit) -> None:
    visitor = visit(PAGE, history="i3;i9")
    edit(visitor, "remove.1")
    edit(visitor, "remove.1")
    assert rows(visitor) == [9]
    assert visitor.warning


def test_a_session_of_ones_own_is_edited_too(visit: Visit) -> None:
    visitor = edit(visit(PAGE, history="i3;i9;i1"), "remove.2")
    assert rows(visitor) == [3, 1]
    assert edits(visitor) == "remove.2"
    assert not [link for link in visitor.get("page_link") if link.proto.label == "In Debug"]


def test_an_edited_session_is_pinned_as_it_is(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", edits="remove.1", mode="expert", detail="model")
    edited = rows(visitor)
    press(visitor, "Pin this view")
    edit(visitor, "reset")
    assert [[event["item"] for event in data["events"]] for data in sent(visitor, "matrix")] == [
        rows(visitor),
        edited,
    ]
    assert len(rows(visitor)) == len(edited) + 1
