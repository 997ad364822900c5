"""The import form and the words of a log: kept as they are, or counted as StreamRec's five types, both with counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from streamrec_core.background.locks import wait_until_free
from streamrec_core.config import data_folder
from streamrec_core.data import jobs
from streamrec_core.data.job_process import run_job
from streamrec_core.data.storage import read_dataset
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "dataset/page.py"
CASES = Path(__file__).parent.parent / "data" / "cases"


@pytest.fixture(autouse=True)
def _at_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Jobs run in this process: the same code without starting Python anew."""
    monkeypatch.setattr(jobs, "_start", lambda folder, owner="": run_job(folder))
    yield
    for lock in (workspace / "jobs").glob("job-*/lock"):
        wait_until_free(lock)


def form(visit: Visit, name: str, content: bytes | None = None) -> AppTest:
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    return visitor.file_uploader[0].set_value([(name, content or (CASES / name).read_bytes(), "")]).run()


def press_import(visitor: AppTest) -> None:
    next(button for button in visitor.button if button.label == "Import").click().run()


def test_a_shop_log_is_imported_as_guessed_in_its_own_words(visit: Visit) -> None:
    visitor = form(visit, "events_retailrocket.csv")
    selected = {box.label: box.value for box in visitor.selectbox}
    assert {role: selected[role] for role in ("User", "Item", "Time", "Engagement")} == {
        "User": "visitorid",
        "Item": "itemid",
        "Time": "timestamp",
        "Engagement": "event",
    }
    assert "view “viewed” (309), addtocart “added to the cart” (43), transaction “bought” (10)" in words(visitor)
    assert next(box for box in visitor.text_input if box.label == "An item is called").value == "product"
    press_import(visitor)
    dataset = read_dataset(data_folder() / "events_retailrocket")
    assert dataset.catalogue.words.phrases == ("viewed", "added to the cart", "bought")
    assert len(dataset.log.items) == 362


def test_words_are_counted_as_the_five_types_by_choice(visit: Visit) -> None:
    visitor = form(visit, "events_retailrocket.csv")
    visitor.segmented_control(key="log_words").set_value("As StreamRec's five types").run()
    mapped = {box.label: box.value for box in visitor.selectbox if box.label.endswith(")")}
    assert mapped == {"view (309)": "partial_view", "addtocart (43)": "save", "transaction (10)": "share"}
    visitor.selectbox(key="log_map-view").select("click").run()
    press_import(visitor)
    dataset = read_dataset(data_folder() / "events_retailrocket")
    assert not dataset.catalogue.words.from_log
    counts = [dataset.log.engagements.tolist().count(code) for code in range(5)]
    assert counts == [309, 0, 0, 43, 10]


def test_order_and_phrases_can_be_typed(visit: Visit) -> None:
    visitor = form(visit, "events_retailrocket.csv")
    visitor.text_input(key="log_word_order").input("transaction, view=looked at, addtocart").run()
    assert "weakest first: transaction “bought” (10), view “looked at” (309)" in words(visitor)


def test_a_column_that_is_no_engagement_is_named_before_the_import(visit: Visit) -> None:
    rows = "".join(f"s{row % 9},i{row % 5},page {row}\n" for row in range(90))
    visitor = form(visit, "log.csv", f"session,item,event\n{rows}".encode())
    assert "has 90 different words" in words(visitor)


def test_a_file_without_a_header_is_pointed_out_and_guessed(visit: Visit) -> None:
    rows = "".join(f"{row // 3},2014-04-07T10:{row:02}:09.277Z,2145{row % 5},0\n" for row in range(30))
    visitor = form(visit, "yoochoose-clicks.dat", rows.encode())
    assert "The first line looks like a row" in words(visitor)
    next(box for box in visitor.checkbox if box.label == "First line has column names").uncheck().run()
    selected = {box.label: box.value for box in visitor.selectbox}
    assert (selected["Session"], selected["Time"], selected["Item"]) == ("1", "2", "3")
