"""Times as real exports write them: every form is read right or refused with a way out, and ties are told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.importers import time_texts
from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.notes import order_notes, split_note
from streamrec_core.data.importers.preview import PreviewSettings, preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.importers.times import TimeSettings, read_times
from streamrec_core.errors import BadInput

CASES = Path(__file__).parent / "cases"
SESSION = {"session_column": "session", "item_column": "item", "time_column": "time"}
GAPS = {"user_column": "user", "item_column": "item", "time_column": "time", "gap_minutes": 30}
MOMENT = datetime(2024, 1, 5, 9, 37, tzinfo=UTC)


def settings(**values: Any) -> TableSettings:
    return TableSettings.parse(values, "options")


def moments(*texts: str, **named: Any) -> list[datetime | None]:
    times = read_times(column := pa.array(texts), column, TimeSettings(**named))
    pairs = zip(times.microseconds.tolist(), times.readable, strict=True)
    return [datetime.fromtimestamp(stamp / 1e6, UTC) if readable else None for stamp, readable in pairs]


def size(imported: Imported) -> tuple[int, int]:
    return len(imported.log), len(imported.log.items)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-05 09:37:00 UTC",
        "2024-01-05 09:37:00.000000 UTC",
        "2024-01-05 09:37:00 +0000 UTC",
        "2024-01-05T10:37:00+01:00[Europe/Berlin]",
        "2024-01-05 10:37:00 Europe/Berlin",
        "2024-01-05 10:37 CET",
        "2024-01-05 04:37:00 EST",
        "2024-01-05 09:37:00,000",
        "2024/01/05 9:37",
        "2024-01-05 09:37:00+00",
        "05.01.2024 09:37:00",
        "5.1.2024, 9:37 Uhr",
        "5. Januar 2024 09:37",
        "Fri, 05 Jan 2024 09:37:00 +0000",
        "Fri, 5 Jan 2024 09:37:00 GMT",
        "05 Jan 2024 10:37:00 +0100",
        "05/Jan/2024:10:37:00 +0100",
        "[05/Jan/2024:09:37:00 +0000]",
        "Fri Jan  5 09:37:00 2024",
        "Fri Jan 05 09:37:00 +0000 2024",
        "Fri Jan 05 2024 10:37:00 GMT+0100 (Central European Standard Time)",
        "Jan 5, 2024 9:37 AM",
        "January 5, 2024 at 9:37:00 a.m.",
        "1704447420",
        "1704447420000",
        "1704447420000000",
        "1704447420000000000",
        "1704447420,0",
        "20240105093700",
        "202401050937",
        "20240105093700000",
        "45296.4006944444",
    ],
)
def test_each_form_is_the_same_moment(text: str) -> None:
    assert moments(text) == [MOMENT]


@pytest.mark.parametrize(
    "text",
    ["now", "today", "20240231", "31.02.2024", "2024-13-05", "05.01.2024 25:00", "5 Foo 2024", "2024-01-05 99:00"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moments(text) == [None]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31, 23, 59, 59)))
def test_every_second_is_read_in_every_form(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=UTC)
    seconds = int(moment.timestamp())
    forms = [f"{seconds}", f"{seconds}000", f"{moment:%Y%m%d%H%M%S}", f"{moment:%d.%m.%Y %H:%M:%S}"]
    forms += [f"{moment:%a, %d %b %Y %H:%M:%S} +0000", f"{moment:%d/%b/%Y:%H:%M:%S} +0000", f"{moment.isoformat()}"]
    assert moments(*forms) == [moment] * len(forms)


def test_the_way_of_slashes_is_seen_in_the_column_or_asked_for() -> None:
    assert moments("01/05/2024 09:37:00 AM", "01/16/2024 12:00 AM")[0] == MOMENT
    assert moments("05/01/2024 09:37", "16/01/2024 12:00")[0] == MOMENT
    for mixed in (["01/05/2024 09:37:00 AM"], ["05/01/24"], ["16/01/2024", "01/16/2024"]):
        with pytest.raises(
            BadInput, match=r"may begin with the (month or with the day|year, the day or the month)"
        ) as caught:
            moments(*mixed)
        assert caught.value.fields == ("time_format",)
    assert moments("1/5/24 9:37", pattern="%m/%d/%y %H:%M") == [MOMENT]


def test_american_times_name_their_format() -> None:
    with pytest.raises(BadInput) as caught:
        import_table(CASES / "t_us.csv", settings(**GAPS))
    first, _ = caught.value.allowed
    assert first == "%m/%d/%Y %I:%M:%S %p"
    assert size(import_table(CASES / "t_us.csv", settings(**GAPS, time_format=first))) == (60, 352)
    with pytest.raises(BadInput, match="unknown time format '%Q'"):
        import_table(CASES / "t_us.csv", settings(**GAPS, time_format="%Q"))


def test_a_german_spreadsheet_is_read() -> None:
    columns = {"session_column": "Sitzung", "item_column": "Artikel", "time_column": "Zeit"}
    about = {"rating_column": "Bewertung", "category_column": "Kategorie"}
    imported = import_table(CASES / "excel_de.csv", settings(**columns, **about))
    assert size(imported) == (60, 352)
    assert imported.log.timestamps is not None
    assert int(imported.log.timestamps[0]) == int(MOMENT.timestamp())


@pytest.mark.parametrize("name", ["t_bq_utc.csv", "t_mixed_units.csv"])
def test_each_row_is_read_by_its_own_form(name: str) -> None:
    imported = import_table(CASES / name, settings(**GAPS))
    assert size(imported) == (60, 352)
    assert imported.log.timestamps is not None
    assert imported.log.timestamps.min() >= MOMENT.timestamp()


def test_times_of_two_units_are_told() -> None:
    report = import_table(CASES / "t_mixed_units.csv", settings(**GAPS)).report
    assert set(report.time_kinds) == {"seconds", "milliseconds"}
    assert sum(report.time_kinds.values()) == report.rows
    assert "Times are written in 2 ways" in order_notes(report)[0]


def test_dates_as_numbers_are_dates() -> None:
    imported = import_table(CASES / "t_yyyymmdd.csv", settings(**GAPS))
    assert imported.log.timestamps is not None
    days = np.unique(imported.log.timestamps // 86_400 * 86_400)
    assert [datetime.fromtimestamp(int(day), UTC).day for day in days] == [5, 6, 7]
    assert imported.report.tied_neighbours == imported.report.neighbours  # a gap of 30 minutes cuts between days


@pytest.mark.parametrize("text", ["1970-01-01", "0", "1", "86400", "1989-12-31T23:59:59Z", "2101-01-01", "4133980800"])
def test_years_outside_the_usual_ones_never_pass_unasked(text: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"session,item,time\na,x,1704447420\na,y,1704447421\na,z,{text}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 4: time .* is not between the years 1990 and 2100") as caught:
        import_table(path, settings(**SESSION))
    assert {"any_year", "time_unit", "order_column"} <= set(caught.value.fields)
    assert size(import_table(path, settings(**SESSION, any_year=True))) == (1, 3)


def test_a_column_of_steps_is_an_order(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("session,item,time\na,x,2\na,y,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="it is the order of the events and not their time") as caught:
        import_table(path, settings(**SESSION))
    assert caught.value.fields[0] == "order_column"
    imported = import_table(path, settings(session_column="session", item_column="item", order_column="time"))
    assert [imported.catalogue.item_ids[item] for item in imported.log.items] == ["y", "x"]


def test_a_unit_that_is_named_does_not_accept_other_years() -> None:
    assert moments("1704447420", "1704447420000", unit="ms") == [None, MOMENT]
    with pytest.raises(BadInput, match="may be hours"):
        moments("2024010509", "2024010510")
    assert moments("2024010509", "2024010510", pattern="%Y%m%d%H")[0] == MOMENT.replace(minute=0)


def test_dates_of_parquet_are_held_to_the_same_years(tmp_path: Path) -> None:
    stamps = pa.array([datetime(1970, 1, 1, tzinfo=UTC), MOMENT, MOMENT], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"session": ["a"] * 3, "item": ["x", "y", "z"], "time": stamps}), tmp_path / "log.parquet")
    with pytest.raises(BadInput, match=r"row 1: time .* is not between the years 1990 and 2100"):
        import_table(tmp_path / "log.parquet", settings(**SESSION))


def test_ties_are_told() -> None:
    report = import_table(CASES / "ties.csv", settings(**SESSION)).report
    assert report.tied_neighbours == report.neighbours > 0
    assert order_notes(report)[0].startswith("100% of neighbouring events share a time")


def test_a_second_column_orders_events_of_one_day() -> None:
    columns = {"session_column": "sessionId", "item_column": "itemId", "time_column": "eventdate"}
    by_date = import_table(CASES / "train-item-views.csv", settings(**columns))
    assert by_date.report.tied_neighbours == by_date.report.neighbours
    ordered = import_table(CASES / "train-item-views.csv", settings(**columns, order_column="timeframe"))
    assert ordered.report.tied_neighbours == 0
    only_order = {**columns, "time_column": "", "order_column": "timeframe"}
    assert import_table(CASES / "train-item-views.csv", settings(**only_order)).log.timestamps is None
    ids = ordered.catalogue.item_ids
    first = ordered.log.session(ordered.log.session_ids.index("1"))
    lines = (CASES / "train-item-views.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = sorted((int(cells[3]), cells[2]) for line in lines if (cells := line.split(";"))[0] == "1")
    assert [ids[item] for item in first.items] == [item for _, item in rows]


def test_duplicates_and_sessions_in_doubt_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = ["a,x,1", "a,x,1", "a,y,2", "b,x,1", "b,y,1", "b,x,1", "c,x,1", "c,y,2"]
    path.write_text("session,item,time\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    report = import_table(path, settings(**SESSION, any_year=True)).report
    assert (report.neighbours, report.tied_neighbours) == (5, 3)
    assert (report.unordered_sessions, report.duplicate_events) == (1, 2)


def test_repeats_are_collapsed_on_request(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = ["a,x,click", "a,x,click", "a,x,save", "a,y,save", "a,x,click", "b,y,click", "b,y,click"]
    path.write_text("session,item,how\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    columns = {"session_column": "session", "item_column": "item", "engagement_column": "how"}
    assert size(import_table(path, settings(**columns))) == (2, 7)
    imported = import_table(path, settings(**columns, collapse_repeats=True))
    assert imported.log.items.tolist() == [0, 0, 1, 0]
    report = imported.report
    assert (report.repeated_events, report.single_event_sessions, report.rare_item_events) == (2, 1, 0)
    assert report.rows == len(imported.log.items) + report.repeated_events + report.single_event_sessions


def test_the_split_and_its_leak_are_stated() -> None:
    assert "later than those it is tested on" in split_note("session", True)
    assert "later" not in split_note("time", True) + split_note("session", False)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("any_year", [False, True])
def test_dates_beyond_9999_are_named_and_never_wrap_around(unit: str, any_year: bool) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    largest = 2**63 - 1
    stamps = pa.array([1_700_000_000 * scale, largest, -largest, None], pa.int64()).cast(pa.timestamp(unit))
    times = read_times(stamps, pa.array(["", "", "", ""]), TimeSettings(any_year=any_year))
    beyond = unit != "ns"  # of nanoseconds the largest is the year 2262
    assert times.microseconds[0] == 1_700_000_000 * 10**6
    assert times.readable.tolist() == [True, not beyond and any_year, not beyond and any_year, False]
    assert times.unusual.tolist() == [False, beyond or not any_year, beyond or not any_year, False]


def test_days_beyond_9999_are_named() -> None:
    days = pa.array([19_000, 2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32())
    times = read_times(days, pa.array(["", "", ""]), TimeSettings(any_year=True))
    assert times.readable.tolist() == [True, False, False]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**63 - 1, 1], pa.timestamp("us")),
        pa.array([2**31 - 1, 1], pa.int32()).cast(pa.date32()),
        pa.array([[2**63 - 1], [1]], pa.list_(pa.timestamp("us"))),
        pa.array([{"a": [2**63 - 1]}, {"a": None}], pa.struct([("a", pa.list_(pa.timestamp("us")))])),
        pa.array([[("k", 2**63 - 1)], []], pa.map_(pa.string(), pa.timestamp("us"))),
    ],
    ids=["times", "days", "lists", "records", "maps"],
)
def test_dates_beyond_9999_are_shown_in_a_preview(tmp_path: Path, column: Any) -> None:
    pq.write_table(pa.table({"session": ["a", "b"], "when": column}), tmp_path / "log.parquet")
    for settings in (PreviewSettings(), PreviewSettings(words_of="when")):
        preview = preview_file(tmp_path / "log.parquet", settings)
        assert "out of range" in preview.rows[0][1]
    roles = {"session_column": "session", "item_column": "session", "category_column": "when"}
    if pa.types.is_list(column.type):
        with pytest.raises(BadInput, match="no session has two events"):
            import_table(tmp_path / "log.parquet", TableSettings.parse(roles, "test"))


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
            st.sampled_from(["", "T", " ", "date"]),
            st.sampled_from(["", "Z", "+02:30", "-11:00"]),
            st.sampled_from([0, 1, 3, 6]),
        ),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from(["", "2024-02-30", "2024-01-05 24:00:00", "2024-01-05T09:37:00+24:00", "2024-01-05", "x"]),
)
def test_iso_times_are_the_same_by_arrow_and_by_pandas(parts: list[tuple[datetime, str, str, int]], odd: str) -> None:
    texts = [odd] if odd else []
    for moment, between, zone, digits in parts:
        day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
        clock = f"{moment:%H:%M:%S}" + (f".{moment.microsecond:06}"[: digits + 1] if digits else "")
        texts.append(day if between == "date" else f"{day}{between or 'T'}{clock}{zone}")
    column = pa.array(texts)
    fast, slow = time_texts._read_slice(column, False), time_texts._read_any(column, False)
    assert fast[0].tolist() == slow[0].tolist()
    assert fast[1].tolist() == slow[1].tolist()
    assert fast[2] == {kind: count for kind, count in slow[2].items() if count or kind in fast[2]}
