"""Making and importing data sets in processes of their own, watched through a small folder each.

A job goes on when the visitor who began it clicks elsewhere, closes the browser or restarts the dashboard. Its folder
holds the request, the state, the upload where there is one, and a lock that the process holds as long as it lives.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import Field

from streamrec_core.config import Settings, jobs_folder, refuse_if_read_only
from streamrec_core.data.background import LOCK_FILE, alive, begin, last_words, reap
from streamrec_core.data.folders import allowed_source, named_folder
from streamrec_core.data.presets import PRESETS, preset_name
from streamrec_core.data.storage import CARD_FILE, clear_parts
from streamrec_core.errors import BadInput

REQUEST_FILE, STATE_FILE, UPLOAD = "request.json", "state.json", "upload"
PID_FILE = "pid"
AT_ONCE = 2
"""So many jobs may run at the same time."""
FORGOTTEN_SECONDS = 24 * 3600
"""A job that nobody looked after for so long is cleared away when the next one begins."""
GRACE_SECONDS = 3.0
"""So long a stopped job has to tidy up before it is killed."""
UNSAFE = re.compile(r"[^\w.-]+")

Kind = Literal["preset", "table", "movielens", "atomic"]


class JobRequest(Settings):
    """What is to be made.

    Attributes
    ----------
    name : str
        Of the data set that comes of it.
    source : str
        File or folder on this machine; empty for a preset and for an upload.
    settings : dict
        Arguments of `make` for a preset, else settings of the importer.
    """

    kind: Kind
    name: str
    source: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)


class JobState(Settings):
    """How far it is.

    Attributes
    ----------
    stage : str
        running, bad rows (waits for consent to leave them out), failed or done.
    share : float or None
        Of what is being done, where that is known.
    said : str
        What is being done, what went wrong, or what came of it.
    """

    stage: Literal["running", "bad rows", "failed", "done"] = "running"
    said: str = "Starting"
    share: float | None = None
    bad_rows: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A job as it stands at this moment."""

    folder: Path
    request: JobRequest
    state: JobState

    @property
    def name(self) -> str:
        """Its own name, which is that of its folder."""
        return self.folder.name


def preset_request(preset: str, sessions: int, seed: int, home_page: bool) -> JobRequest:
    """The request for a preset with these settings, under the name it always has."""
    name = preset_name(preset, sessions, seed, home_page)
    if name in PRESETS:
        raise BadInput(f"{name!r} with these settings is always here; change the number of sessions or the seed")
    settings = {"preset": preset, "sessions": sessions, "seed": seed, "home_page": home_page}
    return JobRequest(kind="preset", name=name, settings=settings)


def start_job(request: JobRequest, upload: IO[bytes] | None = None, upload_name: str = "") -> Job:
    """Begin to make a data set.

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The name is taken or cannot be used, the source may not be read, or too much is going on.
    """
    refuse_if_read_only("making a data set")
    _check(request)
    _clear_forgotten()
    jobs_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="job-", dir=jobs_folder()))
    try:
        if upload is not None:
            (folder / UPLOAD).mkdir()
            with (folder / UPLOAD / safe_file_name(upload_name)).open("wb") as kept:
                shutil.copyfileobj(upload, kept)
        request.write(folder / REQUEST_FILE)
        _begin(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _read(folder)


def consent(job: Job) -> None:
    """Begin again and leave the faulty rows out; raises `Refused` where the program is set to read only."""
    refuse_if_read_only("making a data set")
    if _read(job.folder).state.stage != "bad rows":  # somebody else has answered meanwhile
        return
    settings = job.request.settings | {"skip_bad_rows": True}
    job.request.model_copy(update={"settings": settings}).write(job.folder / REQUEST_FILE)
    _begin(job.folder)


def dismiss(job: Job) -> None:
    """Clear a job away that is over or waits for consent; raises `Refused` where the program is set to read only."""
    refuse_if_read_only("clearing a job away")
    if _read(job.folder).state.stage != "running":
        shutil.rmtree(job.folder, ignore_errors=True)


def stop(job: Job) -> None:
    """End a job that runs and clear it away with what it began; one that is over meanwhile stays as it is.

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The process cannot be ended from here.
    """
    refuse_if_read_only("stopping a job")
    if not alive(job.folder):
        return
    # The lock is held, so the process lives, and its number cannot have gone to another one.
    _signal(job, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while alive(job.folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    if alive(job.folder):
        _signal(job, signal.SIGKILL)
        with (job.folder / LOCK_FILE).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)  # until it is gone
        clear_parts(named_folder(job.request.name))
    if _read(job.folder).state.stage != "done":
        shutil.rmtree(job.folder, ignore_errors=True)


def _signal(job: Job, sign: signal.Signals) -> None:
    """To the process and whatever it started; it leads a group of its own."""
    try:
        os.killpg(int((job.folder / PID_FILE).read_text(encoding="ascii")), sign)
    except ProcessLookupError:  # ended at this moment
        return
    except (OSError, ValueError):
        raise BadInput(f"the process that makes {job.request.name!r} cannot be ended from here") from None


def list_jobs() -> tuple[Job, ...]:
    """Every job that is not cleared away, the oldest first."""
    reap()
    found = []
    for folder in sorted(jobs_folder().glob("job-*"), key=_begun):
        try:
            found.append(_read(folder))
        except BadInput:  # cleared away by somebody else at this moment, or not quite begun
            continue
    return tuple(found)


def safe_file_name(name: str) -> str:
    """A name from a visitor's machine as the last part of a path, never empty, hidden or long."""
    plain = UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")
    return plain[-80:].lstrip(".") or "upload.csv"


def _check(request: JobRequest) -> None:
    running = [job for job in list_jobs() if job.state.stage == "running"]
    if len(running) >= AT_ONCE:
        raise BadInput(f"{AT_ONCE} data sets are being made already; wait until one of them is done")
    if (named_folder(request.name) / CARD_FILE).is_file():
        raise BadInput(f"there is a data set {request.name!r} already; choose another name, or delete that one first")
    if any(job.request.name == request.name for job in running):
        raise BadInput(f"{request.name!r} is being made already; choose another name")
    if request.source:
        allowed_source(Path(request.source))


def _begin(folder: Path) -> None:
    """Start the process; the lock is handed on to it and falls when it ends, in whatever way."""
    JobState().write(folder / STATE_FILE)
    pid = begin(folder, "streamrec_core.data.job_process")
    (folder / PID_FILE).write_text(str(pid), encoding="ascii")


def _read(folder: Path) -> Job:
    living = alive(folder)  # asked first: what ends meanwhile has written its last state before
    request, state = JobRequest.read(folder / REQUEST_FILE), JobState.read(folder / STATE_FILE)
    if state.stage == "running" and not living:
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
        state = JobState(stage="failed", said=f"It ended before it was done. {last_words(folder)}".strip())
    return Job(folder, request, state)


def _begun(folder: Path) -> float:
    try:
        return (folder / REQUEST_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _clear_forgotten() -> None:
    for job in list_jobs():
        if job.state.stage != "running" and time.time() - _begun(job.folder) > FORGOTTEN_SECONDS:
            dismiss(job)
