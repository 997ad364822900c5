"""Sessions that an import left out: each is listed with its own reason, in memory and in the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data import left_out
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.left_out import left_out_sessions, read_left_out
from streamrec_core.data.storage import LEFT_OUT_FILE, read_dataset
from streamrec_core.errors import BadInput
from tests.data.import_files import movielens_1m

LOG = """session,item,time
full,a,2024-01-01 10:00
full,b,2024-01-01 10:01
short,a,2024-01-01 10:02
lost,,2024-01-01 10:03
half,a,2024-01-01 10:04
half,b,yesterday
scarce,rare,2024-01-01 10:05
mixed,rare2,2024-01-01 10:06
mixed,b,2024-01-01 10:07
again,a,2024-01-01 10:08
again,a,2024-01-01 10:09
"""
REASONS = {
    "short": "it has one event",
    "lost": "none of its rows can be used",
    "half": "it has one event (rows that cannot be used are left out)",
    "scarce": "all its items have too few events",
    "mixed": "it has one event (those of items with too few events are left out)",
    "again": "all its events repeat the first one",
}


def settings(**values: Any) -> TableSettings:
    return TableSettings.parse({"item_column": "item", "time_column": "time", **values}, "options")


def log_file(folder: Path, text: str = LOG) -> Path:
    path = folder / "log.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_session_has_its_reason(tmp_path: Path) -> None:
    options = settings(session_column="session", skip_bad_rows=True, min_item_events=2, collapse_repeats=True, name="x")
    dataset = save(import_table(log_file(tmp_path), options), tmp_path / "x")
    for log in (dataset.log, read_dataset(tmp_path / "x").log):
        assert log.left_out is not None
        assert {session: log.left_out.reason(session) for session in REASONS} == REASONS
        assert log.left_out.reason("full") == ""
        assert log.left_out.total == len(REASONS)
        assert log.row("full") == 0
        with pytest.raises(BadInput, match=r"^session 'short' was left out at import, because it has one event$"):
            log.row("short")
        with pytest.raises(BadInput, match=r"^no session 'never' among 1; ids look like full"):
            log.row("never")
        assert log.names_session("full")
        assert log.names_session("short")
        assert not log.names_session("never")


def test_sessions_cut_by_gaps_are_listed_by_their_number(tmp_path: Path) -> None:
    text = "user,item,time\nu,a,2024-01-01\nu,b,2024-01-02\nu,a,2024-01-02\nv,a,2024-01-01\n"
    log = import_table(log_file(tmp_path, text), settings(user_column="user", gap_minutes=30.0)).log
    assert log.session_ids == ("u-2",)
    assert log.left_out is not None
    assert log.left_out.session_ids.to_pylist() == ["u-1", "v-1"]


def test_a_log_that_is_kept_whole_lists_nothing(tmp_path: Path) -> None:
    text = "session,item,time\ns,a,2024-01-01\ns,b,2024-01-02\n"
    dataset = save(import_table(log_file(tmp_path, text), settings(session_column="session", name="x")), tmp_path / "x")
    assert dataset.log.left_out is None
    assert not (tmp_path / "x" / LEFT_OUT_FILE).exists()
    assert read_dataset(tmp_path / "x").log.left_out is None


def test_people_of_one_rating_are_listed(tmp_path: Path) -> None:
    log = import_movielens(movielens_1m(tmp_path / "ml"), RatingSettings(min_item_ratings=1)).log
    assert log.left_out is not None
    assert log.left_out.reason("3") == "it has one event"


def test_the_list_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(left_out, "MOST_LISTED", 2)
    left_out_sessions({"one": ["a", "b", "c"], "two": ["d"]}).write(tmp_path / "left_out.parquet")
    listed = read_left_out(tmp_path / "left_out.parquet")
    assert listed is not None
    assert (listed.session_ids.to_pylist(), listed.reasons.to_pylist(), listed.total) == (["a", "b"], ["one"] * 2, 4)
    log = import_table(log_file(tmp_path), settings(session_column="session", skip_bad_rows=True)).log
    with pytest.raises(BadInput, match=r"^no session 'never' .* of 4 sessions left out at import, only 2 are known"):
        log.row("never")


def test_a_damaged_list_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "left_out.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadInput, match="import the data set again"):
        read_left_out(tmp_path / "left_out.parquet")


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv", "two files", "rows", "joined"])
def test_sessions_whose_list_is_empty_are_listed(tmp_path: Path, form: str) -> None:
    lists = {"full": ["a", "b"], "empty": [], "nothing": None, "later": ["a", "b", "a"], "": []}
    rows = [{"session": session, "day": "1", "items": items} for session, items in lists.items()]
    mapping = {"session_column": "session", "item_column": "items"}
    if form in ("parquet", "joined"):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    elif form == "csv":
        text = "\n".join(f"{row['session']};{json.dumps(row['items'] or [])}" for row in rows)
        (tmp_path / "log.csv").write_text(f"session;items\n{text}\n")
    else:
        texts = [json.dumps(row) + "\n" for row in rows]
        (tmp_path / "1.jsonl").write_text("".join(texts[:2] if form == "two files" else texts))
        if form == "two files":
            (tmp_path / "2.jsonl").write_text("".join(texts[2:]))
    if form == "rows":
        mapping = {"row_sessions": "true", "item_column": "items"}
    if form == "joined":
        mapping["session_column"] = "session+day"
    imported = import_table(tmp_path, TableSettings.parse(mapping, "test"))
    assert (len(imported.log), imported.report.empty_rows) == (2, 3)
    expected = {"rows": ["2", "3", "5"], "joined": ["empty/1", "nothing/1"]}.get(form, ["empty", "nothing"])
    assert imported.log.left_out is not None
    assert imported.log.left_out.session_ids.to_pylist() == expected
    assert set(imported.log.left_out.reasons.to_pylist()) == {"its list of items is empty"}
