"""Read JSON files (an object a line, or a list of objects) as Arrow tables, through DuckDB, some columns at a time."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from streamrec_core.data.importers.coded import TextEncoder
from streamrec_core.data.importers.limits import LONGEST_LINE, budget
from streamrec_core.data.importers.rows import BadRows
from streamrec_core.data.long_columns import LongTexts
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    import duckdb

LARGEST_OBJECT = 1 << 28
"""Bytes of one JSON object."""
BATCH = 100_000
"""Rows that are read at a time."""
EXACT = 2**53
"""From here on a DOUBLE does not hold every whole number."""
QUERY = (
    "SELECT * FROM read_json(?, format=?, maximum_object_size=?, sample_size=-1, union_by_name=true, "
    "map_inference_threshold=-1, field_appearance_threshold=0)"
)
EXACT_QUERY = "SELECT * FROM read_json(?, format=?, maximum_object_size=?, columns=?)"

ChooseColumns = Callable[[pa.Schema], Mapping[str, bool]]
"""Names the columns that are needed, and whether each is to hold every different text once."""


def all_columns(schema: pa.Schema) -> Mapping[str, bool]:
    """Every column, as it is."""
    return dict.fromkeys(schema.names, False)


def no_columns(schema: pa.Schema) -> Mapping[str, bool]:
    """None, so that only the schema is read."""
    return {}


def read_json(plain: Path, path: Path, bad: BadRows, choose: ChooseColumns = all_columns) -> pa.Table:
    """Read a JSON file; of a list of objects that is one text, only as large as files that are read whole may be.

    Parameters
    ----------
    plain : Path
        The file, unpacked.
    path : Path
        What messages call it.
    bad : BadRows
        Receives lines that cannot be read.
    choose : callable
        Names the columns that are needed.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    BadInput
        The file is empty, no JSON, or too large.
    """
    import duckdb

    with plain.open("rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise BadInput("is empty; give a file with rows in it", path=path)
    if b"\0" in start:
        raise BadInput("is not written in UTF-8; save it as UTF-8", path=path)
    form = "array" if start.startswith(b"[") else "newline_delimited"
    if form == "array":
        budget().refuse_large(path, plain.stat().st_size, "lists in JSON")
    try:
        return _read(plain, path, form, choose)
    except duckdb.Error as error:
        fault = _fault(error, plain, path)
    with tempfile.TemporaryDirectory(prefix="streamrec-import-") as folder:
        good = Path(folder) / "good.jsonl"
        if form == "array" or not _copy_good_lines(plain, good, path, bad):
            way_out = "write one object a line, or a list of objects"
            raise BadInput(f"is not readable as JSON ({fault}); {way_out}", path=path)
        try:
            return _read(good, path, form, choose)
        except (pa.ArrowException, duckdb.Error) as error:
            why = _fault(error, good, path)
            way_out = "name each key of an object once" if "duplicate key" in why else "give all objects the same types"
            message = f"is not readable as JSON ({why}); {way_out}"
            raise BadInput(message, path=path) from None


def _read(plain: Path, path: Path, form: str, choose: ChooseColumns) -> pa.Table:
    params = [str(plain), form, LARGEST_OBJECT]
    with _connected() as connection:
        rows = connection.sql(QUERY, params=params)
        kinds = {name: str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}
        schema = _schema(connection, kinds)
        columns = choose(schema)
        if not columns:
            return schema.empty_table()
        if inexact := _inexact(rows, {name: kinds[name] for name in columns}):
            kinds |= inexact
            rows = connection.sql(EXACT_QUERY, params=[*params, kinds])
        batches = rows.project(", ".join(map(_quoted, columns))).to_arrow_reader(BATCH)
        texts = {name for name, kind in kinds.items() if kind == "JSON"}
        return _gathered(batches, path, {name for name, coded in columns.items() if coded}, texts)


def _gathered(batches: pa.RecordBatchReader, path: Path, coded: Collection[str], texts: Collection[str]) -> pa.Table:
    """All batches as one table, whose rows and bytes are counted; columns of `coded` that are texts hold each once."""
    schema: pa.Schema = batches.schema
    encoders = {name: TextEncoder() for name in coded if pa.types.is_string(schema.field(name).type)}
    kinds = {name: pa.string() if name in texts else schema.field(name).type for name in schema.names}
    parts = {name: LongTexts(kind) for name, kind in kinds.items()}
    rows = size = 0
    total = budget()
    for batch in batches:
        rows, size = rows + len(batch), size + batch.nbytes
        total.count_rows(path, rows)
        total.count_bytes(path, size)
        report_progress(f"Reading {path.name}")
        for name, column in zip(schema.names, batch.columns, strict=True):
            plain = _plain_json(column) if name in texts else column
            (encoders if name in encoders else parts)[name].add(plain)
    return pa.table({name: (encoders if name in encoders else parts)[name].column() for name in schema.names})


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB's own reader, stopped at the limit of time; no extension is loaded from elsewhere."""
    import duckdb

    settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    total = budget()
    with duckdb.connect(config=settings) as connection:
        watch = threading.Timer(min(total.seconds_left() + 0.1, threading.TIMEOUT_MAX), connection.interrupt)
        watch.daemon = True
        watch.start()
        try:
            yield connection
        except duckdb.InterruptException:
            total.check_time()
            raise
        finally:
            watch.cancel()


def _schema(connection: duckdb.DuckDBPyConnection, kinds: Mapping[str, str]) -> pa.Schema:
    """The types of DuckDB as those of Arrow."""
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {_quoted(name)}" for name, kind in kinds.items())
    schema: pa.Schema = connection.sql(f"SELECT {empty} LIMIT 0").to_arrow_table().schema
    return schema


def _inexact(rows: duckdb.DuckDBPyRelation, kinds: Mapping[str, str]) -> dict[str, str]:
    """Columns that would lose digits of whole numbers, to be read as they stand."""
    decimals = [name for name, kind in kinds.items() if kind == "DOUBLE"]
    if not decimals:
        return {}
    largest = rows.aggregate(", ".join(f"max(abs({_quoted(name)}))" for name in decimals)).fetchall()[0]
    return {name: "JSON" for name, value in zip(decimals, largest, strict=True) if value is not None and value >= EXACT}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fault(error: Exception, plain: Path, path: Path) -> str:
    """The first line of what DuckDB says, with the name of the file and not of its copy."""
    return str(error).splitlines()[0].replace(str(plain), path.name)


def _plain_json(column: Any) -> Any:
    """Values of several types, as text."""
    values = [None if cell is None else json.loads(cell) for cell in column.to_pylist()]
    texts = [json.dumps(v) if isinstance(v, dict | list) else None if v is None else str(v) for v in values]
    return pa.array(texts, pa.string())


def _copy_good_lines(plain: Path, good: Path, path: Path, bad: BadRows) -> int:
    """Copy the lines that are objects and count them; the others are bad rows."""
    count, total = 0, budget()
    with plain.open(encoding="utf-8-sig", errors="replace") as file, good.open("w", encoding="utf-8") as target:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1):
            if number % BATCH == 0:
                total.count_rows(path, number)
                report_progress(f"Reading {path.name}")
            if not line.strip():
                continue
            try:
                is_object = isinstance(json.loads(line), dict)
            except json.JSONDecodeError as error:
                bad.add_line(path, number, f"is not JSON ({error.msg.lower()} at character {error.pos + 1})")
                continue
            except (ValueError, RecursionError):
                bad.add_line(path, number, "is not JSON that can be read (nested too deeply, or a number is too long)")
                continue
            if is_object:
                count += 1
                target.write(line if line.endswith("\n") else line + "\n")
            else:
                bad.add_line(path, number, "is no JSON object")
    return count
