"""Ways to a session on Explore: by what it is like, by a title, and one of the visitor's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.ui.session_split import split_sessions
from pages.ui.title_search import matching_items, similar_titles
from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.left_out import left_out_sessions
from streamrec_core.data.splits import split
from streamrec_core.data.storage import write_dataset
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, drawer, expected, explained_item, matrix, press, words


def test_any_item_is_found_by_a_word_of_its_title(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", detail="title")
    visitor.text_input(key="search_item").set_value("title 1").run()
    offered = [button for button in visitor.main.button if (button.key or "").startswith("item-")]
    titled = [row for row, title in enumerate(world.catalogue.titles) if "title 1" in title.casefold()]
    assert [button.key for button in offered] == [f"item-{row}" for row in titled]
    offered[0].click().run()
    assert visitor.query_params["item"] in (world.catalogue.item_ids[titled[0]], [world.catalogue.item_ids[titled[0]]])
    assert explained_item(visitor) == world.catalogue.item_ids[titled[0]]


def test_a_typing_error_in_a_title_is_answered_with_titles_like_it(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", detail="title")
    visitor.text_input(key="search_item").set_value("Tilte 13").run()
    assert "Did you mean" in words(visitor)
    (first, *_) = [button for button in visitor.main.button if (button.key or "").startswith("item-")]
    assert first.key == "item-13"
    visitor.text_input(key="search_item").set_value("xqzw").run()
    assert "No title is like this" in words(visitor)


def test_likeness_is_asked_for_only_where_no_title_holds_the_text(world: DataSet) -> None:
    catalogue = world.catalogue
    assert matching_items(catalogue, "title 9") == [9]
    assert matching_items(catalogue, "i9")[0] == 9
    assert matching_items(catalogue, "tilte 9") == []
    assert similar_titles(catalogue, "tilte 9")[0] == 9
    assert similar_titles(catalogue, " ") == []


def test_what_is_no_session_is_searched_for_as_a_title(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value("Tilte 9").run()
    assert "Did you mean" in words(visitor)
    assert drawer(visitor, "radio", "title_row").value == 9
    visitor.text_input(key="title_query").set_value("zzzzzz").run()
    assert "no title is like it" in words(visitor)


@pytest.mark.parametrize(
    ("label", "key"), [("Recommended first", 1), ("Among the ten", 10), ("Already in the session", 0)]
)
def test_a_title_leads_to_the_sessions_in_which_it_was_recommended_or_watched(
    visit: Visit, world: DataSet, label: str, key: int
) -> None:
    row, catalogue = 9, world.catalogue
    explained = {session: expected(world, session) for session in split_sessions(world.log, split(world)).test_ids}
    sessions = [
        session
        for session, explanation in explained.items()
        if (
            row in [item.row for item in explanation.recommendations[:key]]
            if key
            else row in world.log.session(int(session[1:])).items[:-1]
        )
    ]
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value(catalogue.item_ids[row]).run()
    assert f"**{label}**: {len(sessions)} of 12 test sessions" in words(visitor)
    offered = [button for button in visitor.button if (button.key or "").startswith(f"title-{label}-")]
    assert [button.label for button in offered] == [f"Session {session}" for session in sessions]
    if offered:
        offered[-1].click().run()
        assert visitor.query_params["session"] in (sessions[-1], [sessions[-1]])
        assert explained_item(visitor) == catalogue.item_ids[row]


def test_a_history_of_your_own_is_explained_and_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE), "Your own")
    drawer(visitor, "text_area", "own_text").set_value("i3=save\nTitle 9\ni1").run()
    next(button for button in visitor.button if button.label == "Explain this session").click().run()
    assert visitor.query_params["history"] == "i3=save;i9;i1"
    assert "session" not in visitor.query_params
    assert [event["item"] for event in matrix(visitor)["events"]] == [3, 9, 1]
    assert matrix(visitor)["events"][0]["mark"] == "saved"
    assert "Your own session" in words(visitor)
    again = visit(PAGE, history="i3=save;i9;i1")
    assert [event["item"] for event in matrix(again)["events"]] == [3, 9, 1]
    assert explained_item(again) == explained_item(visitor)


def test_a_history_that_cannot_be_read_says_which_event(visit: Visit) -> None:
    visitor = press(visit(PAGE), "Your own")
    drawer(visitor, "text_area", "own_text").set_value("i3; lost").run()
    next(button for button in visitor.button if button.label == "Explain this session").click().run()
    assert any("Your text, event 2" in error.value for error in visitor.error)
    assert "history" not in visitor.query_params
    assert "Event 1 of the link" in words(visit(PAGE, history="gone")).replace("\\", "")


def test_a_session_is_found_by_what_it_is_like(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE), "Find")
    drawer(visitor, "selectbox", "wish_outcome").set_value("wrong at 1").run()
    ranks = {
        session: expected(world, session).target.rank for session in split_sessions(world.log, split(world)).test_ids
    }
    wrong = [session for session, rank in ranks.items() if rank > 1]
    listed = visitor.dataframe[-1].value
    assert list(listed["Session"]) == wrong
    assert list(listed["Rank of next item"]) == [ranks[session] for session in wrong]
    next(button for button in visitor.button if button.label == "Open a random match").click().run()
    assert visitor.query_params["session"] in wrong


def test_a_session_is_put_together_from_titles_with_their_engagements(visit: Visit) -> None:
    visitor = press(visit(PAGE), "Your own")
    for row in (3, 9, 5):
        drawer(visitor, "selectbox", "own_title").set_value(row).run()
    drawer(visitor, "selectbox", "own_mark_1").set_value(3).run()
    next(button for button in visitor.button if button.key == "own_remove_0").click().run()
    assert drawer(visitor, "selectbox", "own_mark_0").value == 3
    next(button for button in visitor.button if button.label == "Explain these titles").click().run()
    assert visitor.query_params["history"] == "i9=save;i5"
    assert "Your own session" in words(visitor)


def test_nothing_is_explained_before_a_title_is_added(visit: Visit) -> None:
    visitor = press(visit(PAGE), "Your own")
    assert next(button for button in visitor.button if button.label == "Explain these titles").disabled


def test_a_session_that_was_left_out_at_import_is_answered_with_the_reason(visit: Visit, world: DataSet) -> None:
    log = replace(world.log, left_out=left_out_sessions({"it has one event": ["visit-9"]}))
    write_dataset(replace(world, log=log), data_folder() / "tiny", overwrite=True)
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value("visit-9").run()
    assert "Session 'visit-9' was left out at import, because it has one event" in words(visitor)
    visitor = visit("overview/page.py")
    visitor.text_input(key="question_text").set_value("visit-9").run()
    assert visitor.query_params["session"] in ("visit-9", ["visit-9"])
