"""Data set folders in the workspace: valid names, their location, deletion, and where imports may read."""

from __future__ import annotations

import re
from pathlib import Path

from streamrec_core.audit_log import record
from streamrec_core.config import data_folder, import_folders
from streamrec_core.data.presets import PRESETS
from streamrec_core.data.storage import CARD_FILE
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.files import remove_folder
from streamrec_core.permissions import require_permission

NAME = re.compile(r"[\w-][\w.-]{0,99}")
SHOWN = 60
"""Characters of a name that a message quotes."""


def named_folder(name: str) -> Path:
    """Folder of the data set with this name, which need not be there.

    Raises
    ------
    BadInput
        The name is that of a preset, or cannot name a folder.
    """
    if name in PRESETS:
        raise BadInput(f"{name!r} is the name of a preset; choose another", fields=["name", "out"], value=name)
    if not NAME.fullmatch(name):
        shown = repr(name if len(name) <= SHOWN else f"{name[:SHOWN]}…")
        message = f"{shown} cannot name a folder; choose up to 100 letters, digits, - and _"
        raise BadInput(message, fields=["name", "out"], value=name)
    return data_folder() / name


@with_disk_faults
def delete_data(name: str) -> None:
    """Delete a data set of the workspace: it disappears at once, and its files after it.

    Raises
    ------
    BadInput
        There is no such data set, or it is a preset, which would be made again on its next use.
    Refused
        The program is set to read only.
    """
    require_permission("deleting a data set")
    if name in PRESETS:
        raise BadInput(f"{name!r} is a preset and always there; only data sets that were made or imported are deleted")
    folder = named_folder(name)
    if not (folder / CARD_FILE).is_file():
        raise BadInput(f"has no data set {name!r}; nothing was deleted", path=data_folder(), value=name)
    record("delete data", name)
    if folder.is_symlink():
        folder.unlink()
        return
    remove_folder(folder)


def allowed_source(path: Path) -> Path:
    """The path without links, if it lies in one of the folders that imports may read.

    Raises
    ------
    BadInput
        It lies elsewhere, or is not there.
    """
    real = path.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in import_folders()):
        message = "is outside the folders that imports may read; name its folder in STREAMREC_IMPORTS"
        raise BadInput(message, path=path)
    if not real.exists():
        raise BadInput("is missing; check the path", path=path)
    return real
