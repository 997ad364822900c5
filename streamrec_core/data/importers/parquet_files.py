"""Read columns of a Parquet file in batches, whose rows and bytes are counted before they fill the memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.importers.coded import TextEncoder
from streamrec_core.data.importers.limits import budget
from streamrec_core.data.long_columns import LongTexts
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

BATCH = 1 << 16
"""Rows that are read at a time."""
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
            total.count_bytes(path, _stored_size(file.metadata, columns))
            for batch in file.iter_batches(NESTED_BATCH if nested else BATCH, columns=list(columns)):
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


def _stored_size(metadata: Any, columns: Collection[str]) -> int:
    """Bytes of the columns without compression, as the file says; repeated values take more once they are read."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(
        chunk.total_uncompressed_size
        for chunk in chunks
        if chunk.path_in_schema in columns or chunk.path_in_schema.split(".")[0] in columns
    )


def _unreadable(error: Exception, path: Path) -> BadInput:
    return BadInput(f"is not readable as Parquet ({error}); write it again", path=path)
