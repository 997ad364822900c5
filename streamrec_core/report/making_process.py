"""The process that makes one report pack: reads the request in its folder and writes its state."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from streamrec_core.adapters import list_foreign_models, open_foreign_model
from streamrec_core.background.task import REQUEST_FILE, STATE_FILE, progress_writer
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.presets import open_data
from streamrec_core.disk_faults import end_in_words
from streamrec_core.errors import StreamRecError, file_name
from streamrec_core.files import disk_fault
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.report.collect import collect
from streamrec_core.report.making import PackRequest, PackState
from streamrec_core.report.pack import pack_name, write_pack
from streamrec_core.report.signature import configured_key
from streamrec_core.report.subject import Subject, foreign_subject, open_subject

MEASURED = 0.95
"""Share of the time after which all is measured and the pack is printed."""


def make(folder: Path) -> PackState:
    """Make the pack that the folder requests; the final state is written and given back."""
    request = PackRequest.read(folder / REQUEST_FILE)
    try:
        subject = _subject(request.model, request.data)
        if before := request.settings.against:
            subject = replace(subject, before=_model(before, subject.dataset.catalogue))
        document = collect(subject, request.settings, progress_writer(folder, _measuring))
        PackState(message="Writing and printing", share=MEASURED).write(folder / STATE_FILE)
        pack = write_pack(document, Path(request.folder) / pack_name(document), key=configured_key())
        state = PackState(stage="done", message=pack.name, share=1.0)
    except StreamRecError as error:
        state = PackState(stage="failed", message=error.text(file_name))
    except OSError as error:
        state = PackState(stage="failed", message=disk_fault(error).text(file_name))
    state.write(folder / STATE_FILE)
    return state


def _subject(name: str, data: str) -> Subject:
    """The subject of a report by the name of the model, which may be of another library."""
    if name not in list_foreign_models().models:
        return open_subject(list_checkpoints()[name], data)
    dataset = open_data(data)
    return foreign_subject(open_foreign_model(name, dataset.catalogue), dataset, name)


def _model(name: str, catalogue: Catalogue) -> SessionModel:
    if name in list_foreign_models().models:
        return open_foreign_model(name, catalogue)
    return load_checkpoint(list_checkpoints()[name], catalogue)


def _measuring(activity: str, share: float | None) -> PackState:
    return PackState(message=activity, share=min(1.0, share or 0.0) * MEASURED)


if __name__ == "__main__":
    end_in_words(make, Path(sys.argv[1]))
