"""Kinds of files: each the same log as text, JSON, Parquet or Excel, compressed, in several files, and with lists."""

from __future__ import annotations

import gzip
import json
import re
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.preview import preview_file, preview_stream
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

CASES = Path(__file__).parent / "cases"
SESSION = {"session_column": "session", "item_column": "item", "time_column": "time"}
FRAME = pd.DataFrame(
    {
        "session": [7, 7, 8, 8, 8],
        "item": ["a b", "é", "a b", "c", "é"],
        "time": pd.to_datetime(["2024-01-05 09:37:00"] * 2 + ["2024-01-05 10:00:00"] * 3),
    }
)


def settings(**values: Any) -> TableSettings:
    return TableSettings.parse(values, "options")


def sessions(imported: Imported) -> dict[str, list[str]]:
    log, ids = imported.log, imported.catalogue.item_ids
    return {name: [ids[item] for item in log.session(row).items] for row, name in enumerate(log.session_ids)}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an import asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def zstd(raw: bytes) -> bytes:
    return bytes(pa.compress(raw, codec="zstd", asbytes=True))


def zipped(name: str) -> Callable[[bytes], bytes]:
    def write(raw: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("__MACOSX/._x", b"")
            archive.writestr(name, raw)
        return bytes(sink.getvalue())

    return write


WRITERS: dict[str, Callable[[Path], object]] = {
    "log.csv": lambda path: FRAME.to_csv(path, index=False),
    "log.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "log.dat": lambda path: FRAME.to_csv(path, index=False, sep="|"),
    "log.txt": lambda path: FRAME.to_csv(path, index=False, sep=";"),
    "log.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True, date_format="iso"),
    "log.json": lambda path: FRAME.to_json(path, orient="records", date_format="iso"),
    "log.parquet": lambda path: FRAME.to_parquet(path, index=False),
    "log.xlsx": lambda path: FRAME.to_excel(path, index=False),
}
PRESSED = {".gz": gzip.compress, ".zst": zstd, ".zip": None}


@pytest.mark.parametrize("name", list(WRITERS))
@pytest.mark.parametrize("ending", ["", *PRESSED])
def test_every_kind_is_the_same_log(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    if ending:
        press = PRESSED[ending] or zipped(name)
        path = tmp_path / f"{name}{ending}"
        path.write_bytes(press((tmp_path / name).read_bytes()))
    imported = import_table(path, settings(**SESSION))
    assert sessions(imported) == {"7": ["a b", "é"], "8": ["a b", "c", "é"]}
    assert imported.card["name"] == "log"
    assert imported.log.timestamps is not None
    assert imported.log.timestamps[0] == 1704447420
    preview = preview_file(path)
    assert preview.columns == ("session", "item", "time")
    assert [row[:2] for row in preview.rows] == [(str(s), i) for s, i in zip(FRAME.session, FRAME.item, strict=True)]
    with path.open("rb") as upload:
        assert preview_stream(upload, path.name) == preview


def test_a_compressed_export_is_read() -> None:
    assert len(import_table(CASES / "plain.csv.gz", settings(**SESSION)).log.items) == 352


def test_several_files_and_folders_are_one_log(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    FRAME[:3].to_csv(folder / "1.csv", index=False)
    FRAME[3:].to_parquet(folder / "2.parquet", index=False)
    (folder / "_SUCCESS").write_text("")
    (folder / ".1.csv.crc").write_text("x")
    expected = {"7": ["a b", "é"], "8": ["a b", "c", "é"]}
    assert sessions(import_table(folder, settings(**SESSION))) == expected
    assert sessions(import_table([folder / "1.csv", folder / "2.parquet"], settings(**SESSION))) == expected
    with (folder / "1.csv").open("a") as file:
        file.write("9,,2024-01-05\n")
    with pytest.raises(BadInput, match=r"1\.csv, line 5: no item"):
        import_table(folder, settings(**SESSION))
    (folder / "1.csv").write_text("shop,session,item\n1,1,1\n")
    with pytest.raises(BadInput, match=r"2\.parquet has no column 'shop'"):
        import_table(folder, settings(session_column="shop", item_column="item"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no file of a log"):
        import_table(tmp_path / "empty", settings(**SESSION))


@pytest.mark.parametrize(
    ("name", "raw", "fault"),
    [
        ("log.csv.gz", b"\x1f\x8b and nothing", "cannot be read"),
        ("log.csv.gz", gzip.compress(b"session,item\n" * 99, mtime=0)[:40], "cannot be read"),
        ("log.csv.zst", b"\x28\xb5\x2f\xfd nothing", "cannot be read"),
        ("log.zip", b"PK\x03\x04 nothing", "cannot be read"),
        ("log.parquet.gz", gzip.compress(b"PAR1", mtime=0), "not readable as Parquet"),
        ("log.xlsx", b"PK\x03\x04 nothing", "not readable as a workbook"),
        ("log.xls", b"\xd0\xcf", "save it as .xlsx or .csv"),
        ("log.json", b"{", "not readable as JSON"),
        ("log.jsonl", b"", "is empty"),
        ("log.tar.gz", gzip.compress(b"x", mtime=0), "unpack it first"),
    ],
)
def test_a_broken_file_is_named(name: str, raw: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadInput, match=fault) as caught:
        import_table(tmp_path / name, settings(**SESSION))
    assert name in str(caught.value)
    with pytest.raises(BadInput):
        preview_file(tmp_path / name)


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(BadInput, match="holds 2 files; an archive of a log holds one"):
        import_table(tmp_path / "log.zip", settings(**SESSION))


def test_sessions_with_lists_of_events_are_read() -> None:
    columns = {"session_column": "session", "item_column": "aid", "time_column": "ts", "engagement_column": "type"}
    words = {"clicks": "click", "carts": "save", "orders": "share"}
    imported = import_table(CASES / "otto.jsonl", settings(**columns, engagement_map=words))
    lines = [json.loads(line) for line in (CASES / "otto.jsonl").read_text().splitlines()]
    assert imported.report.rows == sum(len(line["events"]) for line in lines)
    assert sessions(imported)["0"] == [str(event["aid"]) for event in lines[0]["events"]]
    assert imported.log.timestamps is not None
    assert int(imported.log.timestamps[0]) == lines[0]["events"][0]["ts"] // 1000
    assert preview_file(CASES / "otto.jsonl").columns == ("session", "events.aid", "events.ts", "events.type")
    with pytest.raises(BadInput, match=r"has no column 'product' .* events\.aid"):
        import_table(CASES / "otto.jsonl", settings(session_column="session", item_column="product"))


def test_the_nested_export_of_google_analytics_is_read_by_its_fields() -> None:
    path = CASES / "ga4_events.parquet"
    columns = {
        "session_column": "user_pseudo_id+event_params.ga_session_id",
        "item_column": "items.item_id",
        "title_column": "items.item_name",
        "category_column": "item_category",
        "time_column": "event_timestamp",
    }
    imported = import_table(path, settings(**columns))
    events = pq.read_table(path).to_pylist()
    first = events[0]
    visit = first["event_params"][0]["value"]["int_value"]
    assert imported.log.session_ids[0] == f"{first['user_pseudo_id']}/{visit}"
    assert imported.report.rows == sum(len(event["items"]) for event in events)
    assert imported.report.empty_rows == sum(not event["items"] for event in events)
    assert imported.catalogue.titles[0] == first["items"][0]["item_name"]
    with pytest.raises(BadInput, match=r"is a record; name one of its fields, items\.item_id.*SELECT unnest\(items"):
        import_table(path, settings(session_column="user_pseudo_id", item_column="items"))


@pytest.mark.parametrize(
    ("cells", "more"),
    [
        (["[1, 2]", "[2]", "[]"], {}),
        (["['1', '2']", "['2']", "[]"], {}),
        (["1 2", "2", ""], {"list_separator": " "}),
        (["1| 2", "2", ""], {"list_separator": "|"}),
    ],
)
def test_a_row_a_session_is_read(cells: list[str], more: dict[str, str], tmp_path: Path) -> None:
    pd.DataFrame({"visit": ["a", "b", "c"], "items": cells}).to_csv(tmp_path / "log.csv", index=False, sep=";")
    imported = import_table(tmp_path / "log.csv", settings(session_column="visit", item_column="items", **more))
    assert sessions(imported) == {"a": ["1", "2"]}
    assert (imported.report.rows, imported.report.empty_rows, imported.report.single_event_sessions) == (3, 1, 1)
    by_row = import_table(tmp_path / "log.csv", settings(item_column="items", row_sessions=True, **more))
    assert sessions(by_row) == {"2": ["1", "2"]}


def test_lists_of_parquet_go_together_or_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    table = {"session": ["a", "b"], "items": [[1, 2], [3, 4, 5]], "times": [[1704447421, 1704447420], [1704447422] * 3]}
    pq.write_table(pa.table(table), path)
    columns = {"session_column": "session", "item_column": "items", "time_column": "times"}
    assert sessions(import_table(path, settings(**columns))) == {"a": ["2", "1"], "b": ["3", "4", "5"]}
    pq.write_table(pa.table(table | {"times": [[1704447421], [1704447422] * 3]}), path)
    with pytest.raises(BadInput, match=r"row 1: lists 'items' and 'times' have 2 and 1 elements"):
        import_table(path, settings(**columns))


def test_a_list_of_categories_belongs_to_the_item(tmp_path: Path) -> None:
    table = {"session": ["a", "a"], "item": ["x", "y"], "kind": [["Comedy", "Drama"], ["Drama"]]}
    pq.write_table(pa.table(table), tmp_path / "log.parquet")
    columns = {"session_column": "session", "item_column": "item", "category_column": "kind"}
    catalogue = import_table(tmp_path / "log.parquet", settings(**columns)).catalogue
    assert [catalogue.category(row) for row in range(2)] == ["Comedy", "Drama"]


def test_two_columns_are_one_session_and_a_name_may_hold_the_sign(tmp_path: Path) -> None:
    rows = "user,visit,a+b,item\nu,1,s,x\nu,1,s,y\nu,2,s,x\nv,1,s,y\nv,1,s,z\nv,,s,z\n"
    (tmp_path / "log.csv").write_text(rows)
    imported = import_table(
        tmp_path / "log.csv", settings(session_column="user+visit", item_column="item", skip_bad_rows=True)
    )
    assert sessions(imported) == {"u/1": ["x", "y"], "v/1": ["y", "z"]}
    assert imported.report.bad_rows == 1
    assert list(sessions(import_table(tmp_path / "log.csv", settings(session_column="a+b", item_column="item")))) == [
        "s"
    ]


def test_a_line_that_is_no_json_is_named_and_left_out_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"session": 1, "item": "a"}\n{"session": 1, "item"\n[1]\n{"session": 1, "item": "b"}\n')
    columns = {"session_column": "session", "item_column": "item"}
    with pytest.raises(BadInput, match=r"line 2: is not JSON .*line 3: is no JSON object.*fix the 2 rows"):
        import_table(path, settings(**columns))
    imported = import_table(path, settings(**columns, skip_bad_rows=True))
    assert (sessions(imported), imported.report.bad_rows) == ({"1": ["a", "b"]}, 2)


def test_ids_of_several_types_are_text(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"session": 1, "item": "007"}\n{"session": 1, "item": 12}\n{"session": "1", "item": "x"}\n')
    imported = import_table(path, settings(session_column="session", item_column="item"))
    assert sessions(imported) == {"1": ["007", "12", "x"]}


def test_a_row_of_a_workbook_with_cells_beyond_the_header_is_counted(tmp_path: Path) -> None:
    book = Workbook()
    rows = [["session", "item"], ["a", "x"], ["a", "y", "what"], ["a", "z", None], ["a", "w"]]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")
    with zipfile.ZipFile(tmp_path / "log.xlsx") as old, zipfile.ZipFile(tmp_path / "no-size.xlsx", "w") as new:
        for member in old.infolist():  # without the size of the sheet rows are as wide as their last cell
            content = re.sub(rb"<dimension [^>]*>", b"", old.read(member))
            new.writestr(member.filename, content)
    settings = {"session_column": "session", "item_column": "item"}
    with pytest.raises(BadInput, match=r"row 3: has more than 2 cells"):
        import_table(tmp_path / "no-size.xlsx", TableSettings.parse(settings, "test"))
    imported = import_table(tmp_path / "no-size.xlsx", TableSettings.parse({**settings, "skip_bad_rows": True}, "test"))
    assert (imported.report.rows, imported.report.bad_rows, len(imported.log.items)) == (4, 1, 3)
