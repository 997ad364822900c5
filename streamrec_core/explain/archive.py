"""Explanations of many sessions in one file: batch by batch, resumed after a stop, whole or absent."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.background.workers import chunks_of
from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.pseudonyms import PseudonymChoice, Pseudonyms, pseudonyms_for
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.explain.as_json import plain_contributions, plain_values
from streamrec_core.explain.messages import check_reader
from streamrec_core.explain.verified import Verified, VerifySettings, verify_examples
from streamrec_core.files import remove_folder, replacing, replacing_folder
from streamrec_core.models.parallel import ModelAndData, workers_for
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.threads import one_thread
from streamrec_core.recovery import JOINED, PARTS, clear_joined_parts

JOB_FILE = "job.json"

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


class ArchiveJob(Settings):
    """What a file of explanations is made from; a stopped run goes on only where all of it is the same.

    Attributes
    ----------
    weights
        SHA-256 of the model's weights.
    events
        Hash of the log.
    targets
        How many examples, and in which part of the split.
    pseudonyms
        Whether pseudonyms stand for session ids: auto, always or never.
    """

    model: str
    weights: str
    events: str
    part: str
    targets: int
    reader: str = "viewer"
    pseudonyms: PseudonymChoice = "auto"
    language: Literal["en"] = "en"  # unfinished jobs of version 0.1 have it
    batch: int = 16
    settings: VerifySettings = VerifySettings()


def write_archive(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    job: ArchiveJob,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Explain and check the first recommendation of every example, and write one row for each.

    Finished batches lie beside the file, in `.NAME.parts`, until all are there; the file then appears whole and the
    batches are deleted. Every batch is computed with one thread, so that the rows are the same with any number of
    processes (`in_parallel`); this one writes them.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    job : ArchiveJob
        What the file is made from; a stopped job continues where it is the same.
    out : Path
        The file to write: Parquet, CSV or JSON lines, as its ending says.
    progress : callable or None
        Takes the number of finished explanations and of all.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    BadInput
        The file exists already, its folder does not, or its parts belong to another job.
    """
    check_reader(job.reader)
    pseudonyms = pseudonyms_for(dataset.log.session_ids, job.pseudonyms)
    parts = _open_parts(job, out)
    batches = [
        (parts / f"{number:06d}.parquet", examples.take(np.array(rows)))
        for number, rows in enumerate(chunks_of(len(examples), job.batch))
    ]
    todo = [(path, batch) for path, batch in batches if not path.is_file()]
    done = len(examples) - sum(len(batch) for _, batch in todo)
    workers, chunks = workers_for(model, dataset), [(batch, job) for _, batch in todo]
    with one_thread():
        tables = workers.map(_explain, chunks) if workers else (_explain((model, dataset), chunk) for chunk in chunks)
        for (path, batch), rows in zip(todo, tables, strict=True):
            _write_batch(rows, pseudonyms, path)
            done += len(batch)
            if progress is not None:
                progress(done, len(examples))
    _join(parts, out)
    return out


def _explain(subject: ModelAndData, batch: tuple[Examples, ArchiveJob]) -> list[dict[str, Any]]:
    """A row for each explanation of a batch."""
    (model, dataset), (examples, job) = subject, batch
    return [_row(verified, dataset, job) for verified in verify_examples(model, dataset, examples, job.settings)]


def _write_batch(rows: list[dict[str, Any]], pseudonyms: Pseudonyms, path: Path) -> None:
    for row in rows:
        row["session_id"] = pseudonyms.of(row["session_id"])
    with replacing(path) as unfinished:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), unfinished)


def _open_parts(job: ArchiveJob, out: Path) -> Path:
    """Open the folder of finished batches: a new one, or that of the same job."""
    if out.suffix.lower() not in WRITERS:
        raise BadInput(f"{out} ends with none of {', '.join(WRITERS)}; choose such a file", fields=["out"])
    clear_joined_parts(out.parent)
    if out.exists():
        raise BadInput(f"{out} exists already; choose another file, or delete it")
    if not out.parent.is_dir():
        raise BadInput(f"the folder {out.parent} is missing; create it, or choose another folder")
    parts = out.with_name(f".{out.name}{PARTS}")
    if (parts / JOB_FILE).is_file():
        if ArchiveJob.read(parts / JOB_FILE) != job:
            raise BadInput(
                f"{parts} holds batches of another model, data set or setting; delete that folder, or choose another "
                "file"
            )
        return parts
    with replacing_folder(parts) as part:
        job.write(part / JOB_FILE)
    return parts


def _join(parts: Path, out: Path) -> None:
    """Write all batches into one file as its ending says, one batch in memory at a time."""
    tables = (pq.read_table(part, schema=SCHEMA) for part in sorted(parts.glob("[!.]*.parquet")))
    with replacing(out) as unfinished:
        WRITERS[out.suffix.lower()](unfinished, tables)
        (parts / JOINED).touch()
    with suppress(FileNotFoundError):  # another process has cleared them
        remove_folder(parts)


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


def _row(verified: Verified, dataset: DataSet, job: ArchiveJob) -> dict[str, Any]:
    """The row of one explanation; positions are those of the session."""
    first = verified.first_look
    plain = plain_values(verified, dataset.catalogue, job.reader) | plain_contributions(first)
    columns = {name: value for name, value in plain.items() if name in SCHEMA.names}
    return {
        **columns,
        "session_id": first.history.session_id,
        "model": first.model,
        "candidate_id": first.candidate.item_id,
        "candidate_title": first.candidate.title,
        "rank": first.candidate.rank,
        "probability": first.candidate.probability,
        "target_id": None if first.target is None else first.target.item_id,
        "target_rank": None if first.target is None else first.target.rank,
        "first_look": first.sentence,
        "findings": [finding["text"] for finding in plain["findings"]],
        "agreement": verified.agreement.key,
        "warning": verified.agreement.warning,
    }
