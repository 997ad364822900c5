"""The process of one job: makes or imports the data set that its folder requests, and writes its state."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamrec_core.background.task import REQUEST_FILE, STATE_FILE, progress_writer
from streamrec_core.data.arrow_memory import use_returning_allocator
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.folders import named_folder
from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, ImportSettings, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.notes import import_notes
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.rows import BadRowsFound
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.jobs import ITEMS, LOG, UPLOAD, JobRequest, JobState, Kind, uploaded
from streamrec_core.data.presets import make
from streamrec_core.data.progress import progress_listener
from streamrec_core.disk_faults import end_in_words, with_disk_faults
from streamrec_core.errors import StreamRecError, file_name
from streamrec_core.files import disk_fault

IMPORTERS: dict[Kind, tuple[Callable[[Any, Any], Imported], type[ImportSettings]]] = {
    "table": (import_table, TableSettings),
    "movielens": (import_movielens, RatingSettings),
    "atomic": (import_atomic, RatingSettings),
}
"""By kind of request, but for presets: the importer, which takes several paths for a table, and its settings."""


@with_disk_faults
def run_job(folder: Path) -> JobState:
    """Make the data set that the folder requests and write the final state; an upload stays only until consent."""
    request = JobRequest.read(folder / REQUEST_FILE)
    try:
        state = _outcome(request, folder)
    except BaseException:
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
        raise
    if state.stage != "bad rows":
        shutil.rmtree(folder / UPLOAD, ignore_errors=True)
    state.write(folder / STATE_FILE)
    return state


def _outcome(request: JobRequest, folder: Path) -> JobState:
    try:
        with progress_listener(
            progress_writer(folder, lambda activity, share: JobState(message=activity, share=share))
        ):
            dataset, notes = _make(request, folder)
    except BadRowsFound as error:
        notes = tuple(fault.text(file_name) for fault in error.faults)
        return JobState(
            stage="bad rows",
            message=error.text(file_name),
            bad_rows=error.count,
            notes=notes,
            fields=error.fields,
        )
    except StreamRecError as error:
        return JobState(stage="failed", message=error.text(file_name), fields=error.fields)
    except OSError as error:
        return JobState(stage="failed", message=disk_fault(error).text(file_name))
    return JobState(stage="done", message=dataset.card.counts.words(), share=1.0, notes=notes)


def _make(request: JobRequest, folder: Path) -> tuple[DataSet, tuple[str, ...]]:
    """The data set, and what its import tells about order and split."""
    if request.kind == "preset":
        return make(**request.settings), ()
    importer, settings = IMPORTERS[request.kind]
    paths = uploaded(folder, LOG) or tuple(map(Path, request.sources))
    values = request.settings
    if items := uploaded(folder, ITEMS):
        values = values | {"items": [*values.get("items", ()), *map(str, items)]}
    imported = importer(paths if request.kind == "table" else paths[0], settings.parse(values, "settings"))
    dataset = save(imported, named_folder(request.name))
    return dataset, import_notes(imported.report, dataset)


def _end(*_: object) -> None:
    """Unwind through every `finally`, so that nothing half made stays behind."""
    raise SystemExit("stopped")


if __name__ == "__main__":
    use_returning_allocator()
    signal.signal(signal.SIGTERM, _end)
    end_in_words(run_job, Path(sys.argv[1]))
