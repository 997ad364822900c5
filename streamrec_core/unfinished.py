"""Unfinished files and folders: hidden names that tell which process writes them, and clearing up once it is gone."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import time
from contextlib import suppress
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Literal

OTHER_MACHINE_SECONDS = 24 * 3600
"""Whether a process of another machine or container lives cannot be seen; after so long without a change it counts as
gone."""
_numbers = count()
_NAME = re.compile(
    r"\.(?P<target>.+)\.((?P<machine>[0-9a-f]{6})-)?(?P<pid>\d+)(-(?P<ticks>\d+)-\d+)?"
    r"\.(?P<kind>part|old)(-wal|-shm|-journal)?"
)


def hidden_name(target: Path, kind: Literal["part", "old"] = "part") -> Path:
    """A hidden name of this process beside a file or folder.

    Parameters
    ----------
    target : Path
    kind : {"part", "old"}
        What becomes of it when this process is killed: a part is removed; an old version takes its place again where
        nothing stands there, and is removed otherwise.

    Returns
    -------
    Path
        Different at every call.
    """
    pid = os.getpid()
    return target.with_name(f".{target.name}.{_machine()}-{pid}-{_ticks(pid)}-{next(_numbers)}.{kind}")


def clear_unfinished(folder: Path) -> None:
    """Remove what processes that are gone left unfinished in a folder, and put back what they had moved aside.

    What cannot be removed, as on a read-only disk, stays.
    """
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            match = _NAME.fullmatch(entry.name) if entry.name.startswith(".") else None
            if match is None or _is_alive(match, Path(entry.path)):
                continue
            with suppress(OSError):  # another process was first
                target = folder / match["target"]
                if match["kind"] == "old" and not target.exists():
                    os.rename(entry.path, target)
                elif entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)


def clear_below(folder: Path, depth: int) -> None:
    """The same for a folder and those below it.

    Parameters
    ----------
    folder : Path
    depth : int
        Levels of folders below.
    """
    clear_unfinished(folder)
    if depth:
        with suppress(OSError):
            for entry in list(os.scandir(folder)):
                if entry.is_dir(follow_symlinks=False):
                    clear_below(Path(entry.path), depth - 1)


def start_ticks(pid: int) -> int:
    """When a process began, in clock ticks since boot; 0 where it is gone or the system does not say.

    Process id and start ticks together identify a process: an id that was used again has other ticks.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0
    has_ended = fields[0] in "ZX"  # zombie or dead: only its exit code is still there
    return 0 if has_ended else int(fields[19])


_ticks = lru_cache(maxsize=8)(start_ticks)


@lru_cache(maxsize=1)
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def _is_alive(match: re.Match[str], path: Path) -> bool:
    """Whether the process that a hidden name tells of may still write it."""
    if match["machine"] not in (None, _machine()):
        return time.time() - path.lstat().st_mtime < OTHER_MACHINE_SECONDS
    pid = int(match["pid"])
    if int(match["ticks"] or 0):
        return start_ticks(pid) == int(match["ticks"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
