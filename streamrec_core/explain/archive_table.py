"""The table of explanations in a file: its columns, and how it is written as Parquet, CSV or JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_REASON = pa.struct(
    [
        ("kind", pa.string()),
        ("label", pa.string()),
        ("text", pa.string()),
        ("positions", pa.list_(pa.int32())),
        ("items", pa.list_(pa.string())),
        ("heads", pa.list_(pa.list_(pa.int32()))),
        ("proposed_by", pa.list_(pa.string())),
        ("named_first", pa.bool_()),
        ("verdict", pa.string()),
        ("effect", pa.float64()),
        ("list_effect", pa.float64()),
        ("rank_before", pa.int64()),
        ("rank_after", pa.int64()),
        ("probability_before", pa.float64()),
        ("probability_after", pa.float64()),
        ("sets_tested", pa.int64()),
        ("sub_histories", pa.float64()),
        ("sub_histories_tried", pa.int64()),
        ("replacements", pa.float64()),
        ("replacements_tried", pa.int64()),
        ("p_value", pa.float64()),
        ("p_holm", pa.float64()),
    ]
)
_EVENT = pa.struct(
    [
        ("position", pa.int32()),
        ("item_id", pa.string()),
        ("attention", pa.float64()),
        ("contribution", pa.float64()),
        ("contribution_against_others", pa.float64()),
        ("value", pa.float64()),
        ("integrated_gradients", pa.float64()),
        ("removal", pa.float64()),
        ("rank_without", pa.int64()),
    ]
)
SCHEMA = pa.schema(
    [
        ("session_id", pa.string()),
        ("model", pa.string()),
        ("candidate_id", pa.string()),
        ("candidate_title", pa.string()),
        ("rank", pa.int64()),
        ("probability", pa.float64()),
        ("score", pa.float64()),
        ("base", pa.float64()),
        ("target_id", pa.string()),
        ("target_rank", pa.int64()),
        ("explanation", pa.string()),
        ("first_look", pa.string()),
        ("verified", pa.string()),
        ("verified_status", pa.string()),
        ("findings", pa.list_(pa.string())),
        ("reasons", pa.list_(_REASON)),
        ("dropped", pa.list_(_REASON)),
        ("agreement", pa.string()),
        ("warning", pa.bool_()),
        ("evidence", pa.list_(_EVENT)),
        ("value_method", pa.string()),
        ("completeness_gap", pa.float64()),
    ]
)


def _write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for table in tables:
            writer.write_table(table)


def _write_csv(path: Path, tables: Iterable[pa.Table]) -> None:
    """One row an explanation; lists and records are written as JSON."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SCHEMA.names)
        for table in tables:
            for row in table.to_pylist():
                cells = (row[name] for name in SCHEMA.names)
                writer.writerow(
                    json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell for cell in cells
                )


def _write_jsonl(path: Path, tables: Iterable[pa.Table]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for table in tables:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())


WRITERS: dict[str, Callable[[Path, Iterable[pa.Table]], None]] = {
    ".parquet": _write_parquet,
    ".pq": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
}
"""How a file is written, by its ending."""
