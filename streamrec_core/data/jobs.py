"""Jobs: data sets made and imported by background processes, each with a folder (see `background.task`).

Beside the request, the state and the lock, the folder of an import holds the upload until the import is done.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import Field

from streamrec_core.background.task import (
    OWNER_FILE,
    REQUEST_FILE,
    STATE_FILE,
    Task,
    TaskState,
    file_time,
    is_running,
    read_state,
    start_task,
    stop_task,
)
from streamrec_core.config import (
    IMPORT_GIGABYTES,
    IMPORT_MINUTES,
    IMPORT_ROWS,
    Settings,
    jobs_folder,
)
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.data.folders import allowed_source, named_folder
from streamrec_core.data.importers.item_files import catalogue_names
from streamrec_core.data.importers.limits import usual_limits
from streamrec_core.data.presets import PRESETS, preset_name
from streamrec_core.data.storage import CARD_FILE
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.files import replacing_folder, write_atomically
from streamrec_core.permissions import require_permission
from streamrec_core.unfinished import clear_unfinished

UPLOAD = "upload"
"""Folder inside that of the job."""
LOG, ITEMS = "log", "items"
"""Folders inside that one."""
AT_ONCE = 2
"""Jobs that may run at the same time."""
FORGOTTEN_SECONDS = 24 * 3600
"""A finished job that nobody dismissed for so long is removed when the next one starts."""
UNSAFE = re.compile(r"[^\w.-]+")

Kind = Literal["preset", "table", "movielens", "atomic"]


class JobRequest(Settings):
    """What is to be made.

    Attributes
    ----------
    name : str
        Of the data set that comes of it.
    sources : tuple of str
        Files and folders on this machine; empty for a preset and for uploads.
    settings : dict
        Arguments of `make` for a preset, else settings of the importer.
    """

    kind: Kind
    name: str
    sources: tuple[str, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)


class JobState(TaskState):
    """How far a job is.

    Attributes
    ----------
    stage : str
        running, bad rows (waits for consent to skip them), failed or done.
    bad_rows : int
        Rows that cannot be used; `notes` describes the first few.
    notes : tuple of str
        Of a job that is done: what the import tells about the order of events and the split.
    fields : tuple of str
        Settings that fix what went wrong when they are changed.
    """

    stage: Literal["running", "bad rows", "failed", "done"] = "running"
    bad_rows: int = 0
    notes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job(Task):
    """A job as it stands at this moment."""

    request: JobRequest
    state: JobState

    @property
    def name(self) -> str:
        """Its own name, which is that of its folder."""
        return self.folder.name


def preset_request(preset: str, sessions: int, seed: int, home_page: bool) -> JobRequest:
    """Request a preset with these settings, under the name that it always has.

    Parameters
    ----------
    preset : str
    sessions : int
    seed : int
    home_page : bool

    Returns
    -------
    JobRequest
    """
    name = preset_name(preset, sessions, seed, home_page)
    if name in PRESETS:
        message = f"{name!r} with these settings is always here; change the number of sessions or the seed"
        raise BadInput(message, fields=["sessions", "seed"], value=name)
    settings = {"preset": preset, "sessions": sessions, "seed": seed, "home_page": home_page}
    return JobRequest(kind="preset", name=name, settings=settings)


@dataclass(frozen=True, eq=False)
class Upload:
    """A file from a visitor's machine.

    Attributes
    ----------
    content : binary file
    name : str
        On the visitor's machine.
    is_items : bool
        Whether it is a file of items and not a part of the log.
    """

    content: IO[bytes]
    name: str
    is_items: bool = False


@with_disk_faults
def start_job(request: JobRequest, uploads: Sequence[Upload] = (), owner: str = "") -> Job:
    """Start making or importing a data set.

    Parameters
    ----------
    request : JobRequest
    uploads : sequence of Upload
        Files that do not lie on this machine.
    owner : str
        A name for whoever asks for it; empty: everybody.

    Returns
    -------
    Job

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The name is taken or cannot be used, the source may not be read, or too many jobs run.
    """
    require_permission("making a data set")
    _check(request)
    _remove_forgotten()
    folder = jobs_folder() / f"job-{secrets.token_hex(4)}"
    with replacing_folder(folder) as part:
        for number, upload in enumerate(uploads):
            _copy(upload, part / UPLOAD / (ITEMS if upload.is_items else LOG) / f"{number:04}")
        request.write(part / REQUEST_FILE)
        write_atomically(part / OWNER_FILE, owner)  # before anybody sees the job
        JobState().write(part / STATE_FILE)
    try:
        _start(folder, owner)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _read(folder)


@with_disk_faults
def consent(job: Job) -> None:
    """Begin again and leave the faulty rows out; raises `Refused` where the program is set to read only."""
    require_permission("making a data set")
    if _read(job.folder).state.stage != "bad rows":  # somebody else has answered meanwhile
        return
    settings = job.request.settings | {"skip_bad_rows": True}
    job.request.model_copy(update={"settings": settings}).write(job.folder / REQUEST_FILE)
    _start(job.folder)


@with_disk_faults
def dismiss(job: Job) -> None:
    """Clear a job away that is over or waits for consent; raises `Refused` where the program is set to read only."""
    require_permission("clearing a job away")
    if _read(job.folder).state.stage != "running":
        shutil.rmtree(job.folder, ignore_errors=True)


@with_disk_faults
def stop(job: Job) -> None:
    """End a job that runs and clear it away with what it began; one that is over meanwhile stays as it is.

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The process cannot be ended from here.
    """
    require_permission("stopping a job")
    if not is_running(job.folder):
        return
    if stop_task(job.folder):
        clear_unfinished(named_folder(job.request.name).parent)
    if _read(job.folder).state.stage != "done":
        shutil.rmtree(job.folder, ignore_errors=True)


def list_jobs() -> tuple[Job, ...]:
    """Every job that is not cleared away, the oldest first."""
    jobs = []
    for folder in sorted(jobs_folder().glob("job-*"), key=_started):
        with suppress(BadInput):  # removed by somebody else at this moment, or not quite started
            jobs.append(_read(folder))
    return tuple(jobs)


def safe_file_name(name: str) -> str:
    """A name from a visitor's machine as the last part of a path, never empty, hidden or long."""
    plain = UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")
    return plain[-80:].lstrip(".") or "upload.csv"


def uploaded(folder: Path, kind: str) -> tuple[Path, ...]:
    """The uploaded files of a job, in the order they were given in.

    Parameters
    ----------
    folder : Path
        Of the job.
    kind : str
        `LOG` or `ITEMS`.

    Returns
    -------
    tuple of Path
    """
    return tuple(sorted((folder / UPLOAD / kind).glob("*/*")))


def _copy(upload: Upload, folder: Path) -> None:
    """Write an upload; each has a folder of its own, since two may have one name."""
    folder.mkdir(parents=True)
    upload.content.seek(0)
    with (folder / safe_file_name(upload.name)).open("wb") as file:
        shutil.copyfileobj(upload.content, file)


def _check(request: JobRequest) -> None:
    running = [job for job in list_jobs() if job.state.stage == "running"]
    if len(running) >= AT_ONCE:
        raise BadInput(f"{AT_ONCE} data sets are being made already; wait until one of them is done")
    if (named_folder(request.name) / CARD_FILE).is_file():
        message = f"there is a data set {request.name!r} already; choose another name, or delete that one first"
        raise BadInput(message, fields=["name"], value=request.name)
    if any(job.request.name == request.name for job in running):
        raise BadInput(
            f"{request.name!r} is being made already; choose another name", fields=["name"], value=request.name
        )
    _check_limits(request.settings)
    for path in (*request.sources, *request.settings.get("items", ())):
        allowed_source(Path(path))
    catalogue = request.settings.get("catalogue", "")
    if catalogue and catalogue not in catalogue_names():
        raise BadInput(f"no data set or model {catalogue!r}", fields=["catalogue"], value=catalogue)


def _check_limits(settings: Mapping[str, Any]) -> None:
    """Whoever asks by a page may lower the limits of this machine and not raise them."""
    usual = usual_limits()
    for name, most, variable in (
        ("row_limit", usual.rows, IMPORT_ROWS),
        ("size_limit", usual.gigabytes, IMPORT_GIGABYTES),
        ("time_limit", usual.minutes, IMPORT_MINUTES),
    ):
        if (settings.get(name) or 0) > most:
            message = f"this server imports up to {most:,}; choose a lower limit, or set {variable.name} on the server"
            raise BadInput(message, fields=[name], value=settings[name])


def _start(folder: Path, owner: str | None = None) -> None:
    start_task(folder, "streamrec_core.data.job_process", JobState(), owner)


def _read(folder: Path) -> Job:
    request, state = JobRequest.read(folder / REQUEST_FILE), read_state(folder, JobState)
    card = named_folder(request.name) / CARD_FILE
    if state.stage == "failed" and JobState.read(folder / STATE_FILE).stage == "running" and card.is_file():
        # killed between the data set, whose name was free when the job began, and the word that it is there
        state = JobState(stage="done", message=DataSetCard.read(card).counts.words(), share=1.0)
    if state.stage == "failed":
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
    return Job(folder, request, state)


def _started(folder: Path) -> float:
    return file_time(folder / REQUEST_FILE)


def _remove_forgotten() -> None:
    for job in list_jobs():
        if job.state.stage != "running" and time.time() - job.started > FORGOTTEN_SECONDS:
            dismiss(job)
