"""Explanations of many sessions in one file: batch by batch, resumed after a stop, whole or absent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from streamrec_core.background.workers import chunks_of
from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.pseudonyms import PseudonymChoice, pseudonyms_for
from streamrec_core.data.splits import Examples
from streamrec_core.explain.archive_parts import parts_of
from streamrec_core.explain.archive_table import SCHEMA
from streamrec_core.explain.as_json import plain_contributions, plain_values
from streamrec_core.explain.messages import check_reader
from streamrec_core.explain.verified import verify_examples
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.parallel import ModelAndData, workers_for
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.threads import one_thread

Out = TypeVar("Out", Path, str)


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
    out: Out,
    progress: Callable[[int, int], None] | None = None,
) -> Out:
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
    out : Path or str
        The file to write, also by its address on object storage: Parquet, CSV or JSON lines, as its ending says.
    progress : callable or None
        Takes the number of finished explanations and of all.

    Returns
    -------
    Path or str
        `out`.

    Raises
    ------
    BadInput
        The file exists already, its folder does not, or its parts belong to another job.
    """
    check_reader(job.reader)
    pseudonyms = pseudonyms_for(dataset.log.session_ids, job.pseudonyms)
    parts = parts_of(out)
    parts.begin(job)
    complete = parts.complete()
    batches = [
        (f"{number:06d}.parquet", examples.take(np.array(rows)))
        for number, rows in enumerate(chunks_of(len(examples), job.batch))
    ]
    todo = [(name, batch) for name, batch in batches if name not in complete]
    done = len(examples) - sum(len(batch) for _, batch in todo)
    workers, chunks = workers_for(model, dataset), [(batch, job) for _, batch in todo]
    with one_thread():
        tables = workers.map(_explain, chunks) if workers else (_explain((model, dataset), chunk) for chunk in chunks)
        for (name, batch), rows in zip(todo, tables, strict=True):
            for row in rows:
                row["session_id"] = pseudonyms.of(row["session_id"])
            parts.write(name, pa.Table.from_pylist(rows, SCHEMA))
            done += len(batch)
            if progress is not None:
                progress(done, len(examples))
    parts.join()
    return out


def _explain(subject: ModelAndData, batch: tuple[Examples, ArchiveJob]) -> list[dict[str, Any]]:
    """A row for each explanation of a batch."""
    (model, dataset), (examples, job) = subject, batch
    return [_row(verified, dataset, job) for verified in verify_examples(model, dataset, examples, job.settings)]


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
