"""The files of a log that is imported: uploads of a visitor, or files and folders of this server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamrec_core.data.importers.preview import LogPreview, PreviewSettings, preview_file, preview_stream
from streamrec_core.data.importers.sources import COMPRESSED
from streamrec_core.data.jobs import Upload, safe_file_name


@dataclass(frozen=True, eq=False)
class LogSource:
    """One or several files that are one log.

    Attributes
    ----------
    uploads : sequence of uploaded files
    paths : tuple of Path
        On this server; one of the two is empty.
    item_paths : tuple of Path
        Files on this server that may hold the catalogue.
    """

    uploads: Sequence[Any] = ()
    paths: tuple[Path, ...] = ()
    item_paths: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Name of the first file."""
        return safe_file_name(self.uploads[0].name) if self.uploads else self.paths[0].name

    @property
    def stem(self) -> str:
        """Name of the first file without its endings."""
        path = Path(self.name)
        return path.with_suffix("").stem if path.suffix.lower() in COMPRESSED else path.stem

    def preview(self, settings: PreviewSettings) -> LogPreview:
        """The first rows of the first file; raises `BadInput` where it cannot be read."""
        if self.uploads:
            return preview_stream(self.uploads[0], self.name, settings)
        return preview_file(self.paths[0], settings)


def as_uploads(files: Sequence[Any], is_items: bool = False) -> list[Upload]:
    """Uploaded files as a job takes them.

    Parameters
    ----------
    files : sequence of uploaded files
    is_items : bool
        Whether they hold the catalogue.

    Returns
    -------
    list of Upload
    """
    return [Upload(file, file.name, is_items) for file in files]
