"""Read a Parquet file some rows at a time, in memory that does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq


def record_batches(file: pq.ParquetFile, rows: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a file in order, read some row groups at a time: one reader of all keeps what it read of each.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    rows : int
        At most so many in a batch.
    columns : list of str
    """
    groups, waiting = list[int](), 0
    for group in range(file.num_row_groups):
        groups.append(group)
        waiting += file.metadata.row_group(group).num_rows
        if waiting >= rows or group == file.num_row_groups - 1:
            yield from file.iter_batches(rows, row_groups=groups, columns=columns)
            groups, waiting = [], 0
