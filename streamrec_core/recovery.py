"""Recovery at the start of a program: what killed processes left unfinished in the workspace is cleared or done."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from streamrec_core.config import read_only, runs_folder, workspace
from streamrec_core.errors import StreamRecError
from streamrec_core.files import read_text, write_atomically
from streamrec_core.unfinished import clear_below

DEPTH = 4
"""Of the folders of the workspace: runs/NAME/history/EPOCH is the deepest that is written to."""
PARTS, JOINED = ".parts", "joined"
"""Ending of a folder of batches of explanations, and the empty file in it that says that they are in their file."""
CONFIG_FILE, CARD_FILE, WEIGHTS_FILE = "config.json", "card.json", "weights.safetensors"


def recover_workspace() -> None:
    """Clear and complete what killed processes left behind; nothing where the program is set to read only.

    Faults of the disk are left to whoever works on the files.
    """
    if read_only() or not workspace().is_dir():
        return
    clear_below(workspace(), DEPTH)
    for log in (*workspace().glob("study/*.sqlite-wal"), *workspace().glob("study/*.sqlite-shm")):
        if not log.with_name(log.name.rpartition("-")[0]).exists():  # its study was deleted
            with suppress(OSError):
                log.unlink()
    clear_joined_parts(workspace())
    for config in runs_folder().glob(f"[!.]*/{CONFIG_FILE}"):
        with suppress(StreamRecError, OSError, ValueError, RecursionError):
            settings = json.loads(read_text(config))
            if isinstance(settings, dict) and settings.get("name") != config.parent.name:
                name_run(config.parent)


def clear_joined_parts(folder: Path) -> None:
    """Remove batches of explanations beside the file that they were joined to: a process was killed in between."""
    for joined in folder.glob(f".*{PARTS}/{JOINED}"):
        if (folder / joined.parent.name[1 : -len(PARTS)]).exists():
            shutil.rmtree(joined.parent, ignore_errors=True)


def name_run(run: Path) -> None:
    """Write the name of a run's folder into its settings and on its cards.

    The settings come last: where they have the name, the cards have it too.
    """
    for card in sorted(run.glob(f"**/{CARD_FILE}")):
        with suppress(StreamRecError, ValueError, RecursionError):  # a damaged card is reported where it is used
            _set_name(card, run.name)
            (card.parent / WEIGHTS_FILE).touch()  # whoever keeps the model in memory by this stamp loads it anew
    config = run / CONFIG_FILE
    started = config.stat().st_mtime_ns
    _set_name(config, run.name)
    os.utime(config, ns=(started, started))  # lists of runs are in the order in which they started


def _set_name(path: Path, name: str) -> None:
    values: Any = json.loads(read_text(path))
    if isinstance(values, dict) and values.get("name") != name:
        write_atomically(path, json.dumps(values | {"name": name}, indent=2, ensure_ascii=False) + "\n")
