"""A small workspace with one of everything that StreamRec stores, and what opens of a workspace."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from streamrec_core.audit_log import chain_faults, entries
from streamrec_core.background.queue import queued_runs
from streamrec_core.cli.main import main
from streamrec_core.config import data_folder, runs_folder, workspace
from streamrec_core.data.jobs import list_jobs
from streamrec_core.data.presets import PRESETS, list_data, make, open_data
from streamrec_core.data.pseudonyms import KEY_FILE, workspace_key
from streamrec_core.diagnosis.flagged_cases import flag_case, flagged_cases
from streamrec_core.errors import StreamRecError
from streamrec_core.explain.measuring import list_measurements
from streamrec_core.files import disk_fault
from streamrec_core.models.checkpoint import WEIGHTS_FILE, check_weights, read_card
from streamrec_core.report.check import check_pack
from streamrec_core.report.pack import damaged_packs, list_packs, packs_folder
from streamrec_core.study.invitations import invite
from streamrec_core.study.rating import begin, enter, finish, say
from streamrec_core.study.store import list_studies, read_study, reading
from streamrec_core.training.loop import train
from streamrec_core.training.loop_state import OPTIMISER_FILE
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.summary import list_runs
from tests.study.worlds import planted_study

LOG = "user,item,time,title\n" + "".join(
    f"u{session},i{item},{1_700_000_000 + 86_400 * session + 60 * step},Title {item}\n"
    for session in range(14)
    for step in range(4)
    for item in [(session * 3 + step) % 9]
)
COLUMNS = ("--item-column", "item", "--session-column", "user", "--time-column", "time", "--title-column", "title")
SHAPE = {"layers": 1, "heads": 2, "width": 8, "feed_forward": 16}
SMALL_REPORT = ("--weighed", 20, "--looked-at", 20, "--explained", 20, "--no-pdf")
DAMAGED = "damaged: "
OF_SYSTEM = ("-wal", "-shm", "-journal", ".lock")
"""Files that SQLite and locks leave and take up again."""


class Failed(Exception):
    """A command ended with another exit code than 0."""


def command(*words: object) -> str:
    """Run `streamrec WORDS` in this process; gives standard output, raises `Failed` where the exit code is not 0."""
    sys.argv = ["streamrec", *map(str, words)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            if end.code:
                raise Failed(f"exit code {end.code}: {err.getvalue().strip()}") from None
    return out.getvalue()


def settings(epochs: int) -> dict[str, Any]:
    """Of a small run."""
    return {**{f"architecture.{name}": number for name, number in SHAPE.items()}, "epochs": epochs, "batch_size": 16}


def build() -> None:
    """Fill the workspace."""
    data = make("streamrec", 120, seed=1, folder=data_folder() / "tiny")
    (workspace() / "log.csv").write_text(LOG, encoding="utf-8")
    command("data", "import", "table", workspace() / "log.csv", *COLUMNS, "--name", "shop")
    for name in ("whole", "spare"):
        run = RunFolder(runs_folder() / name)
        run.begin(new_run(name, open_data("tiny"), "transformer", "plain", settings(1)))
        list(train(run, open_data("tiny")))
    run = RunFolder(runs_folder() / "half")
    run.begin(new_run("half", open_data("tiny"), "transformer", "plain", settings(2)))
    list(train(run, open_data("tiny"), should_stop=lambda: True))
    command("report", "--run", runs_folder() / "whole", "--out", packs_folder() / "whole", *SMALL_REPORT)
    planted_study()
    code = invite("planted", 2)[0].code
    begin(code)
    case = enter(code).trials[0].case
    say(code, case, trust=3)
    say(code, case, prediction="later")
    finish(code, case, seconds=1.0)
    (workspace() / "code.txt").write_text(code, encoding="ascii")
    flag_case("miss", "A miss", "a note", {"page": "debug"})
    workspace_key()
    assert data.log is not None


def survey(about: Sequence[str] = ()) -> dict[str, str]:
    """What opens of the workspace: a digest of each thing by its name, or `damaged: ` and why.

    Parameters
    ----------
    about : sequence of str
        How the names of the things begin; empty: all.

    Returns
    -------
    dict of str to str
    """
    readers = {name: read for name, read in _readers() if not about or name.startswith(tuple(about))}
    return {name: _opened(read) for name, read in readers.items()}


def _readers() -> Iterator[tuple[str, Callable[[], str]]]:
    """Everything that lists name, with what opens it."""
    runs = list_runs(runs_folder())
    for name in list_data():
        if name not in PRESETS:
            yield f"data {name}", partial(_data, name)
    for run in runs.runs:
        yield f"run {run.name}", lambda run=run: f"{run.config.name} {run.state}"
        yield f"best {run.name}", lambda run=run: _weights(runs_folder() / run.name / "best")
        yield f"last {run.name}", lambda run=run: _saved(RunFolder(runs_folder() / run.name))
    for name, error in runs.damaged.items():
        yield f"run {name}", lambda error=error: f"{DAMAGED}{error}"
    for folder in (workspace() / "checkpoints").glob("[!.]*"):
        yield f"checkpoint {folder.name}", partial(_weights, folder)
    for pack in list_packs():
        yield f"pack {pack.name}", partial(_pack, pack.folder)
    for name, error in damaged_packs().items():
        yield f"pack {name}", lambda error=error: f"{DAMAGED}{error}"
    for name in list_studies():
        yield f"study {name}", partial(_study, name)
    yield from _readers_of_tasks_and_files()
    yield "cases", lambda: "; ".join(f"{case.title}: {case.note}" for case in flagged_cases())
    yield "audit", lambda: "; ".join(chain_faults(entries())) or "sound"
    yield "key", lambda: workspace_key().hex() if (workspace() / KEY_FILE).exists() else "none"
    yield "queue", lambda: " ".join(queued_runs(runs_folder()))


def _readers_of_tasks_and_files() -> Iterator[tuple[str, Callable[[], str]]]:
    for job in list_jobs():
        yield f"job {job.request.name}", lambda job=job: job.state.stage
    for measurement in list_measurements():
        yield "measuring", lambda measurement=measurement: measurement.state.stage
    for path in workspace().glob("explanations.*"):
        yield f"file {path.name}", lambda path=path: hashlib.sha256(path.read_bytes()).hexdigest()
    for path in workspace().glob("out/[!.]*"):
        yield f"file {path.name}", lambda path=path: hashlib.sha256(path.read_bytes()).hexdigest()


def _opened(read: Callable[[], str]) -> str:
    try:
        return read()
    except StreamRecError as error:
        fault = str(error)
    except OSError as error:
        fault = str(disk_fault(error))
    return f"{DAMAGED}{fault.replace(str(workspace()), 'workspace')}"


def _data(name: str) -> str:
    data = open_data(name)
    return json.dumps(data.card.hashes, sort_keys=True)


def _weights(folder: Path) -> str:
    if not folder.exists():
        return "none"
    check_weights(folder)
    load_file(folder / WEIGHTS_FILE)
    card = read_card(folder)
    return f"{card.name} {card.epoch} {card.weights_sha256} {json.dumps(card.metrics, sort_keys=True)}"


def _saved(run: RunFolder) -> str:
    saved = run.saved_state()
    if saved is None:
        return "none"
    check_weights(saved)
    load_file(saved / OPTIMISER_FILE)
    return read_card(saved).weights_sha256


def _pack(folder: Path) -> str:
    if faults := check_pack(folder):
        return f"{DAMAGED}{'; '.join(faults)}"
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["content"]


def _study(name: str) -> str:
    read_study(name)
    with reading(name) as database:
        (sound,) = database.execute("PRAGMA integrity_check").fetchone()
        rows = database.execute("SELECT rater, case_number, trust, done FROM answers").fetchall()
        raters = database.execute("SELECT rater, revoked FROM raters").fetchall()
    return f"{sound} {raters} {rows}"


def tree(folder: Path) -> set[str]:
    """Names of all files and folders below, without the random part of those that have one."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*"))
    return {re.sub(r"(job-)\w+", r"\1*", name) for name in names if not name.endswith(OF_SYSTEM)}


def copied(template: Path, target: Path) -> Path:
    """A fresh copy of the workspace."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(template, target, symlinks=True)
    return target


def differences(
    before: Mapping[str, str], after: Mapping[str, str], now: Mapping[str, str], between: Sequence[str] = ()
) -> list[str]:
    """What is neither as before nor as after, and what is damaged.

    Parameters
    ----------
    before, after, now : mapping of str to str
        Surveys.
    between : sequence of str
        Things that may have other states, though no damage.

    Returns
    -------
    list of str
    """
    return [
        f"{name}: {now.get(name, 'missing')[:300]}"
        for name in sorted({*before, *after, *now})
        if (name not in between and now.get(name) not in (before.get(name), after.get(name)))
        or (now.get(name, "").startswith(DAMAGED) and now.get(name) != before.get(name))
    ]
