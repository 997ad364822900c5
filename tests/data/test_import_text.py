"""Text as real exports write it: quotes, comments, encodings, missing values and ids; every row is in some count."""

from __future__ import annotations

import csv
import io
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.preview import preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

CASES = Path(__file__).parent / "cases"
SESSION = {"session_column": "session", "item_column": "item", "time_column": "time"}
USER = {"user_column": "user", "item_column": "item", "time_column": "time"}
TRACKS = {"user_column": "user", "item_column": "track", "time_column": "time"}


def settings(**values: Any) -> TableSettings:
    return TableSettings.parse(values, "options")


def log_file(folder: Path, text: str, name: str = "log.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder / name


def all_rows(imported: Imported) -> int:
    """Rows that are in the log or counted as left out."""
    report = imported.report
    left_out = report.bad_rows + report.rare_item_events + report.single_event_sessions + report.earlier_events
    return len(imported.log.items) + left_out


@pytest.mark.parametrize("name", ["quote_silent.tsv", "quote_swallow.tsv"])
def test_quotes_in_a_file_that_is_not_quoted_are_characters(name: str) -> None:
    imported = import_table(CASES / name, settings(**TRACKS))
    assert (imported.report.rows, imported.report.bad_rows, all_rows(imported)) == (36, 0, 36)
    assert '"Unfinished' in imported.catalogue.item_ids
    assert not any("\n" in item or "\t" in item for item in imported.catalogue.item_ids)


def test_quotes_may_be_set(tmp_path: Path) -> None:
    path = log_file(tmp_path, 'sid,item\na,"x"\na,y\n')
    columns = {"session_column": "sid", "item_column": "item"}
    assert import_table(path, settings(**columns)).catalogue.item_ids == ("x", "y")
    assert import_table(path, settings(**columns, quotes="never")).catalogue.item_ids == ('"x"', "y")
    path = log_file(tmp_path, 'sid,item,n\na,"x\na,b,1\nc",2\na,y,3\n')
    with pytest.raises(BadInput, match="line 2: cannot be divided into fields"):
        import_table(path, settings(**columns, quotes="auto"))
    assert import_table(path, settings(**columns, quotes="always")).catalogue.item_ids == ("x\na,b,1\nc", "y")


def test_quotes_escaped_by_backslashes_are_read(tmp_path: Path) -> None:
    path = log_file(tmp_path, 'sid,item,n\na,"the \\"big\\" one, new",1\na,y,2\n')
    imported = import_table(path, settings(session_column="sid", item_column="item"))
    assert imported.catalogue.item_ids == ('the "big" one, new', "y")


TIMES = st.integers(631152000, 4102444799).map(str)
hostile_cells = st.text(st.sampled_from(list('",\\\t;ab# é\x00')), max_size=6)


def one_line_cells(text: str) -> bool:
    return len(text.splitlines()) < 2


@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "b"]), hostile_cells, TIMES, hostile_cells), max_size=12),
    delimiter=st.sampled_from([",", "\t", ";"]),
)
@example(rows=[("a", '"x', "700000000", ""), ("a", "y", "700000000", 'z"')], delimiter="\t")
@example(rows=[("a", "x", "700000000", '"'), ("a", '"', "700000000", "")], delimiter=",")
def test_every_line_of_a_hostile_file_is_in_some_count(rows: list[tuple[str, ...]], delimiter: str) -> None:
    lines = [delimiter.join(row) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        lines = [delimiter.join(("session", "item", "time", "title")), *lines, *2 * [delimiter.join("ab12")]]
        lines[-2:] = [delimiter.join(("s", item, "800000000", "last")) for item in "xy"]
        path = log_file(Path(folder), "\n".join(lines))
        named = settings(**SESSION, skip_bad_rows=True, missing_values=(), delimiter=delimiter)
        imported = import_table(path, named)
    report = imported.report
    assert report.rows == all_rows(imported)
    assert report.rows + report.joined_lines + report.comment_lines == len(lines) - 1
    assert not any("\n" in item for item in imported.catalogue.item_ids if item.startswith(("a", "b", "s")))


@given(
    titles=st.lists(st.text(st.sampled_from(list('",\n;ab é')), max_size=8), min_size=2, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_what_a_csv_writer_wrote_is_read_back(titles: list[str], quoting: Any) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=quoting, lineterminator="\n")
    writer.writerow(["session", "item", "time", "title"])
    writer.writerows(["s", f"i{number}", 700000000 + number, title] for number, title in enumerate(titles))
    with tempfile.TemporaryDirectory() as folder:
        path = log_file(Path(folder), sink.getvalue())
        imported = import_table(path, settings(**SESSION, title_column="title", missing_values=()))
    expected = tuple(" ".join(title.split()) or f"i{number}" for number, title in enumerate(titles))
    assert imported.catalogue.titles == expected
    assert imported.report.rows == len(titles)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nsid;item\na;x, 1\na;y\n",
        '"sep=;"\nsid;item\na;x, 1\na;y\n',
        "sep=|\nsid|item\na|x, 1\na|y\n",
        "\n\nsid;item\na;x, 1\na;y\n",
        "# exported, on\n# 5 January\n\nsid;item\na;x, 1\n# in between\na;y\n",
        "#sid;item\na;x, 1\na;y\n",
        "# Fields: of, the log\n# sid;item\na;x, 1\na;y\n",
    ],
)
def test_the_header_is_found_below_other_lines(text: str, tmp_path: Path) -> None:
    path = log_file(tmp_path, text)
    imported = import_table(path, settings(session_column="sid", item_column="item"))
    assert imported.catalogue.item_ids == ("x, 1", "y")
    preview = preview_file(path)
    assert (preview.columns, preview.rows) == (("sid", "item"), (("a", "x, 1"), ("a", "y")))


def test_comments_are_counted_and_hashtags_are_rows(tmp_path: Path) -> None:
    columns = {"session_column": "sid", "item_column": "tag"}
    path = log_file(tmp_path, "# a log\ntag,sid\n#one,a\n# between\n#two,a\n")
    imported = import_table(path, settings(**columns))
    assert imported.catalogue.item_ids == ("#one", "#two")
    assert (imported.report.rows, imported.report.comment_lines) == (2, 2)
    path = log_file(tmp_path, "tag,sid\n//x,a\n#one,a\n//\n#two,a\n")
    assert import_table(path, settings(**columns, comment="//")).report.comment_lines == 2
    with pytest.raises(BadInput, match="line 4: number of fields is 1, expected 2"):
        import_table(path, settings(**columns))


def test_decimal_commas_are_ratings(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid;item;stars\na;x;4,5\na;y;2,0\n")
    imported = import_table(path, settings(session_column="sid", item_column="item", rating_column="stars"))
    assert imported.log.engagements.tolist() == [4, 1]


def test_windows_text_is_hinted_as_cp1252() -> None:
    path = CASES / "cp1252.csv"
    with pytest.raises(BadInput, match="for example cp1252") as caught:
        import_table(path, settings(**SESSION, title_column="title"))
    assert caught.value.allowed == ("cp1252",)
    titles = import_table(path, settings(**SESSION, title_column="title", encoding="cp1252")).catalogue.titles
    assert any("“Café” €5" in title for title in titles)
    with pytest.raises(BadInput, match=r"control characters.* for example cp1252"):
        import_table(path, settings(**SESSION, title_column="title", encoding="latin-1"))


def test_missing_values_are_no_users_unless_the_list_says_so() -> None:
    path = CASES / "null_users.csv"
    with pytest.raises(BadInput, match=r"line 2: no user \('NULL' stands for a missing value\).*fix the 118 rows") as e:
        import_table(path, settings(**USER))
    assert e.value.fields == ("skip_bad_rows", "missing_values")
    imported = import_table(path, settings(**USER, skip_bad_rows=True))
    assert imported.log.session_ids == tuple(sorted(imported.log.session_ids, key=imported.log.session_ids.index))
    assert not {"NULL", "NA", "nan", "None", "\\N", "N/A", "undefined", "(not set)"} & set(imported.log.session_ids)
    assert (imported.report.bad_rows, all_rows(imported)) == (118, imported.report.rows)
    assert "NULL" in import_table(path, settings(**USER, missing_values=())).log.session_ids


def test_ids_are_never_floats(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,kind\na,12.0,1\na,13.0,2\nb,12,3\nb,13.,4\n")
    assert import_table(path, settings(session_column="sid", item_column="item")).catalogue.item_ids == ("12", "13")
    path = log_file(tmp_path, "sid,item\na,1.0\na,1.1\n")  # versions
    assert import_table(path, settings(session_column="sid", item_column="item")).catalogue.item_ids == ("1.0", "1.1")
    table = pa.table({"sid": [1.0, 1.0, None], "item": pa.array([12, 13, 14], pa.float64())})
    pq.write_table(table, tmp_path / "log.parquet")
    named = settings(session_column="sid", item_column="item", skip_bad_rows=True)
    imported = import_table(tmp_path / "log.parquet", named)
    assert (imported.catalogue.item_ids, imported.log.session_ids) == (("12", "13"), ("1",))


def test_entities_are_unescaped_on_request() -> None:
    columns = {**SESSION, "title_column": "title"}
    as_it_is = import_table(CASES / "entities.csv", settings(**columns)).catalogue.titles
    assert "Quiet &amp; Signal" in as_it_is
    unescaped = import_table(CASES / "entities.csv", settings(**columns, unescape_html=True)).catalogue.titles
    assert "Quiet & Signal" in unescaped


def test_columns_of_one_name_matter_only_where_they_are_named() -> None:
    path = CASES / "dup_cols.csv"
    assert len(import_table(path, settings(**SESSION)).catalogue) == 24
    preview = preview_file(path)
    assert preview.columns == ("session", "item", "time", "price", "price (2)")
    assert preview.usable == ("session", "item", "time")
    assert preview.rows[0] == ("s000", "i012", "2024-01-05T09:37:00.000Z", "1", "2")
    with pytest.raises(BadInput, match="has 2 columns 'price'; rename all but one"):
        import_table(path, settings(**SESSION, rating_column="price"))


def test_binary_ids_of_sixteen_bytes_are_uuids(tmp_path: Path) -> None:
    imported = import_table(CASES / "uuid_binary.parquet", settings(**SESSION))
    raw = pq.read_table(CASES / "uuid_binary.parquet")["session"].to_pylist()
    assert set(imported.log.session_ids) <= {str(uuid.UUID(bytes=value)) for value in raw}
    table = pa.table({"sid": pa.array([b"a", b"a"]), "item": pa.array([b"\xff\x00", b"\xff\x01"])})
    pq.write_table(table, tmp_path / "log.parquet")
    imported = import_table(tmp_path / "log.parquet", settings(session_column="sid", item_column="item"))
    assert (imported.log.session_ids, imported.catalogue.item_ids) == (("a",), ("ff00", "ff01"))


def test_a_session_may_have_no_user(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,user,item\na,NA,x\na,NA,y\nb,NA,x\nb,ann,y\n")
    imported = import_table(path, settings(session_column="sid", user_column="user", item_column="item"))
    assert imported.log.user_ids == ("", "ann")
