"""`explain --all`: the explanations of many sessions with their checks, as one Parquet file, resumed after a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamrec_core.cli.models import chosen_folder, chosen_model
from streamrec_core.cli.output import aside
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.splits import Examples, split
from streamrec_core.errors import BadInput
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.models.checkpoint import read_card

EVERYTHING = "all"


def explain_all(
    run: Path | None,
    checkpoint: Path | None,
    data: str | None,
    out: Path,
    chosen: dict[str, Any],
    quiet: bool,
) -> dict[str, Any]:
    """Write the file; gives its place and size.

    Parameters
    ----------
    chosen : dict
        part (`all`, or a part of the split), sessions (the first so many; None: all), reader, language, settings.

    Raises
    ------
    BadInput
        There is nothing to explain, or the file cannot be written or resumed.
    """
    model, dataset, kind = chosen_model(run, checkpoint, data)
    examples = _examples(dataset, chosen["part"], kind)
    if chosen["sessions"] is not None:
        examples = examples.take(np.arange(min(chosen["sessions"], len(examples))))
    if not len(examples):
        raise BadInput(f"{dataset.name}: no session of {chosen['part']!r} has a history and a target; choose others")
    job = ArchiveJob(
        model=model.name,
        weights=read_card(chosen_folder(run, checkpoint)).weights_sha256,
        events=dataset.card.hashes["events"],
        part=chosen["part"],
        targets=len(examples),
        reader=chosen["reader"],
        language=chosen["language"],
        settings=chosen["settings"],
    )
    with _bar(quiet) as bar:
        task = bar.add_task("explaining", total=len(examples))
        write_archive(model, dataset, examples, job, out, lambda done, _: bar.update(task, completed=done))
    return {"out": str(out), "explanations": len(examples), "model": model.name, "data": dataset.name}


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
