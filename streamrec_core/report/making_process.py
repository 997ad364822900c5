"""The process that makes one pack: does what its folder asks for, and writes down how far it is and how it went."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from streamrec_core.errors import StreamRecError
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.report.collect import collect
from streamrec_core.report.making import REQUEST_FILE, STATE_FILE, PackRequest, PackState
from streamrec_core.report.pack import pack_name, write_pack
from streamrec_core.report.subject import open_subject

EVERY_SECONDS = 0.3
MEASURED = 0.95
"""Share of the time after which all is measured and the pack is printed."""


def make(folder: Path) -> PackState:
    """Make what the folder asks for, and leave word."""
    request = PackRequest.read(folder / REQUEST_FILE)
    try:
        subject = open_subject(list_checkpoints()[request.model], request.data)
        document = collect(subject, request.settings, _Noted(folder))
        PackState(said="Writing and printing", share=MEASURED).write(folder / STATE_FILE)
        pack = write_pack(document, Path(request.folder) / pack_name(document))
        state = PackState(stage="done", said=pack.name, share=1.0)
    except StreamRecError as error:
        state = PackState(stage="failed", said=str(error))
    state.write(folder / STATE_FILE)
    return state


class _Noted:
    """Writes progress down, seldom enough that it costs nothing."""

    def __init__(self, folder: Path) -> None:
        self._file, self._doing, self._next = folder / STATE_FILE, "", 0.0

    def __call__(self, doing: str, share: float) -> None:
        if doing != self._doing or time.monotonic() >= self._next:
            PackState(said=doing, share=min(1.0, share) * MEASURED).write(self._file)
            self._doing, self._next = doing, time.monotonic() + EVERY_SECONDS


if __name__ == "__main__":
    make(Path(sys.argv[1]))
