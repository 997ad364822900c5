"""Read columns of a Parquet file in batches, whose rows and bytes are counted before they fill the memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.importers.coded import TextEncoder
from streamrec_core.data.importers.limits import budget
from streamrec_core.data.importers.parquet_pages import pages
from streamrec_core.data.long_columns import LongTexts
from streamrec_core.data.parquet_batches import record_batches
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

BATCH = 1 << 16
"""Rows that are read at a time."""
FIRST_ROWS = "the first rows of Parquet"
NESTED_BATCH = 1 << 12
"""Rows where a column holds lists or records, of which one may be long."""


def parquet_schema(plain: Path, path: Path) -> pa.Schema:
    """Read the columns of a Parquet file.

    Parameters
    ----------
    plain : Path
        The file, unpacked.
    path : Path
        What messages call it.

    Returns
    -------
    pyarrow.Schema
    """
    try:
        return pq.read_schema(plain)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(error, path) from None


def read_parquet(plain: Path, path: Path, columns: Mapping[str, bool]) -> pa.Table:
    """Read columns.

    Texts are read as dictionaries, since a file may repeat one long text any number of times in a few bytes.

    Parameters
    ----------
    plain : Path
        The file, unpacked.
    path : Path
        What messages call it.
    columns : mapping of str to bool
        By name, whether the column is to hold each different text once.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    BadInput
        The file is broken or too large.
    """
    schema = parquet_schema(plain, path)
    kinds = {name: _values(schema.field(name).type) for name in columns}
    repeating = [name for name, kind in kinds.items() if _is_text(kind) or _is_binary(kind)]
    nested = any(map(pa.types.is_nested, kinds.values()))
    readers = {
        name: _Column(pa.string() if _is_text(kind) else kind, name in repeating, columns[name] and _is_text(kind))
        for name, kind in kinds.items()
    }
    total = budget()
    rows = 0
    try:
        with pq.ParquetFile(plain, read_dictionary=repeating) as file:
            count = file.metadata.num_rows
            total.count_rows(path, count)
            _count_pages(plain, path, file.metadata, columns)
            if nested:
                _count_nested(plain, path, columns)
            for batch in record_batches(file, NESTED_BATCH if nested else BATCH, list(columns)):
                batch.validate(full=True)
                rows += len(batch)
                total.count_rows(path, rows)
                for name, reader in readers.items():
                    reader.measure(batch.column(name))
                    total.count_bytes(path, sum(each.size for each in readers.values()))
                    reader.add(batch.column(name))
                report_progress(f"Reading {path.name}", min(rows / max(count, 1), 1.0))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(error, path) from None
    return pa.table({name: reader.column() for name, reader in readers.items()})


def read_first_rows(raw: IO[bytes], path: Path, rows: int) -> Any:
    """Read the first rows of every column.

    Their pages are not measured: on some damaged files Arrow aborts a process that looks at the metadata of a column,
    and a preview is read by the server. A page unpacks to 2 GB at most.

    Parameters
    ----------
    raw : binary file
    path : Path
        What messages call it.
    rows : int
        How many at most.

    Returns
    -------
    pyarrow.RecordBatch or None
        None where there are no rows.

    Raises
    ------
    BadInput
        They are broken, or unpack to more than is read whole.
    """
    try:
        with pq.ParquetFile(raw) as file:
            texts = _text_leaves(file)
        # The same texts may be named by all rows: their size is known before they are.
        with pq.ParquetFile(raw, read_dictionary=texts) as file:
            coded = next(file.iter_batches(rows), None)
            budget().refuse_large(path, 0 if coded is None else sum(map(_unfolded_size, coded.columns)), FIRST_ROWS)
        with pq.ParquetFile(raw) as file:
            return next(file.iter_batches(rows), None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(error, path) from None


def _count_pages(plain: Path, path: Path, metadata: Any, columns: Collection[str]) -> None:
    """Count what the pages hold, before anything is unpacked."""
    size, values = 0, Counter[str]()
    with plain.open("rb") as raw:
        for page in pages(raw, map(metadata.row_group, range(metadata.num_row_groups)), columns):
            size += page.size
            values[page.column] += page.values
            budget().count_bytes(path, size)
            budget().count_rows(path, values[page.column])


def _count_nested(plain: Path, path: Path, columns: Collection[str]) -> None:
    """Count what lists and records hold, reading their texts as dictionaries, which take little."""
    size = 0
    with pq.ParquetFile(plain) as file:
        texts = _text_leaves(file)
    with pq.ParquetFile(plain, read_dictionary=texts) as file:
        for batch in record_batches(file, NESTED_BATCH, list(columns)):
            size += sum(map(_unfolded_size, batch.columns))
            budget().count_bytes(path, size)


def _text_leaves(file: pq.ParquetFile) -> list[str]:
    """Paths of the columns of texts, those inside lists and records included."""
    leaves = map(file.schema.column, range(len(file.schema)))
    return [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]


def _unfolded_size(array: Any) -> int:
    """Bytes of an array once each value of its dictionaries stands where it is named."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return int(pc.sum(pc.binary_length(array.dictionary).take(array.indices)).as_py() or 0)
    if pa.types.is_map(kind):
        return _unfolded_size(array.keys) + _unfolded_size(array.items)
    if pa.types.is_struct(kind):
        return sum(map(_unfolded_size, array.flatten()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _unfolded_size(array.flatten())
    return int(array.nbytes)


@dataclass(eq=False)
class _Column:
    """What was read of one column.

    Attributes
    ----------
    kind : pyarrow.DataType
        Of its values.
    repeats : bool
        Pieces are dictionaries.
    is_coded : bool
        It stays one.
    size : int
        Bytes that it takes so far.
    """

    kind: Any
    repeats: bool
    is_coded: bool
    size: int = 0
    _encoder: TextEncoder = field(default_factory=TextEncoder)
    _texts: LongTexts = field(init=False)

    def __post_init__(self) -> None:
        self._texts = LongTexts(self.kind)

    def measure(self, piece: Any) -> None:
        """Add what a piece will take to the size; of texts that are held once, their numbers only."""
        if self.is_coded:
            self.size += piece.indices.nbytes
        elif self.repeats:
            self.size += pc.sum(pc.binary_length(piece.dictionary).take(piece.indices)).as_py() or 0
        else:
            self.size += piece.nbytes

    def add(self, piece: Any) -> None:
        if self.is_coded:
            self._encoder.add(piece)
        else:
            self._texts.add(piece.cast(self.kind) if self.repeats else piece)

    def column(self) -> Any:
        return self._encoder.column() if self.is_coded else self._texts.column()


def _values(kind: Any) -> Any:
    return kind.value_type if pa.types.is_dictionary(kind) and _is_text(kind.value_type) else kind


def _is_text(kind: Any) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_binary(kind: Any) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def _unreadable(error: Exception, path: Path) -> BadInput:
    return BadInput(f"is not readable as Parquet ({error}); write it again", path=path)
