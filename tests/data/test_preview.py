"""The first look at a log: its columns, its first rows, and a guess at what is what."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.importers.preview import PreviewSettings, preview_file, preview_stream
from streamrec_core.data.importers.usual_columns import usual_columns
from streamrec_core.errors import BadInput


def file(folder: Path, text: str, name: str = "log.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_columns_and_the_first_five_rows(tmp_path: Path) -> None:
    preview = preview_file(file(tmp_path, "sid;item\n" + "".join(f"a;x{row}\n" for row in range(9))))
    assert preview.columns == ("sid", "item")
    assert preview.rows == tuple(("a", f"x{row}") for row in range(5))


def test_without_a_header_columns_have_numbers(tmp_path: Path) -> None:
    preview = preview_file(file(tmp_path, "a,x\nb,y\n"), PreviewSettings(has_header=False))
    assert preview.columns == ("1", "2")
    assert preview.rows == (("a", "x"), ("b", "y"))


def test_parquet_is_looked_at_alike(tmp_path: Path) -> None:
    pq.write_table(pa.table({"sid": [1, 2], "item": ["x", None]}), tmp_path / "log.parquet")
    preview = preview_file(tmp_path / "log.parquet")
    assert (preview.columns, preview.rows) == (("sid", "item"), (("1", "x"), ("2", "")))
    upload = io.BytesIO((tmp_path / "log.parquet").read_bytes())
    assert preview_stream(upload, "log.parquet") == preview
    assert not upload.closed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("one column\n", "none of tab"),
        (",".join(map(str, range(600))), "at most 500"),
    ],
)
def test_a_log_that_cannot_be_looked_at_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        preview_file(file(tmp_path, text))


def test_a_file_that_only_calls_itself_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not readable as Parquet"):
        preview_file(file(tmp_path, "PAR1 nothing PAR1", "log.parquet"))


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    preview = preview_file(file(tmp_path, "sid,item\na," + "x" * 10**6))
    assert preview.rows == (("a", "x" * 200),)


def test_usual_names_are_recognised_whatever_their_case_and_type() -> None:
    columns = ("SID", "user_id:token", "Item ID", "ts", "genre", "title", "unheard of")
    assert usual_columns(columns) == {
        "session_column": "SID",
        "user_column": "user_id:token",
        "item_column": "Item ID",
        "time_column": "ts",
        "category_column": "genre",
        "title_column": "title",
    }


def test_of_a_long_log_only_the_beginning_is_read(tmp_path: Path) -> None:
    rows = "a,é\n" * 300_000
    (tmp_path / "long.csv").write_bytes(f"sid,item\n{rows}".encode() + b"\xff\xff")
    preview = preview_file(tmp_path / "long.csv")
    assert (preview.columns, preview.rows[0]) == (("sid", "item"), ("a", "é"))
    (tmp_path / "wide.csv").write_text(f"sid,item\n{rows}", encoding="utf-16")
    assert preview_file(tmp_path / "wide.csv", PreviewSettings(encoding="utf-16")).rows == preview.rows


def test_an_upload_is_looked_at_where_it_lies(tmp_path: Path) -> None:
    upload = io.BytesIO(b"sid\titem\na\tx\n")
    upload.seek(9)
    assert preview_stream(upload, "log.tsv", PreviewSettings(delimiter="tab")).rows == (("a", "x"),)
    with pytest.raises(BadInput, match=r"^log\.csv is empty"):
        preview_stream(io.BytesIO(b""), "log.csv")


@pytest.mark.parametrize(
    ("path", "fault"), [("gone.csv", "is missing; check the path"), ("", "holds no file of a log")]
)
def test_what_cannot_be_opened_is_named(tmp_path: Path, path: str, fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        preview_file(tmp_path / path)
