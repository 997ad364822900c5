"""Manage the runs of a folder: start, stop, resume, rename and delete them, with what must be refused.

Nothing here trains. A run is queued, and a supervisor, a background process, starts it when its turn comes; closing
the page or the dashboard ends neither.
"""

from __future__ import annotations

import re
from itertools import chain, count
from pathlib import Path

from streamrec_core.audit_log import record
from streamrec_core.background.process import start_detached
from streamrec_core.background.queue import is_supervised, queue_locked, queued_runs, set_queued_runs
from streamrec_core.config import read_only
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.files import remove_folder
from streamrec_core.permissions import require_permission
from streamrec_core.recovery import name_run
from streamrec_core.training.process import live_process, terminate
from streamrec_core.training.run_folder import CONFIG_FILE, RunFolder
from streamrec_core.training.settings import RunConfig

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
NAME_RULE = "letters, digits, dot, dash and underscore, at most 80, beginning with a letter or digit"


def check_name(name: str) -> str:
    """The name, where it can be that of a run; raises `BadInput`."""
    if not NAME.fullmatch(name) or ".." in name:
        raise BadInput(f"{name!r} cannot be the name of a run; use {NAME_RULE}")
    return name


def run_of(runs: Path, name: str) -> RunFolder:
    """The run of a name; raises `BadInput` where there is none, or where it leads elsewhere.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str

    Returns
    -------
    RunFolder
    """
    path = runs / name
    if name != path.name or name.startswith(".") or path.is_symlink() or not (path / CONFIG_FILE).is_file():
        raise BadInput(f"no run {name!r} here; it may have been renamed or deleted")
    return RunFolder(path)


def free_name(runs: Path, preferred: str) -> str:
    """A name for a new run: the preferred one or, where it is taken, that with a number behind it.

    Parameters
    ----------
    runs : Path
        The runs folder.
    preferred : str

    Returns
    -------
    str
    """
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", preferred).strip("-._")[:70].replace("..", ".") or "run"
    used = {path.name for path in runs.glob("*")}
    numbered = (f"{base}-{number}" for number in count(2))
    return next(name for name in chain((base,), numbered) if name not in used)


@with_disk_faults
def start(runs: Path, config: RunConfig) -> RunFolder:
    """Create a run under the name in its settings, and queue it.

    Parameters
    ----------
    runs : Path
        The runs folder.
    config : RunConfig

    Returns
    -------
    RunFolder

    Raises
    ------
    BadInput
        The name cannot be used or is taken.
    Refused
        The role or the mode of the program does not allow it.
    """
    require_permission("training")
    run = RunFolder(runs / check_name(config.name))
    with queue_locked(runs):
        if run.path.exists():
            raise BadInput(f"there is a run named {config.name} already; choose another name")
        run.begin(config)
    _enqueue(runs, run.name)
    return run


@with_disk_faults
def resume(runs: Path, name: str) -> None:
    """Queue a run that stopped or failed; it continues where it was saved.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str

    Raises
    ------
    BadInput
        There is no such run, or it is training or queued.
    Refused
        The role or the mode of the program does not allow it.
    """
    require_permission("training")
    run = run_of(runs, name)
    if live_process(run.path) is not None or name in queued_runs(runs):
        raise BadInput(f"{name} is training or queued already; there is nothing to resume")
    run.clear_stop()
    _enqueue(runs, name)


@with_disk_faults
def stop(runs: Path, name: str) -> None:
    """Remove a run from the queue or, where it trains, ask it to save itself and end after its current step.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str

    Raises
    ------
    BadInput
        There is no such run, or it is neither training nor queued.
    Refused
        The role or the mode of the program does not allow it.
    """
    require_permission("stopping a run")
    run = run_of(runs, name)
    with queue_locked(runs):
        names = queued_runs(runs)
        set_queued_runs(runs, tuple(other for other in names if other != name))
        training = live_process(run.path) is not None
    if training:
        run.request_stop()
        terminate(run.path)
    elif name not in names:
        raise BadInput(f"{name} is not training; there is nothing to stop")


@with_disk_faults
def rename(runs: Path, name: str, new: str) -> RunFolder:
    """Rename a run, on its checkpoints too.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str
    new : str

    Returns
    -------
    RunFolder

    Raises
    ------
    BadInput
        There is no such run, it is training or queued, or the new name cannot be used or is taken.
    Refused
        The role or the mode of the program does not allow it.
    """
    require_permission("renaming a run")
    with queue_locked(runs):
        run = _idle_run(runs, name)
        target = runs / check_name(new)
        if target.exists():
            raise BadInput(f"there is a run named {new} already; choose another name")
        run.config()  # damaged settings are told before anything is changed
        run.path.rename(target)
        name_run(target)  # completed at the next start where this process is killed
    return RunFolder(target)


@with_disk_faults
def delete(runs: Path, name: str) -> None:
    """Delete a run with its checkpoints.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str

    Raises
    ------
    BadInput
        There is no such run, or it is training or queued.
    Refused
        The role or the mode of the program does not allow it.
    """
    require_permission("deleting a run")
    with queue_locked(runs):
        run = _idle_run(runs, name)
        record("delete run", name)
        remove_folder(run.path)


@with_disk_faults
def advance(runs: Path) -> None:
    """Start a supervisor where runs are queued and none works through them; does nothing where read-only."""
    if read_only() or not queued_runs(runs):
        return
    with queue_locked(runs):
        if queued_runs(runs) and not is_supervised(runs):
            _supervise(runs)


def _enqueue(runs: Path, name: str) -> None:
    with queue_locked(runs):
        set_queued_runs(runs, (*(other for other in queued_runs(runs) if other != name), name))
        if not is_supervised(runs):
            _supervise(runs)


def _supervise(runs: Path) -> None:
    """Start a supervisor that outlives this process."""
    start_detached(["streamrec_core.training.supervisor", str(runs)], runs / ".supervisor.log", append=True)


def _idle_run(runs: Path, name: str) -> RunFolder:
    """A run that no process works on; raises `BadInput` where one does, or where it is queued."""
    run = run_of(runs, name)
    if live_process(run.path) is not None:
        raise BadInput(f"{name} is training; stop it first")
    if name in queued_runs(runs):
        raise BadInput(f"{name} is queued; remove it from the queue first")
    return run
