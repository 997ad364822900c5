"""The Data set page: statistics, session filters kept in the link, and creating, importing and deleting data sets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.dataset import delete_data
from pages.dataset.session_list import strip
from streamrec_core.background.locks import wait_until_free
from streamrec_core.config import data_folder, jobs_folder
from streamrec_core.data import jobs
from streamrec_core.data.browse.figures import count
from streamrec_core.data.browse.sessions import SessionFilter, find_sessions
from streamrec_core.data.browse.tables import open_tables
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import list_data
from streamrec_core.data.storage import EVENTS_FILE
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE

PAGE = "dataset/page.py"
LOG_ORDER = "in the order of the log"
LOG = "session,item,when\n" + "".join(
    f"s{row},i{step},{1700000000 + row * 100 + step}\n" for row in range(12) for step in range(4)
)
TORN = LOG + "s1,,1700000007\n"
SECONDS = 120


def links(visitor: AppTest) -> list[str]:
    """The sessions that are listed, by their links to Explore."""
    return [link.proto.query_string.partition("session=")[2].partition("&")[0] for link in visitor.get("page_link")]


def matching(session_filter: SessionFilter, order: str = LOG_ORDER) -> list[str]:
    page = find_sessions(open_tables(data_folder() / "tiny"), session_filter, order)
    return [session.session_id for session in page.sessions]


def waited(visitor: AppTest) -> AppTest:
    """The page after every job is over."""
    deadline = time.monotonic() + SECONDS
    while any(job.state.stage == "running" for job in jobs.list_jobs()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return visitor.run()


@pytest.fixture(autouse=True)
def _ended(workspace: Path) -> Iterator[None]:
    yield
    for lock in (workspace / "jobs").glob("job-*/lock"):
        wait_until_free(lock)


def test_statistics_show_size_sparsity_and_popularity_skew(visit: Visit) -> None:
    visitor = visit(PAGE)
    shown = {metric.label: metric.value for metric in visitor.metric}
    whole = count(open_tables(data_folder() / "tiny"))
    assert (shown["Sessions"], shown["Items"]) == ("60", "14")
    assert shown["Sparsity"] == f"{whole.sparsity:.2%}"
    assert shown["Top 10% of items"] == f"{whole.top_share():.0%}"
    assert len(visitor.get("plotly_chart")) == 5
    assert all(chart.proto.alt for chart in visitor.get("plotly_chart"))
    assert [heading.help != "" for heading in visitor.subheader] == [True] * 5
    assert list(visitor.dataframe[0].value["Sessions"]) == [part.sessions for part in whole.parts]


def test_a_category_filters_statistics_and_sessions_and_is_kept_in_the_link(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.selectbox(key="browse_category").select("Crime").run()
    assert visitor.query_params["category"] == "Crime"
    shown = {metric.label: metric.value for metric in visitor.metric}
    assert shown["Sessions"] == f"{count(open_tables(data_folder() / 'tiny'), 'Crime').sessions}"
    listed = visit(PAGE, show="sessions", category="Crime")
    assert links(listed) == matching(SessionFilter(category="Crime"))
    assert listed.selectbox(key="browse_category").value == "Crime"


@pytest.mark.parametrize(
    ("link", "session_filter", "order"),
    [
        ({}, SessionFilter(), LOG_ORDER),
        ({"least": "6", "most": "7"}, SessionFilter(least=6, most=7), LOG_ORDER),
        ({"holds": "i9"}, SessionFilter(item="i9"), LOG_ORDER),
        ({"words": "title 9"}, SessionFilter(title="title 9"), LOG_ORDER),
        ({"part": "test"}, SessionFilter(part="test"), LOG_ORDER),
        ({"order": "longest first"}, SessionFilter(), "longest first"),
    ],
)
def test_filters_in_a_link_select_the_sessions(
    visit: Visit, link: dict[str, str], session_filter: SessionFilter, order: str
) -> None:
    assert links(visit(PAGE, show="sessions", **link)) == matching(session_filter, order)


def test_the_page_of_the_list_is_read_from_the_link(visit: Visit) -> None:
    visitor = visit(PAGE, show="sessions", sheet="2")
    assert "Sessions 11 to 20 of 60" in words(visitor)
    assert links(visitor)[0] == "s10"
    assert "Sessions 51 to 60 of 60" in words(visit(PAGE, show="sessions", sheet="999"))


def test_filters_are_kept_and_cleared(visit: Visit) -> None:
    visitor = visit(PAGE, show="sessions", sheet="3")
    visitor.number_input(key="browse_least").set_value(7).run()
    assert visitor.query_params["least"] == "7"
    assert "sheet" not in visitor.query_params
    visitor.text_input(key="browse_words").set_value("title 1").run()
    assert visitor.selectbox(key="browse_item").options
    next(button for button in visitor.button if button.label == "Clear all filters").click().run()
    assert not {"least", "words"} & set(visitor.query_params)
    assert "of 60" in words(visitor)


def test_an_empty_list_offers_all_sessions(visit: Visit) -> None:
    visitor = visit(PAGE, show="sessions", words="no such title")
    assert "No session matches these filters" in words(visitor)
    next(button for button in visitor.button if button.label == "Show all sessions").click().run()
    assert "of 60" in words(visitor)


def test_filters_that_do_not_apply_are_ignored_and_named(visit: Visit) -> None:
    visitor = visit(PAGE, show="sessions", category="Opera", least="many", part="<b>", sheet="-1", order="by colour")
    assert "category Opera" in words(visitor)
    assert "least many" in words(visitor)
    assert links(visitor) == matching(SessionFilter())


def test_a_session_opens_in_explore_with_data_set_and_session(visit: Visit) -> None:
    link = visit(PAGE, show="sessions").get("page_link")[3]
    assert "data=tiny" in link.proto.query_string
    assert "session=s3" in link.proto.query_string


def test_hostile_titles_stay_text(visit: Visit, world: DataSet) -> None:
    tables = open_tables(data_folder() / "tiny")
    for session in find_sessions(tables, SessionFilter(), LOG_ORDER, size=60).sessions:
        drawn = strip(session, "i0", tables)
        assert "<img" not in drawn
        assert "<script" not in drawn
    visitor = visit(PAGE, show="sessions", words="alert")
    assert {HOSTILE[row] for row in (0, 1, 6)} <= {
        option.split(" · ")[0] for option in visitor.selectbox(key="browse_item").options
    }


def test_choosing_another_data_set_drops_the_filters_of_this_one(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, show="sessions", category="Crime", least="5", sheet="2")
    visitor.sidebar.selectbox(key="choose_data").select("other").run()
    assert not {"category", "least", "sheet"} & set(visitor.query_params)


def test_a_preset_is_created_and_opened(visit: Visit) -> None:
    visitor = visit(PAGE, show="change")
    visitor.number_input(key="make_sessions").set_value(30)  # the button is pressed before the page has run again
    next(button for button in visitor.button if button.label == "Create").click().run()
    waited(visitor)
    assert "streamrec-30" in list_data()
    next(button for button in visitor.button if button.label == "Open data set").click().run()
    visitor.run()
    assert visitor.query_params["data"] == "streamrec-30"
    assert jobs.list_jobs() == ()


def test_a_running_job_can_be_stopped(visit: Visit) -> None:
    jobs.start_job(jobs.preset_request("streamrec", 900_000, 7, home_page=False))
    visitor = visit(PAGE)
    assert "Creating **streamrec" in words(visitor)
    next(button for button in visitor.button if button.label == "Stop").click().run()
    assert jobs.list_jobs() == ()
    assert "Creating" not in words(visitor.run())


def test_opening_a_session_drops_the_item_chosen_for_another(visit: Visit, world: DataSet) -> None:
    visitor = visit("explore/page.py", session="s1", item="i5")
    assert visitor.query_params["item"] == "i5"
    visitor.switch_page(PAGE).run()
    visitor.switch_page("explore/page.py")
    link = {"data": "tiny", "session": "s3"}  # as a strip has it
    visitor.query_params.clear()
    for name, value in link.items():
        visitor.query_params[name] = value
    visitor.run()
    assert visitor.query_params["session"] == "s3"
    assert "item" not in visitor.query_params


def test_a_link_names_what_this_data_set_does_not_have(visit: Visit) -> None:
    assert "**colour** is not available" in words(visit(PAGE, show="colour"))
    text = words(visit(PAGE, show="sessions", order="by colour", sheet="two", category="Gone"))
    assert all(part in text for part in ("order by colour", "sheet two", "category Gone"))


def test_an_upload_is_mapped_its_bad_rows_confirmed_and_imported(visit: Visit) -> None:
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].upload("mine.csv", TORN.encode(), "text/csv").run()
    columns = {box.label: box.value for box in visitor.selectbox}
    assert (columns["Session"], columns["Item"], columns["Time"], columns["Title"]) == ("session", "item", None, None)
    next(box for box in visitor.selectbox if box.label == "Time").select("when").run()
    next(button for button in visitor.button if button.label == "Import").click().run()
    waited(visitor)
    assert "has 1 row that cannot be used" in words(visitor)
    assert visitor.dataframe[1].value["Location"][0] == "mine.csv, line 50"
    next(button for button in visitor.button if button.label == "Skip 1 row and import").click().run()
    waited(visitor)
    assert "mine" in list_data()


def test_an_unreadable_upload_is_refused_and_leaves_no_file(visit: Visit) -> None:
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].upload("x.parquet", b"PAR1\x00<script>", "application/octet-stream").run()
    assert "x.parquet is not readable as Parquet" in words(visitor)
    assert "/tmp" not in words(visitor)
    assert not jobs_folder().exists()


def test_a_data_set_is_deleted_after_a_confirmation(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other", show="change")
    visitor.button(key="delete").click().run()
    assert "other" in list_data()
    visitor.button(key="delete_surely").click().run()
    assert "other" not in list_data()
    assert visitor.query_params["data"] != "other"


def test_a_damaged_data_set_can_still_be_deleted(other_world: object, visit: Visit) -> None:
    (data_folder() / "other" / EVENTS_FILE).write_bytes(b"PAR1 no")
    visitor = visit(PAGE, data="other")
    assert "This data set cannot be opened" in words(visitor)
    visitor.button(key="delete").click().run()
    visitor.button(key="delete_surely").click().run()
    assert "other" not in list_data()


def test_a_preset_cannot_be_deleted(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delete_data, "PRESETS", {"tiny": None})  # a real preset takes seconds to make
    visitor = visit(PAGE, show="change")
    assert "is a preset and cannot be deleted" in words(visitor)
    assert "delete" not in [button.key for button in visitor.button]


def test_a_read_only_server_offers_neither_adding_nor_deleting(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    visitor = visit(PAGE, show="change")
    assert len(visitor.info) == 2
    assert not [button for button in visitor.button if button.label in ("Create", "Import", "Delete …")]


def test_an_import_says_which_column_is_missing(visit: Visit) -> None:
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].upload("mine.csv", b"who,thing\na,1\nb,2\n", "text/csv").run()
    assert next(button for button in visitor.button if button.label == "Import").disabled
    assert "choose the column of: “Item”, and of: “Session” or “User”" in words(visitor)
    next(box for box in visitor.selectbox if box.label == "Item").select("thing").run()
    assert "choose the column of: “Session” or “User”" in words(visitor)
    next(box for box in visitor.selectbox if box.label == "User").select("who").run()
    assert not next(button for button in visitor.button if button.label == "Import").disabled
    assert "choose the column" not in words(visitor)
