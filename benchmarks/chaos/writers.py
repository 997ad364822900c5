"""Everything in StreamRec that writes, as actions on the workspace of `world.build`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chaos.world import COLUMNS, LOG, SHAPE, command, settings
from scripts.ship import ship
from streamrec_core.audit_log import record
from streamrec_core.background import task
from streamrec_core.config import data_folder, jobs_folder, runs_folder, workspace
from streamrec_core.data.job_process import run_job
from streamrec_core.data.jobs import JobRequest, dismiss, list_jobs, start_job
from streamrec_core.data.presets import open_data
from streamrec_core.data.pseudonyms import KEY_FILE, workspace_key
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.flagged_cases import change_note, flag_case, flagged_cases, unflag_case
from streamrec_core.explain import archive
from streamrec_core.explain.measuring import MeasureRequest, start_measuring
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.report.pack import delete_pack, packs_folder, read_pack, write_pack
from streamrec_core.study.invitations import invite
from streamrec_core.study.rating import say
from streamrec_core.study.store import delete_study
from streamrec_core.training import manage
from streamrec_core.training.new_run import new_run
from tests.study.worlds import planted_study, rated_study


@dataclass(frozen=True)
class Writer:
    """An action that writes.

    Attributes
    ----------
    act : callable
    about : tuple of str
        Things of the survey that it may change; all else must stay as it was.
    prepare : callable
        What must be done in a fresh copy of the workspace before.
    between : tuple of str
        Things that may have other states than before and after, such as a run that goes on.
    again : bool
        Whether it is done again after a kill even where all is as after it.
    most : int
        Operations to kill at, spread over all, where nearly all write a piece of one file; 0: all.
    """

    act: Callable[[], Any]
    about: tuple[str, ...]
    prepare: Callable[[], Any] = lambda: None
    between: tuple[str, ...] = ()
    again: bool = False
    most: int = 0


SETS = [word for name, number in (*SHAPE.items(), ("batch_size", 16)) for word in ("--set", f"{name}={number}")]
SMALL_RUN = ("--data", "tiny", "--recipe", "plain", "--epochs", 2, *SETS)


def _train(name: str) -> None:
    begun = (runs_folder() / name / "config.json").is_file()
    command("train", "--run", runs_folder() / name, "--json", *(["--resume"] if begun else SMALL_RUN))


def _export(ending: str) -> None:
    """Two explanations, computed once."""
    model_folder, data = runs_folder() / "whole" / "best", open_data("tiny")
    model = load_checkpoint(model_folder, data.catalogue)
    job = archive.ArchiveJob(
        model="whole",
        weights=read_card(model_folder).weights_sha256,
        events=data.card.hashes["events"],
        part="test",
        targets=2,
        batch=1,
    )
    out = workspace() / f"explanations{ending}"
    archive.write_archive(model, data, split(data).test.take(np.arange(2)), job, out)


def without_processes() -> None:
    """Background processes end at once: what they do is tried by itself."""

    def ended(*_: object, **__: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["true"])

    task.start_detached = ended  # type: ignore[attr-defined]
    manage.start_detached = ended  # type: ignore[attr-defined]


def _start_job() -> None:
    without_processes()
    for job in list_jobs():
        dismiss(job)
    request = JobRequest(
        kind="preset", name="streamrec-30-seed5", settings={"preset": "streamrec", "sessions": 30, "seed": 5}
    )
    start_job(request)


def _run_job() -> None:
    run_job(next(jobs_folder().glob("job-*")))


def _queue() -> None:
    without_processes()
    if (runs_folder() / "later").exists():  # begun, but not queued
        manage.resume(runs_folder(), "later")
        return
    manage.start(runs_folder(), new_run("later", open_data("tiny"), "transformer", "plain", settings(1)))


def _measure() -> None:
    without_processes()
    start_measuring(MeasureRequest(data="tiny", model="whole"))


def _edit() -> None:
    """Another table of events under the card of `tiny`."""
    import pyarrow.parquet as pq

    path = data_folder() / "tiny" / "events.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)


def _rated() -> None:
    """As many raters as an export needs."""
    delete_study("planted")
    rated_study(6, lambda *_: (4, "later"))


def _rename() -> None:
    if (runs_folder() / "spare").exists():
        command("runs", "rename", "spare", "other")
    else:
        command("runs", "list")


def _text(name: str) -> Path:
    return workspace() / name


def _pack(name: str) -> None:
    write_pack(read_pack(packs_folder() / "whole").document, packs_folder() / name, pdf=False, made="2026-11-26")


def _code() -> str:
    return (workspace() / "code.txt").read_text(encoding="ascii")


IMPORT = ("data", "import", "table")
WRITERS: dict[str, Writer] = {
    "make a data set": Writer(lambda: command("data", "make", "streamrec", "--sessions", 30), ("data",)),
    "import": Writer(lambda: command(*IMPORT, _text("log.csv"), *COLUMNS, "--name", "new"), ("data",)),
    "import over another": Writer(
        lambda: command(*IMPORT, _text("log.csv"), *COLUMNS, "--name", "shop", "--overwrite"),
        ("data",),
        prepare=lambda: _text("log.csv").write_text(LOG.replace("u3,", "u2,"), encoding="utf-8"),
    ),
    "accept an edit": Writer(
        lambda: command("data", "accept", data_folder() / "tiny"), ("data",), prepare=_edit, between=("data tiny",)
    ),
    "delete a data set": Writer(lambda: command("data", "delete", "shop", "--yes"), ("data",)),
    "train": Writer(
        lambda: _train("new"), ("run new", "best new", "last new"), between=("run new", "best new", "last new")
    ),
    "resume": Writer(
        lambda: _train("half"),
        ("run half", "best half", "last half"),
        between=("run half", "best half", "last half"),
    ),
    "rename a run": Writer(_rename, ("run", "best", "last"), between=("run other", "best other", "last other")),
    "delete a run": Writer(lambda: command("runs", "delete", "spare", "--yes"), ("run", "best", "last")),
    "queue a run": Writer(_queue, ("run", "best", "last", "queue"), between=("run later",)),
    "write a pack": Writer(lambda: _pack("second"), ("pack",)),
    "write over a pack": Writer(lambda: _pack("whole"), ("pack",)),
    "delete a pack": Writer(lambda: delete_pack("whole"), ("pack",)),
    "create a study": Writer(lambda: planted_study("second"), ("study",)),
    "invite a rater": Writer(lambda: invite("planted", 1), ("study",)),
    "rate": Writer(lambda: say(_code(), 0, trust=5), ("study",)),
    "delete a study": Writer(lambda: delete_study("planted"), ("study",)),
    "flag a case": Writer(lambda: flag_case("miss", "Another", "n", {}), ("cases",)),
    "change a note": Writer(lambda: change_note(flagged_cases()[0].number, "changed"), ("cases",)),
    "remove a case": Writer(lambda: unflag_case(flagged_cases()[0].number), ("cases",)),
    "audit log": Writer(lambda: record("train", "x"), ("audit",)),
    "key of pseudonyms": Writer(workspace_key, ("key",), prepare=lambda: _text(KEY_FILE).unlink(), between=("key",)),
    "start a job": Writer(_start_job, ("job",), between=("job streamrec-30-seed5",), again=True),
    "a job": Writer(_run_job, ("data", "job"), prepare=_start_job, between=("job streamrec-30-seed5",)),
    "start measuring": Writer(_measure, ("measuring",), between=("measuring",), again=True),
    "ship": Writer(lambda: ship(runs_folder() / "spare", "shipped", workspace() / "checkpoints"), ("checkpoint",)),
    "ship again": Writer(
        lambda: ship(runs_folder() / "spare", "shipped", workspace() / "checkpoints"),
        ("checkpoint",),
        prepare=lambda: ship(runs_folder() / "whole", "shipped", workspace() / "checkpoints"),
    ),
    "export a study": Writer(
        lambda: command("study", "export", "planted", "--out", _text("out")), ("file",), prepare=_rated
    ),
    **{
        f"export {ending}": Writer(lambda ending=ending: _export(ending), ("file",), most=100)
        for ending in (".parquet", ".csv", ".jsonl")
    },
}
IN_PLACE = Writer(lambda: _text("packs/whole/figures.csv").write_text("figure,label\n"), ("pack",))
"""A writer as none may be."""
