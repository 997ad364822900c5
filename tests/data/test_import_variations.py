"""Forms in which logs come, beyond the cases: each is read right, or refused in one sentence with a way out."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.preview import BEGINNING, preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

PLAIN = "session,item\na,x\na,y\nb,y\nb,x\n"
READ = {"a": ["x", "y"], "b": ["y", "x"]}
TITLED = {"title_column": "title"}
RATED = {"session_column": "", "user_column": "session", "rating_column": "rating"}


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def archive(**members: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as file:
        for name, text in members.items():
            file.writestr(name.replace("_", "."), text)
    return sink.getvalue()


def workbook(*rows: list[object]) -> bytes:
    book, sink = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


def lines(*objects: object) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in objects)


SESSIONS = ["a", "a", "b", "b"]
NUMBERS = pa.array([Decimal("12.00"), Decimal("7.00")] * 2, pa.decimal128(10, 2))
ZONED = pa.array(
    [dt.datetime(2024, 1, 5, 9, minute, tzinfo=dt.UTC) for minute in range(4)], pa.timestamp("ns", "Europe/Berlin")
)
ITEMS: tuple[tuple[str, str, bytes | str, dict[str, str], dict[str, list[str]]], ...] = (
    ("UTF-16 by its mark", "log.csv", PLAIN.encode("utf-16"), {}, READ),
    ("UTF-32 by its mark", "log.csv", PLAIN.encode("utf-32"), {}, READ),
    ("UTF-8 with a mark", "log.csv", b"\xef\xbb\xbf" + PLAIN.encode(), {}, READ),
    ("sep= and comments", "log.csv", "sep=;\n# of May\n# 2024\nsession;item\na;x\na;y\n# end\nb;y\nb;x\n", {}, READ),
    ("carriage returns alone", "log.csv", PLAIN.replace("\n", "\r"), {}, READ),
    (
        "line ends in quotes",
        "log.csv",
        'session,item,title\r\na,x,"two\r\nlines"\r\na,y,"q""q"\r\nb,y,\r\nb,x,\r\n',
        TITLED,
        READ,
    ),
    ("escaped quotes", "log.csv", 'session,item,title\na,x,"say \\"hi\\", ok"\na,y,t\nb,y,t\nb,x,t\n', TITLED, READ),
    ("quotes within words", "log.csv", 'session,item\na,12" vinyl\na,y\n', {}, {"a": ['12" vinyl', "y"]}),
    ("a delimiter ends each row", "log.csv", PLAIN.replace("x\n", "x,\n").replace("y\n", "y,\n"), {}, READ),
    ("a column without a name", "log.csv", ",session,item\n0,a,x\n1,a,y\n2,b,y\n3,b,x\n", {}, READ),
    ("names that differ in case", "log.csv", "session,item,Item\na,x,1\na,y,2\nb,y,3\nb,x,4\n", {}, READ),
    ("decimal commas", "log.csv", "session;item;rating\na;x;4,5\na;y;3,0\nb;y;2\nb;x;0,5\n", RATED, READ),
    ("a folder of several kinds", "folder", "", {}, {**READ, "j": ["x", "y"]}),
    ("gz by its bytes", "log.csv", gzip.compress(PLAIN.encode()), {}, READ),
    ("plain text called gz", "log.csv.gz", PLAIN, {}, READ),
    (
        "lists in JSON",
        "log.jsonl",
        lines({"session": "a", "item": ["x", "y"]}, {"session": "b", "item": ["y", "x"]}),
        {},
        READ,
    ),
    (
        "numbers and texts in JSON",
        "log.jsonl",
        lines({"session": "a", "item": 12}, {"session": "a", "item": "012"}),
        {},
        {"a": ["12", "012"]},
    ),
    (
        "whole numbers beyond doubles in JSON",
        "log.jsonl",
        lines(*({"session": "a", "item": number} for number in (2**53 + 1, 2**64 + 1, 2**53))),
        {},
        {"a": ["9007199254740993", "18446744073709551617", "9007199254740992"]},
    ),
    ("large numbers", "log.csv", f"session,item\na,{2**53 + 1}\na,{2**53}\n", {}, {"a": [str(2**53 + 1), str(2**53)]}),
    ("zeros in front", "log.csv", "session,item\na, 12\na,012\na,12 \n", {}, {"a": ["12", "012", "12"]}),
    ("powers of ten are no numbers", "log.csv", "session,item\na,1e5\na,100000\n", {}, {"a": ["1e5", "100000"]}),
    (
        "dictionaries",
        "log.parquet",
        parquet(session=pa.array(SESSIONS).dictionary_encode(), item=["x", "y", "y", "x"]),
        {},
        READ,
    ),
    ("lists in Parquet", "log.parquet", parquet(session=["a", "b"], item=[["x", "y"], ["y", "x"]]), {}, READ),
    (
        "decimals that are whole",
        "log.parquet",
        parquet(session=SESSIONS, item=NUMBERS),
        {},
        {"a": ["12", "7"], "b": ["12", "7"]},
    ),
    ("floats that are whole", "log.parquet", parquet(session=[1.0] * 2, item=[12.0, 7.0]), {}, {"1": ["12", "7"]}),
    ("bytes", "log.parquet", parquet(session=[b"a"] * 2, item=[b"x", b"\xff\x00"]), {}, {"a": ["78", "ff00"]}),
    (
        "unsigned numbers",
        "log.parquet",
        parquet(session=["a"] * 2, item=pa.array([2**64 - 1, 5], pa.uint64())),
        {},
        {"a": [str(2**64 - 1), "5"]},
    ),
    (
        "times with a zone",
        "log.parquet",
        parquet(session=SESSIONS, item=["x", "y", "y", "x"], time=ZONED),
        {"time_column": "time"},
        READ,
    ),
    (
        "cells of several types",
        "log.xlsx",
        workbook(["session", "item"], ["a", 12], ["a", 12.0], ["a", "012"]),
        {},
        {"a": ["12", "12", "012"]},
    ),
    (
        "a title over the table",
        "log.xlsx",
        workbook(["Report of May"], [], ["session", "item"], ["a", "x"], ["a", "y"]),
        {},
        {"a": ["x", "y"]},
    ),
)
MOMENTS: tuple[tuple[str, list[str], list[str]], ...] = (
    (
        "two digits of the year, German",
        ["05.01.24 09:37", "31.01.24 10:00"],
        ["2024-01-05T09:37:00", "2024-01-31T10:00:00"],
    ),
    (
        "two digits of the year, American",
        ["1/31/24 9:37", "2/1/24 10:00"],
        ["2024-01-31T09:37:00", "2024-02-01T10:00:00"],
    ),
    (
        "two digits of the year, last",
        ["05-01-24", "06-01-24", "31-01-24"],
        ["2024-01-05T00:00:00", "2024-01-06T00:00:00", "2024-01-31T00:00:00"],
    ),
    (
        "RFC 2822",
        ["Fri, 05 Jan 2024 09:37:00 EST", "5 Jan 2024 09:40:00 PDT"],
        ["2024-01-05T14:37:00", "2024-01-05T16:40:00"],
    ),
    (
        "Apache",
        ["[05/Jan/2024:09:39:00 +0100]", "05/Jan/2024:09:40:00 -0500"],
        ["2024-01-05T08:39:00", "2024-01-05T14:40:00"],
    ),
    ("microseconds", ["1704445200123456", "1704445201123456"], ["2024-01-05T09:00:00", "2024-01-05T09:00:01"]),
    ("nanoseconds", ["1704445200123456789", "1704445201123456789"], ["2024-01-05T09:00:00", "2024-01-05T09:00:01"]),
    (
        "nine digits of a second",
        ["2024-01-05T09:37:00.123456789Z", "2024-01-05T09:37:01.1Z"],
        ["2024-01-05T09:37:00", "2024-01-05T09:37:01"],
    ),
    (
        "several zones",
        ["2024-01-05T09:37:00+01:00", "2024-01-05 09:37:00-0500"],
        ["2024-01-05T08:37:00", "2024-01-05T14:37:00"],
    ),
    (
        "names of zones",
        ["2024-01-05 09:37:00 CET", "2024-01-05 09:38:00 Europe/Berlin"],
        ["2024-01-05T08:37:00", "2024-01-05T08:38:00"],
    ),
    ("powers of ten", ["1.7044452E9", "1.70444521E+09"], ["2024-01-05T09:00:00", "2024-01-05T09:00:10"]),
)
REFUSED: tuple[tuple[str, str, bytes | str, dict[str, str], str], ...] = (
    ("nothing", "log.csv", "", {}, "is empty; give a file with rows in it"),
    ("blank lines", "log.csv", "\n \n", {}, "is empty; give a file with rows in it"),
    ("a header", "log.csv", "session,item\n", {}, "has column names and no rows; give a file with rows in it"),
    ("a name twice", "log.csv", "session,item,item\na,x,1\na,y,2\n", {}, "has 2 columns 'item'; rename all but one"),
    (
        "single quotes",
        "log.csv",
        "'session','item'\n'a','x'\n",
        {},
        """has no column 'item' .* it has "'session'", "'item'\"""",
    ),
    (
        "a footer",
        "log.csv",
        f"{PLAIN}(4 rows affected)\n",
        {},
        "line 6: number of fields is 1, expected 2; fix the row, or skip it",
    ),
    (
        "half a file",
        "log.csv.gz",
        gzip.compress(PLAIN.encode() * 50)[:-20],
        {},
        "cannot be read .*; give a readable file",
    ),
    (
        "two files in an archive",
        "log.zip",
        archive(a_csv=PLAIN, b_csv=PLAIN),
        {},
        "holds 2 files; .* unpack it and give the folder",
    ),
    (
        "Parquet called csv",
        "log.csv",
        parquet(session=["a"] * 2, item=["x", "y"]),
        {},
        "is a Parquet file .* rename it to .parquet",
    ),
    (
        "a workbook called csv",
        "log.csv",
        workbook(["session", "item"]),
        {},
        "is an Excel workbook .* rename it to .xlsx",
    ),
    ("text called Parquet", "log.parquet", PLAIN, {}, "is not readable as Parquet .* write it again"),
    ("a workbook of 1997", "log.xls", b"\xd0\xcf\x11\xe0", {}, "save it as .xlsx or .csv"),
    ("a PDF", "log.pdf", b"%PDF-1.4 \xff", {}, "is a PDF; export the log as a table"),
    ("a page", "log.csv", "<!DOCTYPE html><html>Sign in</html>\n", {}, "is a web page .* download the log again"),
    ("a pointer", "log.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:a\n", {}, "git lfs pull"),
    (
        "lists in lists",
        "log.jsonl",
        lines({"session": "a", "item": [["x"], ["y"]]}),
        {},
        "holds lists in lists; flatten it first",
    ),
    (
        "a broken line",
        "log.jsonl",
        lines({"session": "a", "item": "x"}) + '{"session":\n',
        {},
        "line 2: is not JSON .* fix the row, or skip it",
    ),
    (
        "an empty column",
        "log.parquet",
        parquet(session=["a"] * 2, item=pa.nulls(2)),
        {},
        "row 1: no item .* fix the 2 rows, or skip them",
    ),
    ("words between spaces", "log.txt", PLAIN.replace(",", " "), {}, "name the delimiter"),
    (
        "the year in front in two digits",
        "log.csv",
        "session,item,time\na,x,24-01-05\na,y,24-01-31\n",
        {"time_column": "time"},
        "may begin with the year, .* name their format, %y-%m-%d, ",
    ),
    (
        "the day or the month in front",
        "log.csv",
        "session,item,time\na,x,01/02/2024\na,y,02/03/2024\n",
        {"time_column": "time"},
        "name their format, %m/%d/%Y or %d/%m/%Y",
    ),
    (
        "weeks",
        "log.csv",
        "session,item,time\na,x,2024-W01-5\na,y,2024-W02-5\n",
        {"time_column": "time"},
        "is in no form that is recognised; name the format of the times",
    ),
    (
        "hours without a day",
        "log.csv",
        "session,item,time\na,x,09:37\na,y,09:38\n",
        {"time_column": "time"},
        "is in no form that is recognised",
    ),
)


def names(table: tuple[tuple[Any, ...], ...]) -> list[str]:
    return [str(row[0]) for row in table]


def imported(folder: Path, name: str, content: bytes | str, options: dict[str, str]) -> Imported:
    path = folder / name
    if name == "folder":
        path.mkdir()
        (path / "a.csv").write_text(PLAIN)
        (path / "b.jsonl").write_text(lines({"session": "j", "item": "x"}, {"session": "j", "item": "y"}))
        (path / "notes.md").write_text("# no log")
        (path / ".hidden.csv").write_text("x")
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = {"session_column": "session", "item_column": "item"} | options
    return import_table(path, TableSettings.parse(settings, "options"))


@pytest.mark.parametrize(("name", "content", "options", "expected"), [row[1:] for row in ITEMS], ids=names(ITEMS))
def test_items_are_read_as_they_stand_and_every_row_is_counted(
    tmp_path: Path, name: str, content: bytes | str, options: dict[str, str], expected: dict[str, list[str]]
) -> None:
    result = imported(tmp_path, name, content, options)
    log, ids, report = result.log, result.catalogue.item_ids, result.report
    sessions = {each: [ids[item] for item in log.session(row).items] for row, each in enumerate(log.session_ids)}
    assert sessions == expected
    assert report.rows == len(log.items) + report.bad_rows + report.single_event_sessions


@pytest.mark.parametrize(("stamps", "expected"), [row[1:] for row in MOMENTS], ids=names(MOMENTS))
def test_times_are_read_exactly(tmp_path: Path, stamps: list[str], expected: list[str]) -> None:
    rows = "".join(f's,i{number},"{stamp}"\n' for number, stamp in enumerate(stamps))
    log = imported(tmp_path, "log.csv", f"session,item,time\n{rows}", {"time_column": "time"}).log
    assert log.timestamps is not None
    assert [f"{dt.datetime.fromtimestamp(int(t), dt.UTC):%Y-%m-%dT%H:%M:%S}" for t in log.timestamps] == expected


@pytest.mark.parametrize(("name", "content", "options", "sentence"), [row[1:] for row in REFUSED], ids=names(REFUSED))
def test_others_are_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes | str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        imported(tmp_path, name, content, options)
    assert "\n" not in str(refused.value)
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
def test_a_long_file_in_wide_characters_is_previewed(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (tmp_path / "log.csv").write_bytes(mark + ("session,item\n" + "a,x\n" * (BEGINNING // 4)).encode(encoding))
    assert preview_file(tmp_path / "log.csv").rows[0] == ("a", "x")


def test_a_title_over_the_table_does_not_move_line_numbers(tmp_path: Path) -> None:
    content = workbook(["Report"], ["session", "item"], ["a", "x"], ["a", None])
    with pytest.raises(BadInput, match="row 4: no item"):
        imported(tmp_path, "log.xlsx", content, {})
