"""Files as other programs write them: spaced quotes, Hive, empty parts, files put together, other scripts, ticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.notes import left_out_notes, order_notes
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

COLUMNS = {"session_column": "session", "item_column": "item"}
TIMED = {**COLUMNS, "time_column": "time"}
MOMENT = datetime(2024, 1, 5, 9, 37, tzinfo=UTC)
ROWS = [(f"s{number // 4}", f"i{number % 5}", 1_700_000_000 + 60 * number) for number in range(20)]


def log_file(folder: Path, text: str, name: str = "log.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_text(text, encoding=encoding, newline="")
    return folder / name


def lines(template: str = "{},{},{}", head: str = "session,item,time\n") -> str:
    return head + "".join(template.format(*row) + "\n" for row in ROWS)


def imported(path: Path | list[Path], **values: Any) -> Imported:
    return import_table(path, TableSettings.parse(TIMED | values, "options"))


def times(folder: Path, *texts: str, **values: Any) -> Imported:
    rows = "".join(f'a,i{number},"{text}"\n' for number, text in enumerate(texts))
    return imported(log_file(folder, "session,item,time\n" + rows), **values)


def test_spaces_before_quotes_are_no_part_of_ids(tmp_path: Path) -> None:
    text = lines('"{0}", "{1}", {2}, "Boats, {1}"', '"session", "item", "time", "title"\n')
    data = imported(log_file(tmp_path, text), title_column="title")
    assert (data.catalogue.item_ids[0], data.catalogue.titles[0]) == ("i0", "Boats, i0")
    assert data.log.session_ids[0] == "s0"


def test_one_open_quote_does_not_make_all_quotes_characters(tmp_path: Path) -> None:
    rows = lines('"{}","{}","{}"', '"session","item","time"\n').split("\n")
    rows[7] = rows[7].replace('","', '","', 1)[:-1].replace('"s1","', '"s1,"')
    path = log_file(tmp_path, "\n".join(rows))
    with pytest.raises(BadInput, match="line 8: cannot be divided into fields") as caught:
        imported(path)
    assert "also" not in str(caught.value)
    report = imported(path, skip_bad_rows=True).report
    assert (report.rows, report.bad_rows) == (20, 1)


@pytest.mark.parametrize("delimiter", ["", "\x01", "\\x01", "^A"])
def test_fields_of_hive_are_read(delimiter: str, tmp_path: Path) -> None:
    text = lines("{}\x01{}\x01{}", "session\x01item\x01time\n")
    assert imported(log_file(tmp_path, text), delimiter=delimiter).catalogue.item_ids[:2] == ("i0", "i1")


@pytest.mark.parametrize("delimiter", ["\n", "\0", '"'])
def test_line_ends_and_quotes_divide_no_fields(delimiter: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot divide fields"):
        imported(log_file(tmp_path, lines()), delimiter=delimiter)


def test_a_second_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert imported(log_file(tmp_path, "\ufeff\ufeff" + lines())).report.rows == 20
    quoted = "\ufeff\ufeff" + lines('"{}","{}",{}', '"session","item","time"\n')
    assert imported(log_file(tmp_path, quoted)).log.session_ids[0] == "s0"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_column_names_among_the_rows_are_no_event(mark: str, tmp_path: Path) -> None:
    path = log_file(tmp_path, lines() + mark + lines())
    with pytest.raises(BadInput, match="line 22: repeats the column names"):
        imported(path, time_column="")
    data = imported(path, time_column="", skip_bad_rows=True)
    assert (data.report.rows, data.report.bad_rows, len(data.log.items)) == (41, 1, 40)
    assert "session" not in data.log.session_ids


def test_a_row_with_one_column_name_in_it_is_an_event(tmp_path: Path) -> None:
    data = imported(log_file(tmp_path, "session,item,time\nsession,a,1700000000\nsession,item,1700000001\n"))
    assert data.catalogue.item_ids == ("a", "item")


def test_empty_parts_of_a_log_are_passed_over_and_counted(tmp_path: Path) -> None:
    table = pa.table({"session": [row[0] for row in ROWS], "item": [row[1] for row in ROWS], "time": [1.7e9] * 20})
    pq.write_table(table, tmp_path / "part-0.parquet")
    pq.write_table(table.slice(0, 0), tmp_path / "part-1.parquet")
    log_file(tmp_path, "session,item,time\n", "part-2.csv")
    log_file(tmp_path, "", "part-3.csv")
    log_file(tmp_path, "", "part-4.jsonl")
    report = imported(tmp_path).report
    assert (report.rows, report.empty_files) == (20, 4)
    assert "Files without a row: 4" in left_out_notes(report)


def test_empty_files_alone_are_refused(tmp_path: Path) -> None:
    empty = pa.table({"session": pa.array([], pa.string()), "item": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "log.parquet")
    with pytest.raises(BadInput, match="has column names and no rows"):
        imported(tmp_path / "log.parquet", time_column="")
    with pytest.raises(BadInput, match="is empty"):
        imported([log_file(tmp_path, ""), log_file(tmp_path, "", "other.csv")])


def test_a_map_is_read_by_its_keys(tmp_path: Path) -> None:
    maps = pa.array([[("id", row[1])] for row in ROWS], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table({"session": [row[0] for row in ROWS], "item": maps}), tmp_path / "log.parquet")
    with pytest.raises(BadInput, match=r"maps keys to values; name one of its keys, as in item\.KEY"):
        imported(tmp_path / "log.parquet", time_column="")
    data = imported(tmp_path / "log.parquet", time_column="", item_column="item.id")
    assert data.catalogue.item_ids[:2] == ("i0", "i1")


@pytest.mark.parametrize("name", ["log.csv", "log.txt", "log.log"])
def test_json_under_another_ending_is_named(name: str, tmp_path: Path) -> None:
    text = '{"session": "a", "item": "b"}\n{"session": "a", "item": "c"}\n'
    with pytest.raises(BadInput, match=r"holds JSON and is no table; rename it to \.jsonl"):
        imported(log_file(tmp_path, text, name))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(encoding: str, tmp_path: Path) -> None:
    path = log_file(tmp_path, lines(), encoding=encoding)
    with pytest.raises(BadInput, match=f"for example {encoding}"):
        imported(path)
    assert imported(path, encoding=encoding).report.rows == 20
    with pytest.raises(BadInput, match="is not written in UTF-8; save it as UTF-8"):
        imported(log_file(tmp_path, '{"session": "a", "item": "b"}\n', "log.jsonl", encoding))


def test_other_scripts_are_not_hinted_as_latin(tmp_path: Path) -> None:
    path = log_file(tmp_path, lines("{},Фильм {},{}"), encoding="cp1251")
    with pytest.raises(BadInput, match=r"for example cp1251 \(Cyrillic\), gb18030 \(Chinese\)"):
        imported(path)
    assert imported(path, encoding="cp1251").catalogue.item_ids[0] == "Фильм i0"
    with pytest.raises(BadInput, match=r"for example latin-1$"):
        imported(log_file(tmp_path, lines("{},Café für Bébé {},{}"), encoding="latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        "Fri Jan 05 09:37:00 UTC 2024",
        "Fri Jan 05 10:37:00 CET 2024",
        "Fri Jan 05 04:37:00 EST 2024",
        "20240105T093700Z",
        "20240105T103700+0100",
        "2024.01.05 09:37",
        "2024.1.5 09:37:00",
        "2024-01-05T10:37:00[Europe/Berlin]",
    ],
)
def test_times_of_java_and_other_programs_are_read(text: str, tmp_path: Path) -> None:
    data = times(tmp_path, text, text)
    assert data.log.timestamps is not None
    assert data.log.timestamps.tolist() == [MOMENT.timestamp()] * 2


def test_zones_that_stand_in_some_rows_only_are_told(tmp_path: Path) -> None:
    mixed = times(tmp_path, "2024-01-05T09:37:00", "2024-01-05 10:37:00+01:00", "2024-01-05T09:37:00").report
    assert mixed.time_kinds == {"ISO 8601 without a zone (read as UTC)": 2, "ISO 8601 with a zone": 1}
    assert order_notes(mixed)[0].startswith("Times are written in 2 ways")
    for text in ("2024-01-05T09:37:00", "2024-01-05", "2024-01-05T09:37:00Z", "2024-01-05 09:37:00 Europe/Berlin"):
        assert times(tmp_path, text, text).report.time_kinds == {"ISO 8601": 2}


def test_ticks_of_dot_net_are_not_nanoseconds_of_1990(tmp_path: Path) -> None:
    since_year_1 = MOMENT - datetime(1, 1, 1, tzinfo=UTC)
    ticks = str(since_year_1 // timedelta(microseconds=1) * 10)
    with pytest.raises(BadInput, match=r"may be ticks of \.NET or nanoseconds in 1990"):
        times(tmp_path, ticks, ticks)
    log = times(tmp_path, ticks, ticks, time_unit="ns").log
    assert log.timestamps is not None
    assert datetime.fromtimestamp(log.timestamps[0], UTC).year == 1990


def test_a_format_that_fits_no_time_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not written as %d\.%m\.%Y"):
        times(tmp_path, "2024-01-05", "2024-01-06", time_format="%d.%m.%Y")
    with pytest.raises(BadInput, match=r"unknown time format .yyyy-MM-dd. \(it has no % sign"):
        times(tmp_path, "2024-01-05", "2024-01-06", time_format="yyyy-MM-dd")


def test_ratings_of_another_scale_have_a_way_out_that_keeps_them(tmp_path: Path) -> None:
    text = "session,item,time,stars\na,b,1700000000,7\na,c,1700000001,10\n"
    with pytest.raises(BadInput, match="bring all ratings to that scale, or take the column as the engagement"):
        imported(log_file(tmp_path, text), rating_column="stars")
    words = imported(log_file(tmp_path, text + "a,d,1700000002,7.5\n"), engagement_column="stars").card["words"]
    assert words.engagements == ("7", "7.5", "10")


def test_empty_rows_of_a_workbook_are_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in [("session", "item", "time"), *ROWS[:2], (None, None, None), *ROWS[2:4], (), ("s1", "i1", 5)]:
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")
    assert imported(tmp_path / "log.xlsx", time_column="").report.rows == 5
    with pytest.raises(BadInput, match="row 8: time '5' is not between"):
        imported(tmp_path / "log.xlsx")


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    path = log_file(tmp_path, '{"session": "a", "item": "b", "item": "c"}\n' * 2, "log.jsonl")
    with pytest.raises(BadInput, match="name each key of an object once"):
        imported(path, time_column="")
