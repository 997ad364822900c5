"""`explain --all`: write the checked explanations of many sessions to one Parquet file, resumable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamrec_core.background.engine import Engine
from streamrec_core.cli.models import device_for, open_model, open_quietly, warning_field, weights_of
from streamrec_core.cli.output import aside
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.pseudonyms import pseudonyms_for
from streamrec_core.data.splits import Examples, split
from streamrec_core.errors import BadInput
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.explain.verified_record import VerifySettings
from streamrec_core.models.parallel import in_parallel

EVERYTHING = "all"


@dataclass(frozen=True)
class ArchiveOptions:
    """What is explained and how.

    Attributes
    ----------
    part : str
        `all`, or a part of the split.
    sessions : int or None
        How many, from the first; None: all.
    reader : str
        viewer, analyst or regulator.
    settings : VerifySettings
    pseudonyms : str
        auto, always or never.
    device : str
        auto, cpu or cuda.
    model_from : str or None
        As for `open_model`.
    jobs : int
        Number of worker processes.
    engine : Engine
        Where they are.
    """

    part: str
    sessions: int | None
    reader: str
    settings: VerifySettings
    pseudonyms: str
    device: str
    model_from: str | None
    jobs: int
    engine: Engine


def explain_all(
    run: Path | None, checkpoint: Path | None, data: str | None, out: str, options: ArchiveOptions, quiet: bool
) -> dict[str, Any]:
    """Explain many sessions and write the file.

    Parameters
    ----------
    run, checkpoint : Path or None
        The model, as for `open_model`.
    data : str or None
        The data set, as for `open_model`.
    out : str
        Parquet, CSV or JSON lines file, or its address on object storage.
    options : ArchiveOptions
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict of str to Any
        Path, number of explanations, model and data set.

    Raises
    ------
    BadInput
        There is nothing to explain, or the file cannot be written or resumed.
    """
    device = device_for(options.engine, options.device)
    model, dataset, kind = open_model(run, checkpoint, data, device, options.model_from)
    examples = _examples(dataset, options.part, kind)
    if options.sessions is not None:
        examples = examples.take(np.arange(min(options.sessions, len(examples))))
    if not len(examples):
        raise BadInput(f"{dataset.name}: no session of {options.part!r} has a history and a target; choose others")
    _print_pseudonym_note(dataset, options.pseudonyms)
    job = ArchiveJob(
        model=model.name,
        weights=weights_of(model, run, checkpoint),
        events=dataset.card.hashes["events"],
        part=options.part,
        targets=len(examples),
        reader=options.reader,
        pseudonyms=options.pseudonyms,
        settings=options.settings,
    )
    again = partial(open_quietly, run, checkpoint, data, device, options.model_from)
    with in_parallel((model, dataset), again, options.jobs, options.engine), _bar(quiet) as bar:
        task = bar.add_task("explaining", total=len(examples))
        write_archive(model, dataset, examples, job, out, lambda done, _: bar.update(task, completed=done))
    written = {"out": out, "explanations": len(examples), "model": model.name, "data": dataset.name}
    return written | warning_field(run, checkpoint, options.model_from)


def _print_pseudonym_note(dataset: DataSet, choice: str) -> None:
    """Say that the file will have pseudonyms and, where nobody asked for them, how to keep the ids."""
    pseudonyms = pseudonyms_for(dataset.log.session_ids, choice)
    if pseudonyms:
        keep = " Keep the ids with --pseudonyms never." if pseudonyms.kind else ""
        aside.print(f"{pseudonyms.note}{keep}", markup=False, highlight=False, soft_wrap=True)


def _examples(dataset: DataSet, part: str, kind: SplitKind | None) -> Examples:
    """The targets of a part of the split or, for `all`, the last event of every session that can be predicted."""
    if part != EVERYTHING:
        return split(dataset, kind).part(part)
    every = Examples(np.arange(len(dataset.log), dtype=np.int64), dataset.log.lengths - 1)
    every = every.take(np.flatnonzero(every.ends >= 1))
    return every.take(np.flatnonzero(~dataset.catalogue.neutral[every.targets(dataset.log)]))


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=aside, disable=quiet)
