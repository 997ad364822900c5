"""The process of one job: makes or imports the data set that its folder requests, and writes its state."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from streamrec_core.background.task import REQUEST_FILE, STATE_FILE, TaskState, progress_writer
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.folders import named_folder
from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.rows import BadRowsFound
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.jobs import UPLOAD, JobRequest, JobState, Kind
from streamrec_core.data.presets import make
from streamrec_core.data.progress import progress_listener
from streamrec_core.errors import StreamRecError, file_name


def _preset(request: JobRequest, source: Path) -> DataSet:
    return make(**request.settings)


def _table(request: JobRequest, source: Path) -> DataSet:
    return _saved(import_table(source, TableSettings.parse(request.settings, "settings")), request)


def _movielens(request: JobRequest, source: Path) -> DataSet:
    return _saved(import_movielens(source, RatingSettings.parse(request.settings, "settings")), request)


def _atomic(request: JobRequest, source: Path) -> DataSet:
    return _saved(import_atomic(source, RatingSettings.parse(request.settings, "settings")), request)


MAKERS: dict[Kind, Callable[[JobRequest, Path], DataSet]] = {
    "preset": _preset,
    "table": _table,
    "movielens": _movielens,
    "atomic": _atomic,
}


def _saved(imported: Imported, request: JobRequest) -> DataSet:
    return save(imported, named_folder(request.name))


def run_job(folder: Path) -> JobState:
    """Make what the folder asks for and write down how it went; an upload stays only while it waits for consent."""
    request = JobRequest.read(folder / REQUEST_FILE)
    upload = next((folder / UPLOAD).glob("*"), None) if (folder / UPLOAD).is_dir() else None
    try:
        state = _outcome(request, upload or Path(request.source), folder)
    except BaseException:
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
        raise
    if state.stage != "bad rows":
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
    state.write(folder / STATE_FILE)
    return state


def _outcome(request: JobRequest, source: Path, folder: Path) -> JobState:
    try:
        with progress_listener(progress_writer(folder, _at_work)):
            counts = MAKERS[request.kind](request, source).card.counts
    except BadRowsFound as error:
        notes = tuple(fault.text(file_name) for fault in error.faults)
        return JobState(stage="bad rows", message=error.text(file_name), bad_rows=error.count, notes=notes)
    except StreamRecError as error:
        return JobState(stage="failed", message=error.text(file_name), fields=error.fields)
    made = f"{counts.sessions:,} sessions, {counts.events:,} events, {counts.items:,} items"
    return JobState(stage="done", message=made, share=1.0)


def _at_work(activity: str, share: float | None) -> TaskState:
    return JobState(message=activity, share=share)


def _end(*_: object) -> None:
    """Unwind through every `finally`, so that nothing half made stays behind."""
    raise SystemExit("stopped")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    run_job(Path(sys.argv[1]))
