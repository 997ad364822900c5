"""Batches of a Parquet file: all rows in order, and nothing kept of the row groups before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.parquet_batches import record_batches


@pytest.mark.parametrize("sizes", [[], [7], [3, 0, 4, 1], [1] * 9, [20, 1, 1]])
def test_batches_hold_all_rows_in_order(sizes: list[int], tmp_path: Path) -> None:
    path, rows = tmp_path / "rows.parquet", sum(sizes)
    numbers = pa.table({"number": np.arange(rows), "text": [str(number) for number in range(rows)]})
    with pq.ParquetWriter(path, numbers.schema) as writer:
        for start, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):
            writer.write_table(numbers.slice(start, size))
    with pq.ParquetFile(path) as file:
        batches = list(record_batches(file, 5, ["number"]))
    assert all(batch.schema.names == ["number"] and len(batch) <= 5 for batch in batches)
    assert [number for batch in batches for number in batch["number"].to_pylist()] == list(range(rows))


def test_no_row_group_is_kept(tmp_path: Path) -> None:
    path, group = tmp_path / "rows.parquet", 20_000
    numbers = np.random.default_rng(2).integers(2**62, size=40 * group)  # which do not compress
    pq.write_table(pa.table({"number": numbers}), path, row_group_size=group)
    before, allocated = pa.total_allocated_bytes(), []
    with pq.ParquetFile(path) as file:
        for _ in record_batches(file, group, ["number"]):
            allocated.append(pa.total_allocated_bytes())
    assert len(allocated) == 40
    assert max(allocated) - before < 6 * 8 * group
