"""Logs, mostly plausible ones: an import ends with a data set whose rows are all accounted for, or in words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as some

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.preview import PreviewSettings, preview_file
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.storage import read_dataset
from tests.data import import_files as files
from tests.fuzz.cases import TALLY, contents, counted, ends_in_words, fuzz
from tests.fuzz.logs import LogCase, cells, text_logs, typed_logs

MAPPING = {
    "item_column": "2",
    "session_column": "1",
    "time_column": "3",
    "category_column": "4",
    "title_column": "4",
    "header": False,
    "any_year": True,
}
ENCODINGS = ("latin-1", "utf-16", "utf-7", "cp037", "unicode_escape", "idna", "punycode", "zlib", "x", "\u0000")
tables = some.lists(some.lists(cells, min_size=3, max_size=5), max_size=8).map(
    lambda rows: "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
)


def accounted(imported: Imported) -> None:
    """Every row that was read is an event of the log or left out for a reason that is counted."""
    report = imported.report
    events = len(imported.log.items)
    left_out = (
        report.bad_rows,
        report.rare_item_events,
        report.single_event_sessions,
        report.earlier_events,
        report.repeated_events,
    )
    assert min(left_out) >= 0
    assert report.rows == events + sum(left_out)
    assert (imported.log.lengths >= 2).all()


def ends_well(
    area: str, read: Callable[[Path], Imported], fill: Callable[[Path], object], name: str
) -> Imported | None:
    """Import from a folder that `fill` filled; a data set that reads back stands at the end, or nothing at all."""
    with counted(area), tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, "target")
        source.mkdir()
        target.mkdir()
        fill(source)
        before = contents(source)
        imported = ends_in_words(lambda: read(source), name)
        assert contents(source) == before
        if imported is None:
            assert contents(target) == []
            return None
        TALLY[f"{area}: imported"] += 1
        accounted(imported)
        save(imported, target / "out")
        assert [path.name for path in target.iterdir()] == ["out"]
        back = read_dataset(target / "out")
        assert back.log.hash() == imported.log.hash()
        assert back.catalogue.hash == imported.catalogue.hash
        return imported


def of_case(area: str, case: LogCase) -> None:
    """Import a case; where its rows can be counted, all of them are read."""
    settings = TableSettings.parse(case.settings, "test")
    imported = ends_well(
        area,
        lambda folder: import_table(folder / case.name, settings),
        lambda folder: (folder / case.name).write_bytes(case.content),
        case.name,
    )
    if imported is not None and case.rows is not None:
        assert imported.report.rows == case.rows


@fuzz("tables")
@given(case=text_logs())
def test_text_tables(case: LogCase) -> None:
    of_case("tables", case)


@fuzz("typed tables")
@given(case=typed_logs())
def test_typed_tables(case: LogCase) -> None:
    of_case("typed tables", case)


@fuzz("any bytes")
@given(raw=some.one_of(some.binary(max_size=200), tables), skip=some.booleans())
@example(raw=b"a,x,1,k\na,y,2,k\n", skip=False)
@example(raw=b'a,x,1,"k\nl"\na,y,2,k\n', skip=False)
@example(raw=b"a,x,1,k\x00\na,y,2,\xc2\x85\n", skip=True)
@example(raw=b"\xff\xfea\x00", skip=True)
def test_any_bytes(raw: bytes, skip: bool) -> None:
    of_case("any bytes", LogCase("log.csv", raw, {**MAPPING, "skip_bad_rows": skip}, None))


@fuzz("encodings")
@given(raw=tables, encoding=some.sampled_from(ENCODINGS))
def test_any_encoding(raw: bytes, encoding: str) -> None:
    settings = {**MAPPING, "encoding": encoding, "skip_bad_rows": True}
    of_case("encodings", LogCase("log.csv", raw, settings, None))


@fuzz("movielens")
@given(
    write=some.sampled_from([files.movielens_100k, files.movielens_1m, files.movielens_20m]),
    ratings=some.lists(some.tuples(*[some.one_of(some.integers(-5, 99), cells)] * 4), max_size=6),
    skip=some.sampled_from([True, True, False]),
)
def test_any_rows_as_movielens(write: Callable[..., Path], ratings: list[files.Rating], skip: bool) -> None:
    rows = [[str(cell).encode("latin-1", "replace").decode("latin-1") for cell in row] for row in ratings]
    options = RatingSettings(min_item_ratings=1, skip_bad_rows=skip)
    ends_well(
        "movielens",
        lambda folder: import_movielens(folder, options),
        lambda folder: write(folder, [*rows, *files.RATINGS]),
        "/in",
    )


@fuzz("atomic")
@given(inter=tables, item=some.one_of(tables, some.binary(max_size=100)), skip=some.sampled_from([True, True, False]))
def test_any_rows_as_atomic_files(inter: bytes, item: bytes, skip: bool) -> None:
    options = RatingSettings(min_item_ratings=1, skip_bad_rows=skip)

    def fill(folder: Path) -> None:
        files.atomic(folder)
        for name, raw in (("tiny.inter", inter), ("tiny.item", item)):
            with (folder / name).open("ab") as handle:
                handle.write(raw.replace(b",", b"\t"))

    ends_well("atomic", lambda folder: import_atomic(folder, options), fill, "/in/tiny")


@fuzz("previews")
@given(
    case=text_logs() | typed_logs(),
    settings=some.builds(
        PreviewSettings,
        encoding=some.sampled_from(["", "", "latin-1", "utf-16", "x"]),
        delimiter=some.sampled_from(["", "", "comma", '"', "::", "\n"]),
        has_header=some.booleans(),
        comment=some.sampled_from(["", "", "#", "s"]),
        sheet=some.sampled_from(["", "", "none"]),
        words_of=some.sampled_from(["", "how", "time", "x"]),
    ),
)
def test_previews(case: LogCase, settings: PreviewSettings) -> None:
    with counted("previews"), tempfile.TemporaryDirectory() as folder:
        (Path(folder) / case.name).write_bytes(case.content)
        preview = ends_in_words(lambda: preview_file(Path(folder) / case.name, settings), case.name)
        if preview is not None:
            TALLY["previews: shown"] += 1
            assert len(set(preview.columns)) == len(preview.columns)
            assert all(len(row) == len(preview.columns) for row in preview.rows)
