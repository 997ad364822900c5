"""Hostile files: whatever the bytes, an import ends with a data set or `BadInput`, and leaves nothing else behind."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import BadInput
from tests.data import import_files as files

MAPPING = {
    "item_column": "2",
    "session_column": "1",
    "time_column": "3",
    "category_column": "4",
    "title_column": "4",
    "header": False,
    "any_year": True,
}

cells = st.one_of(
    st.sampled_from(
        ["", "a", "b", "1", "2", "978300760", "2014-04-07", "nan", "-1e400", '"', '"a"', "\x00", "neutral"]
    ),
    st.text(max_size=6),
)
tables = st.lists(st.lists(cells, min_size=3, max_size=5), max_size=8).map(
    lambda rows: "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
)


def ends_well(read: Callable[[Path], Imported], fill: Callable[[Path], object]) -> None:
    """Import from a folder that `fill` filled; all or nothing stands at the end."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in"), Path(name, "target")
        source.mkdir()
        target.mkdir()
        fill(source)
        try:
            imported = read(source)
        except BadInput:
            return
        save(imported, target / "out")
        assert [path.name for path in target.iterdir()] == ["out"]
        back = read_dataset(target / "out")
        assert back.log.hash() == imported.log.hash()
        assert back.catalogue.hash == imported.catalogue.hash
        assert (back.log.lengths >= 2).all()


@given(raw=st.one_of(st.binary(max_size=200), tables), skip=st.booleans())
@example(raw=b"a,x,1,k\na,y,2,k\n", skip=False)
@example(raw=b'a,x,1,"k\nl"\na,y,2,k\n', skip=False)
@example(raw=b"a,x,1,k\x00\na,y,2,\xc2\x85\n", skip=True)
@example(raw=b"\xff\xfea\x00", skip=True)
def test_any_bytes_as_a_table(raw: bytes, skip: bool) -> None:
    mapping = TableSettings.parse({**MAPPING, "skip_bad_rows": skip}, "test")
    ends_well(
        lambda folder: import_table(folder / "log.csv", mapping), lambda folder: (folder / "log.csv").write_bytes(raw)
    )


@given(
    raw=tables,
    encoding=st.sampled_from(["latin-1", "utf-16", "utf-7", "cp037", "unicode_escape", "idna", "punycode", "x"]),
)
def test_any_encoding(raw: bytes, encoding: str) -> None:
    mapping = TableSettings.parse({**MAPPING, "encoding": encoding, "skip_bad_rows": True}, "test")
    ends_well(
        lambda folder: import_table(folder / "log.csv", mapping), lambda folder: (folder / "log.csv").write_bytes(raw)
    )


@given(position=st.integers(0, 10_000), value=st.binary(min_size=1, max_size=4))
@example(position=1448, value=b"\x80")
def test_a_parquet_file_with_broken_bytes(position: int, value: bytes) -> None:
    sink = io.BytesIO()
    columns = {"1": ["a", "a", "b"], "2": ["x", "y", "x"], "3": [1, 2, 3], "4": ["k", "k", "l"]}
    pq.write_table(pa.table(columns), sink, compression="none")
    raw = bytearray(sink.getvalue())
    position %= len(raw)
    raw[position : position + len(value)] = value
    mapping = TableSettings.parse(MAPPING, "test")
    ends_well(
        lambda folder: import_table(folder / "log.parquet", mapping),
        lambda folder: (folder / "log.parquet").write_bytes(raw),
    )


@given(
    write=st.sampled_from([files.movielens_100k, files.movielens_1m, files.movielens_20m]),
    ratings=st.lists(st.tuples(*[st.one_of(st.integers(-5, 99), cells)] * 4), max_size=6),
    skip=st.booleans(),
)
def test_any_rows_as_movielens(write: Callable[..., Path], ratings: list[files.Rating], skip: bool) -> None:
    rows = [[str(cell).encode("latin-1", "replace").decode("latin-1") for cell in row] for row in ratings]
    options = RatingSettings(min_item_ratings=1, skip_bad_rows=skip)
    ends_well(lambda folder: import_movielens(folder, options), lambda folder: write(folder, [*rows, *files.RATINGS]))


@given(inter=tables, item=st.one_of(tables, st.binary(max_size=100)), skip=st.booleans())
def test_any_rows_as_atomic_files(inter: bytes, item: bytes, skip: bool) -> None:
    options = RatingSettings(min_item_ratings=1, skip_bad_rows=skip)

    def fill(folder: Path) -> None:
        files.atomic(folder)
        with (folder / "tiny.inter").open("ab") as handle:
            handle.write(inter.replace(b",", b"\t"))
        with (folder / "tiny.item").open("ab") as handle:
            handle.write(item.replace(b",", b"\t"))

    ends_well(lambda folder: import_atomic(folder, options), fill)
