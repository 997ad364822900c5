"""Any table: sessions cut by hand-checked gaps, times of every kind, and each fault with its way out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.importers import encoding
from streamrec_core.data.importers import text as text_files
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.importers.times import TimeSettings, read_times
from streamrec_core.errors import BadInput

LOG = """sid,item,when,kind,title,how
b,x,2014-04-07T10:00:02Z,Film,"Ex, the film",click
a,y,2014-04-07T10:00:01.500Z,News,,full view
a,x,2014-04-07T10:00:01.000Z,Film,Ex,save
b,z,2014-04-07T10:00:02Z,,Zed,share

c,x,2014-04-07T11:00:00Z,Series,Ex,partial-view
"""
COLUMNS = {"item_column": "item", "session_column": "sid", "time_column": "when"}
ABOUT = {"category_column": "kind", "title_column": "title", "engagement_column": "how"}


def settings(**values: Any) -> TableSettings:
    return TableSettings.parse({**COLUMNS, "any_year": True, **values}, "options")


def log_file(folder: Path, text: str = LOG, name: str = "log.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sessions(imported: Imported) -> dict[str, str]:
    """Session id -> item ids in order, joined."""
    log, ids = imported.log, imported.catalogue.item_ids
    return {name: "".join(ids[item] for item in log.session(row).items) for row, name in enumerate(log.session_ids)}


def test_the_mapping_says_what_is_what(tmp_path: Path) -> None:
    imported = import_table(log_file(tmp_path), settings(**ABOUT))
    assert sessions(imported) == {"b": "xz", "a": "xy"}
    assert imported.log.engagements.tolist() == [0, 4, 3, 2]
    catalogue = imported.catalogue
    assert catalogue.titles == ("Ex, the film", "y", "Zed")
    assert [catalogue.category(row) for row in range(3)] == ["Film", "News", "uncategorised"]
    assert imported.report.single_event_sessions == 1
    assert imported.log.timestamps is not None
    assert imported.log.timestamps.tolist() == [1396864802, 1396864802, 1396864801, 1396864801]
    assert imported.card | {"source": "", "importing": None} == {
        "importing": None,
        "name": "log",
        "kind": "log",
        "wording": "events",
        "split": "session",
        "filter_seen": False,
        "licence": "as its owner says; not known to the importer",
        "skipped_rows": 0,
        "source": "",
        "words": None,
    }


def test_what_a_log_does_not_say_has_a_plain_default(tmp_path: Path) -> None:
    imported = import_table(log_file(tmp_path), TableSettings(item_column="item", session_column="sid"))
    assert sessions(imported) == {"b": "xz", "a": "yx"}
    assert imported.log.engagements.tolist() == [0, 0, 0, 0]
    assert imported.log.timestamps is None
    assert imported.catalogue.titles == imported.catalogue.item_ids == ("x", "y", "z")
    assert imported.catalogue.categories == ("uncategorised",)


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", ","])
def test_the_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    rows = [["sid", "item", "when"], ["a", "x", "1"], ["a", "y", "2"]]
    path = log_file(tmp_path, "\n".join(delimiter.join(row) for row in rows))
    assert sessions(import_table(path, settings())) == {"a": "xy"}


def test_a_delimiter_may_be_named_and_have_two_characters(tmp_path: Path) -> None:
    path = log_file(tmp_path, "a::x,1::1\na::y,2::2\n")
    mapping = {"session_column": "1", "item_column": "2", "time_column": "3"}
    log_import = import_table(
        path, TableSettings.parse({**mapping, "delimiter": "::", "header": False, "any_year": True}, "options")
    )
    assert log_import.catalogue.item_ids == ("x,1", "y,2")


@pytest.mark.parametrize(
    ("stamps", "unit"),
    [
        (["978300760", "978300761"], "auto"),
        (["978300760.0", "978300761.00"], "auto"),
        (["978300760000", "978300761000"], "auto"),
        (["978300760000000", "978300761000000"], "auto"),
        (["978300760000000000", "978300761000000000"], "auto"),
        (["2000-12-31T22:12:40Z", "2000-12-31T22:12:41+00:00"], "auto"),
        (["2000-12-31 22:12:40", "2000-12-31T23:12:41+01:00"], "auto"),
        (["9.7830076e8", "9.78300761e+8"], "auto"),
        (["978300760", "978300761"], "s"),
    ],
)
def test_times_of_every_kind_are_read_exactly(stamps: list[str], unit: str) -> None:
    times = read_times(column := pa.array(stamps), column, TimeSettings(unit))
    assert times.readable.all()
    assert times.microseconds.tolist() == [978300760_000000, 978300761_000000]


def test_what_is_no_time_is_marked() -> None:
    texts = ["978300760", "978300760", "978300761", "nan", "inf", "1e99", "99999999999", "", "1.2.3", "٣"]
    times = read_times(column := pa.array(texts), column)
    assert times.readable.tolist() == [True] * 3 + [False] * 7
    dates = read_times(column := pa.array(["2014-04-07", "7.4.14.", "2014-13-01", "", "1", "now"]), column)
    assert dates.readable.tolist() == [True, False, False, False, False, False]


def test_a_gap_longer_than_the_limit_begins_a_session(tmp_path: Path) -> None:
    # minutes: u 0, 30, 60.02, 70 | v 5, 100, 101; a pause of just 30 minutes does not cut
    stamps = [("u", 0), ("v", 300), ("u", 1800), ("u", 3601), ("u", 4200), ("v", 6000), ("v", 6060)]
    rows = "".join(f"{user},{letter},{time}\n" for (user, time), letter in zip(stamps, "abcdefg", strict=True))
    path = log_file(tmp_path, "user,item,when\n" + rows)
    mapping = {"item_column": "item", "user_column": "user", "time_column": "when", "gap_minutes": 30, "any_year": True}
    imported = import_table(path, TableSettings.parse(mapping, "options"))
    assert sessions(imported) == {"u-1": "ac", "u-2": "de", "v-2": "fg"}
    assert imported.log.user_ids == ("u", "u", "v")
    assert imported.report.single_event_sessions == 1
    assert imported.card["split"] == "session"


def test_without_a_gap_a_user_is_a_session(tmp_path: Path) -> None:
    path = log_file(tmp_path, "user,item,when\nu,a,2\nu,b,1\n")
    mapping = {"item_column": "item", "user_column": "user", "time_column": "when", "any_year": True}
    imported = import_table(path, TableSettings.parse(mapping, "options"))
    assert sessions(imported) == {"u": "ba"}
    assert imported.card["split"] == "leave-last-out"


def test_ties_keep_file_order_however_many(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when\n" + "".join(f"s{n % 3},{n},7\n" for n in range(300)))
    log = import_table(path, settings()).log
    assert log.items.tolist() == [*range(0, 300, 3), *range(1, 300, 3), *range(2, 300, 3)]


def test_the_usual_category_wins_and_the_first_among_equals(tmp_path: Path) -> None:
    rows = ["x,B", "x,A", "x,A", "y,D", "y,C", "z,", "z,E"]
    path = log_file(tmp_path, "sid,item,kind\n" + "".join(f"s,{row}\n" for row in rows))
    mapping = {"item_column": "item", "session_column": "sid", "category_column": "kind"}
    catalogue = import_table(path, TableSettings.parse(mapping, "options")).catalogue
    assert [catalogue.category(row) for row in range(3)] == ["A", "D", "E"]


def test_ratings_are_worded_as_ratings(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when,stars\na,x,1,4.5\na,y,2,2\n")
    imported = import_table(path, settings(rating_column="stars"))
    assert imported.log.engagements.tolist() == [4, 1]
    assert (imported.card["wording"], imported.card["filter_seen"]) == ("ratings", True)


def test_words_of_the_log_are_translated(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when,how\na,x,1,view\na,y,2,transaction\n")
    words = {"view": "partial_view", "transaction": "share"}
    imported = import_table(path, settings(engagement_column="how", engagement_map=words))
    assert imported.log.engagements.tolist() == [1, 4]
    with pytest.raises(BadInput, match=r"line 3: unknown engagement 'transaction'; map it to one of click, "):
        import_table(path, settings(engagement_column="how", engagement_map={"view": "partial_view"}))


def test_a_category_may_be_named_neutral(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when,kind\na,home,1,Start\na,x,2,Film\na,y,3,Film\n")
    imported = import_table(path, settings(category_column="kind", neutral_category="Start"))
    assert imported.catalogue.neutral.tolist() == [True, False, False]
    assert imported.catalogue.content_categories == ("Film",)
    path.write_text(path.read_text(encoding="utf-8").replace("Start", "neutral"), encoding="utf-8")
    with pytest.raises(BadInput, match="name it as the neutral category if these are such items, else rename it"):
        import_table(path, settings(category_column="kind"))


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    stamps = [datetime(2014, 4, 7, 10, 0, second, tzinfo=UTC) for second in (2, 1, 3)]
    table = pa.table(
        {
            "sid": pa.array([7.0, 7.0, None]),
            "item": pa.array([1, 2, 3], pa.int32()),
            "when": pa.array(stamps, pa.timestamp("ns", tz="UTC")),
            "how": pa.array(["click", "save", "click"]).dictionary_encode(),
        }
    )
    path = tmp_path / "log.parquet"
    pq.write_table(table, path)
    with pytest.raises(BadInput, match=r"log\.parquet, row 3: no session; fix the row, or skip it$"):
        import_table(path, settings(engagement_column="how"))
    imported = import_table(path, settings(engagement_column="how", skip_bad_rows=True))
    assert sessions(imported) == {"7": "21"}
    assert imported.log.engagements.tolist() == [3, 0]
    assert imported.log.timestamps is not None
    assert imported.log.timestamps.tolist() == [1396864801, 1396864802]


def test_parquet_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(BadInput, match="is not readable as Parquet"):
        import_table(path, settings())
    pq.write_table(pa.table({"sid": [[[1]]], "item": ["x"], "when": [1]}), path)
    with pytest.raises(BadInput, match=r"column .sid. holds lists in lists; flatten it"):
        import_table(path, settings())
    with pytest.raises(BadInput, match="has no column 'how' for the engagement; it has sid, item, when"):
        import_table(path, settings(engagement_column="how"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_any_encoding_can_be_named(encoding: str, tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when\r\na,é,1\r\na,y,2\r\n", encoding=encoding)
    named = "utf-8" if encoding == "utf-8-sig" else encoding
    assert import_table(path, settings(encoding=named)).catalogue.item_ids == ("é", "y")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"item_column": "article"}, "has no column 'article' for the item; it has sid, item, when, kind, title, how"),
        ({"delimiter": ";"}, "has no column 'item' for the item; it has sid,item,when,kind,title,how"),
        ({"delimiter": '"'}, "cannot divide fields"),
        ({"encoding": "utf-99"}, "unknown encoding 'utf-99'"),
        ({"encoding": "rot13"}, "unknown encoding 'rot13'"),
        ({"encoding": "ascii", "title_column": "title"}, None),
        ({"session_column": ""}, "needs sessions or users; name the column of one"),
        ({"gap_minutes": 30}, "need a user column and a time column, and no session column"),
        ({"time_unit": "days"}, "unknown time unit 'days'"),
        ({"rating_column": "how", "engagement_column": "how"}, "cannot both"),
        ({"engagement_map": {"a": "buy"}}, "unknown engagement 'buy'"),
        ({"time_column": "", "split": "time"}, "needs times; name their column"),
        ({"time_column": "kind"}, "line 2: time 'Film' is in no form that is recognised"),
        ({"min_item_events": 4}, "no item has 4 events, so that none is left; choose a smaller"),
    ],
)
def test_an_option_that_does_not_fit_says_the_way_out(
    change: dict[str, Any], fault: str | None, tmp_path: Path
) -> None:
    path = log_file(tmp_path)
    if fault is None:
        assert len(import_table(path, settings(**change)).log) == 2
        return
    with pytest.raises(BadInput, match=fault):
        import_table(path, settings(**change))


@pytest.mark.parametrize(
    ("values", "fault"),
    [({"gap_minutes": 0}, "gap_minutes"), ({"max_events": -1}, "max_events"), ({"splitt": 1}, "splitt")],
)
def test_settings_are_closed(values: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadInput, match=f"options: {fault}"):
        settings(**values)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("sid,item,when\n", "has column names and no rows"),
        ("sid,item,when\na,x,1\nb,y,2\n", "no session has two events"),
        ("sid,item,when,sid\na,x,1,a\na,y,2,a\n", "has 2 columns 'sid'"),
        ("single\nline\n", "none of tab"),
        ('sid,item,when\na,"x,1\na,"y, z",2\n', "line 2: cannot be divided into fields"),
        ('sid,"item,when\na,x,1\n', "line 1: the header cannot be read"),
        ("sid,item,when\na,x,1\na,y\n", "line 3: number of fields is 2, expected 3"),
    ],
)
def test_a_file_that_does_not_fit_is_named(text: str, fault: str, tmp_path: Path) -> None:
    path = log_file(tmp_path, text)
    with pytest.raises(BadInput, match=fault) as caught:
        import_table(path, settings())
    assert "log.csv" in str(caught.value)


def test_lines_are_counted_over_quoted_line_ends_and_empty_lines(tmp_path: Path) -> None:
    path = log_file(tmp_path, 'sid,item,when\na,"x\ny",1\n\na,y,2\nb,z,soon\na,q,"3"4\n')
    with pytest.raises(BadInput, match=r"log\.csv, line 6: time 'soon'.*line 7: cannot be .*fix the 2 rows, or skip"):
        import_table(path, settings())
    imported = import_table(path, settings(skip_bad_rows=True))
    assert imported.catalogue.item_ids == ("x\ny", "y")


def test_small_blocks_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f'{n % 5},"item {n % 7}, é",{n * 37 % 101}\n' for n in range(200)]
    one_a_line = "sid,item,when\n" + "".join(rows)
    texts = {
        "plain.csv": one_a_line.replace('"', "").replace(", é", " é"),
        "quoted.csv": one_a_line,
        "over-lines.csv": one_a_line.replace("6, é", "6,\né"),
        "broken.csv": one_a_line.replace('"item 6, é"', '"item 6, é"é'),
    }
    paths = [log_file(tmp_path, text, name) for name, text in texts.items()]
    whole = [import_table(path, settings(skip_bad_rows=True)) for path in paths]
    monkeypatch.setattr(encoding, "BLOCK", 50)
    monkeypatch.setattr(text_files, "RECORDS", 3)
    small = [import_table(path, settings(skip_bad_rows=True)) for path in paths]
    assert [each.log.hash() for each in small] == [each.log.hash() for each in whole]
    assert [each.report for each in small] == [each.report for each in whole]
    assert [each.report.bad_rows for each in whole] == [0, 0, 0, 28]
    assert "item 6,\né" in whole[2].catalogue.item_ids


def test_a_session_of_two_users_is_refused(tmp_path: Path) -> None:
    path = log_file(tmp_path, "sid,item,when,user\n1,x,1,ann\n1,y,2,bob\n")
    with pytest.raises(BadInput, match="session '1' has events of two users, 'ann' and 'bob'"):
        import_table(path, settings(user_column="user"))


def test_what_was_imported_can_be_written_and_never_half(tmp_path: Path) -> None:
    imported = import_table(log_file(tmp_path), settings(**ABOUT))
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be written"):
        save(imported, tmp_path / "taken" / "out")
    saved = save(imported, tmp_path / "out")
    assert saved.card.counts.events == 4
    assert not list(tmp_path.glob(".*"))
    assert np.array_equal(saved.log.lengths, [2, 2])
