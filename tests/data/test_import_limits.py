"""Limits of an import: bombs, endless lines and pipes are refused in words before they fill the memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from benchmarks.bombs import long_page, long_texts, repeated_text, two_rows, zstd_bomb
from streamrec_core.config import IMPORT_GIGABYTES, IMPORT_MINUTES, IMPORT_ROWS
from streamrec_core.data.importers import limits as limits_module
from streamrec_core.data.importers import parquet_files
from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.preview import preview_file
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.jobs import JobRequest, start_job
from streamrec_core.errors import BadInput
from tests.data import import_files

COLUMNS = {"session_column": "session", "item_column": "item"}
HEADER = b"session,item\n"
ROW = b"a,x\n"
MEGABYTE = 0.001
"""In gigabytes."""


def read(path: Path, **settings: object) -> Imported:
    return import_table(path, TableSettings.parse({**COLUMNS, **settings}, "test"))


def zipped(content: bytes, name: str = "log.csv") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return sink.getvalue()


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


def parquet(columns: dict[str, object], **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd", **options)
    return sink.getvalue()


def workbook(rows: int, width: int = 1) -> bytes:
    book, sink = Workbook(), io.BytesIO()
    book.active.append(["session", "item"])
    for number in range(rows):
        book.active.append([f"a{number // 2}", f"{number % 9}" * width])
    book.save(sink)
    return sink.getvalue()


TEXT = HEADER + ROW * 500_000
LONG = "x" * 200_000
SIZE_BOMBS: dict[str, Callable[[], bytes]] = {
    "log.csv": lambda: TEXT,
    "log.csv.gz": lambda: gzip.compress(TEXT),
    "log.csv.zst": lambda: zstd(TEXT),
    "log.zip": lambda: zipped(TEXT),
    "blank.csv.gz": lambda: gzip.compress(HEADER + b"\n" * 2_000_000),
    "log.jsonl.gz": lambda: gzip.compress(b'{"session": "a", "item": "x"}\n' * 100_000),
    "log.json": lambda: json.dumps([{"session": "a", "item": "x"}] * 20_000).encode(),
    "log.xlsx": lambda: workbook(9, width=30_000),
    "log.parquet.gz": lambda: gzip.compress(parquet({"session": ["a"] * 9, "item": [LONG] * 9}, use_dictionary=False)),
    "times.parquet": lambda: parquet({"session": ["a"] * 9, "item": ["x"] * 9, "time": [LONG] * 9}),
    "lists.parquet": lambda: parquet({"session": ["a"] * 9, "item": [[LONG]] * 9}),
    "bytes.parquet": lambda: parquet({"session": ["a"] * 9, "item": [LONG.encode()] * 9}),
    "wide.parquet": lambda: parquet({"session": ["a"] * 9, "item": pa.array([LONG] * 9, pa.large_string())}),
}


@pytest.mark.parametrize("name", SIZE_BOMBS)
def test_what_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SIZE_BOMBS[name]())
    times = {"time_column": "time"} if name.startswith("times") else {}
    if name == "wide.parquet":  # a text that is held once takes its room once
        assert len(read(tmp_path / name, size_limit=MEGABYTE).log) == 1
        return
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / name, size_limit=MEGABYTE, **times)
    message = str(refusal.value)
    assert message.startswith(f"{tmp_path / name} unpacks to more than ")
    assert "0.001 GB" in message
    assert IMPORT_GIGABYTES.name in message
    assert refusal.value.fields == ("size_limit",)


ROW_BOMBS: dict[str, Callable[[], bytes]] = {
    "log.csv": lambda: HEADER + ROW * 1001,
    "quoted.csv": lambda: HEADER + b'"a","x,y"\n' * 1001,
    "log.jsonl": lambda: b'{"session": "a", "item": "x"}\n' * 1001,
    "broken.jsonl": lambda: b'{"session": "a", "item": "x"}\n' * 1001 + b"{\n",
    "log.json": lambda: json.dumps([{"session": "a", "item": "x"}] * 1001).encode(),
    "log.parquet": lambda: parquet({"session": ["a"] * 1001, "item": ["x"] * 1001}),
    "lists.parquet": lambda: parquet({"session": ["a"] * 2, "item": [["x"] * 600] * 2}),
    "lists.csv": lambda: b"session;item\n" + (b"a;" + json.dumps(["x"] * 600).encode() + b"\n") * 2,
    "log.xlsx": lambda: workbook(1001),
}


@pytest.mark.parametrize("name", ROW_BOMBS)
def test_more_rows_than_the_limit_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ROW_BOMBS[name]())
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / name, row_limit=1000)
    assert str(refusal.value).startswith(f"{tmp_path / name} has more than 1,000 rows, the limit of an import")
    assert IMPORT_ROWS.name in str(refusal.value)
    assert refusal.value.fields == ("row_limit",)


def test_a_log_of_as_many_rows_as_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(HEADER + ROW * 1000)
    assert read(tmp_path / "log.csv", row_limit=1000).report.rows == 1000


def test_the_files_of_a_log_count_together(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.csv").write_bytes(HEADER + ROW * 400)
    assert read(tmp_path, row_limit=1200).report.rows == 1200
    with pytest.raises(BadInput, match=r"2\.csv has more than 1,199 rows"):
        read(tmp_path, row_limit=1199)
    size = sum(path.stat().st_size for path in tmp_path.iterdir()) / 10**9
    assert read(tmp_path, size_limit=size * 1.01).report.rows == 1200
    with pytest.raises(BadInput, match=r"2\.csv unpacks to more than"):
        read(tmp_path, size_limit=size * 0.99)


def test_the_limits_of_the_machine_hold_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.csv").write_bytes(HEADER + ROW * 11)
    for variable, number in ((IMPORT_ROWS, "10"), (IMPORT_GIGABYTES, "0.00000001"), (IMPORT_MINUTES, "1e-9")):
        with monkeypatch.context() as patch:
            patch.setenv(variable.name, number)
            with pytest.raises(BadInput, match=variable.name):
                read(tmp_path / "log.csv")
            assert read(tmp_path / "log.csv", row_limit=99, size_limit=1, time_limit=1).report.rows == 11


@pytest.mark.parametrize("text", ["many", "-1", "0", "nan", "inf", "1e999", "9" * 5000, "0x10"])
def test_a_variable_that_holds_no_such_number_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "log.csv").write_bytes(HEADER + ROW * 11)
    for variable in (IMPORT_ROWS, IMPORT_GIGABYTES, IMPORT_MINUTES):
        with monkeypatch.context() as patch:
            patch.setenv(variable.name, text)
            with pytest.raises(BadInput, match=f"^{variable.name} is "):
                read(tmp_path / "log.csv")


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet", "log.xlsx"])
def test_an_import_stops_at_its_limit_of_time(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ROW_BOMBS[name]())
    with pytest.raises(BadInput, match="took longer than 1e-09 minutes") as refusal:
        read(tmp_path / name, time_limit=1e-9)
    assert refusal.value.fields == ("time_limit",)


def test_ratings_have_the_same_limits(tmp_path: Path) -> None:
    settings = RatingSettings(min_item_ratings=1, row_limit=3)
    with pytest.raises(BadInput, match="more than 3 rows"):
        import_movielens(import_files.movielens_1m(tmp_path / "movielens"), settings)
    with pytest.raises(BadInput, match="more than 3 rows"):
        import_atomic(import_files.atomic(tmp_path / "atomic"), settings)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl"])
def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    for module in ("encoding", "json_files"):
        monkeypatch.setattr(f"streamrec_core.data.importers.{module}.LONGEST_LINE", 10_000_000)
    content = HEADER + ROW + b"a" * 15_000_000
    (tmp_path / f"log.{ending}").write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / f"log.{ending}")
    if ending != "jsonl":
        assert f"log.{ending}, line 3: is longer than 10,000,000 characters" in str(refusal.value)


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet", "log.xlsx", "log.csv.gz", "log.zip"])
def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    calls: tuple[Callable[[], object], ...] = (
        lambda: read(tmp_path / name),
        lambda: preview_file(tmp_path / name),
        lambda: read(Path("/dev/zero")),
    )
    for call in calls:
        with pytest.raises(BadInput, match="is a pipe or device and no file"):
            call()


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.zip").write_bytes(zipped(zipped(HEADER + ROW * 9), "log.zip"))
    for call in (lambda: read(tmp_path / "log.zip"), lambda: preview_file(tmp_path / "log.zip")):
        with pytest.raises(BadInput, match=r"log\.zip is an archive in an archive; unpack it first"):
            call()


def test_entities_that_multiply_in_a_workbook_are_refused(tmp_path: Path) -> None:
    source = io.BytesIO(workbook(3))
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "log.xlsx", "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                content = (
                    f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{entities}]>'.encode()
                    + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
                    b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row></sheetData></worksheet>'
                )
            new.writestr(member.filename, content)
    with pytest.raises(BadInput, match="is not readable as a workbook"):
        read(tmp_path / "log.xlsx")


@pytest.mark.parametrize("form", ["[", '{"session":', '[{"session": {"a": '])
def test_deep_json_is_refused(tmp_path: Path, form: str) -> None:
    (tmp_path / "log.json").write_text(form * 100_000)
    for call in (lambda: read(tmp_path / "log.json"), lambda: preview_file(tmp_path / "log.json")):
        with pytest.raises(BadInput, match=r"log\.json is not readable as JSON|has no|more than"):
            call()


def test_a_header_of_half_a_million_columns_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a," * 500_000 + "\n")
    with pytest.raises(BadInput, match="columns; a log has at most 500"):
        preview_file(tmp_path / "log.csv")


def test_a_preview_reads_the_beginning_of_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMPORT_GIGABYTES.name, "0.004")
    for name in ("log.csv", "log.csv.gz", "log.zip"):
        (tmp_path / name).write_bytes(SIZE_BOMBS[name]())
        assert preview_file(tmp_path / name).columns == ("session", "item")
    (tmp_path / "log.json").write_bytes(b"[" + b" " * 2_000_000)
    with pytest.raises(BadInput, match=r"unpacks to more than 0\.001 GB, the limit for lists in JSON"):
        preview_file(tmp_path / "log.json")


@pytest.mark.parametrize(("name", "number"), [("row_limit", 10**9), ("size_limit", 5), ("time_limit", 61.5)])
@pytest.mark.usefixtures("workspace")
def test_a_visitor_cannot_raise_the_limits_of_the_server(name: str, number: float) -> None:
    with pytest.raises(BadInput, match="this server imports up to") as refusal:
        start_job(JobRequest(kind="table", name="mine", settings={**COLUMNS, name: number}))
    assert refusal.value.fields == (name,)


def test_time_left_is_never_negative() -> None:
    total = limits_module.Budget(limits_module.ReadingLimits(1, 1, 1e-9))
    assert total.seconds_left() == 0.0


def page_bomb(path: Path, megabytes: int) -> None:
    """Texts of a megabyte in one page, in a file whose footer says that they take a kilobyte."""
    long_page(path, megabytes * 10**6)
    assert pq.read_metadata(path).row_group(0).column(1).total_uncompressed_size == 1000


def test_what_pages_unpack_to_counts_and_not_what_the_footer_says(tmp_path: Path) -> None:
    page_bomb(tmp_path / "log.parquet", 30)
    assert len(read(tmp_path / "log.parquet", size_limit=0.04).log) == 1
    with pytest.raises(BadInput, match=r"log\.parquet unpacks to more than 0\.02 GB"):
        read(tmp_path / "log.parquet", size_limit=0.02)


def test_a_page_whose_header_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    whole = parquet({"session": ["a", "a"], "item": ["x", "y"]})
    offset = pq.read_metadata(io.BytesIO(whole)).row_group(0).column(1).data_page_offset
    for header in (b"\xff" * 12, b"\x15\x00\x15\x01", b"\x1c" * 40, b"\x00"):
        path.write_bytes(whole[:offset] + header + whole[offset + len(header) :])
        with pytest.raises(BadInput, match=r"log\.parquet is not readable as Parquet"):
            read(path)


def test_lists_that_name_one_long_text_again_and_again_are_measured_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(parquet({"session": ["a"] * 4, "item": [["x" * 100_000] * 50] * 4}))
    assert path.stat().st_size < 1000
    assert len(read(path, size_limit=0.03).log) == 1
    # by then the texts of a batch stand in memory, as often as they are named
    monkeypatch.setattr(parquet_files._Column, "measure", lambda *_: pytest.fail("the lists were read"))
    with pytest.raises(BadInput, match=r"unpacks to more than 0\.01 GB"):
        read(path, size_limit=0.01)


@pytest.mark.parametrize("form", ["repeated", "list"])
def test_a_preview_of_parquet_measures_the_first_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = tmp_path / "log.parquet"
    item: object = "x" * 1_000_000 if form == "repeated" else ["x" * 100_000] * 10
    path.write_bytes(parquet({"session": ["a"] * 30, "item": [item] * 30}))
    assert preview_file(path).columns == ("session", "item")
    monkeypatch.setenv(IMPORT_GIGABYTES.name, "0.016")
    with pytest.raises(BadInput, match=r"unpacks to more than 0\.004 GB, the limit for the first rows of Parquet"):
        preview_file(path)


MEASURED = """
import json, re, resource, sys
from pathlib import Path
from streamrec_core.data.importers.preview import preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000

settings = TableSettings.parse({"session_column": "session", "item_column": "item"}, "test")
first, *bombs = map(Path, sys.argv[1:])
import_table(first, settings)
before, messages = peak(), []
for bomb in bombs:
    try:
        import_table(bomb, settings)
    except BadInput as error:
        messages.append(str(error))
print(json.dumps([before, peak(), messages]))
"""


def test_bombs_take_little_memory(tmp_path: Path) -> None:
    files = {"two rows.csv": two_rows, "long texts.parquet": long_texts, "text.csv.zst": zstd_bomb}
    files |= {"repeated text.parquet": repeated_text}
    for name, write in files.items():
        write(tmp_path / name, 2 * 10**8)
        assert (tmp_path / name).stat().st_size < 200_000
    process = [sys.executable, "-c", MEASURED, *(str(tmp_path / name) for name in files)]
    environment = os.environ | {IMPORT_GIGABYTES.name: "0.02", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(process, env=environment, capture_output=True, text=True, check=True)
    before, after, messages = json.loads(done.stdout)
    assert len(messages) == 2, messages  # a text that is held once takes its room once
    assert all("unpacks to more than 0.02 GB" in message for message in messages)
    assert after - before < 120, (before, after)
