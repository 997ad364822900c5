"""Files on disk: bounded reads whose faults are put in words, and writes that appear whole and survive a power cut."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.unfinished import clear_unfinished, hidden_name

TEXT_LIMIT = 64 << 20
"""Bytes of the largest text file (card, settings, status, manifest) that is read."""
_AT_WORKING_DIRECTORY, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux

WAYS_OUT = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EFBIG: "the file would be larger than this disk or account allows; choose another folder",
    errno.EROFS: "the disk is read-only; choose another folder (--out, or STREAMREC_WORKSPACE for everything)",
    errno.EACCES: "permission denied; make it readable and writable for this account, or choose another folder",
    errno.EPERM: "permission denied; make it readable and writable for this account, or choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EISDIR: "is a folder where a file belongs; move it away",
    errno.EEXIST: "is in the way; move it away or choose another name",
    errno.ELOOP: "is a link that leads back to itself; remove it",
    errno.ENOENT: "does not exist; check the path",
    errno.EMFILE: "too many files are open; close some programs and try again",
    errno.EIO: "the disk reports a fault; check it, and restore from a copy",
}
"""By error number, what the system refuses and what to do."""


def disk_fault(error: OSError) -> BadInput:
    """The fault of a file or disk as an error that names the file and the way out.

    Examples
    --------
    >>> str(disk_fault(OSError(errno.ENOSPC, "No space left on device", "/srv/runs/may")))
    '/srv/runs/may cannot be used: the disk is full; free some space and try again'
    """
    reason = WAYS_OUT.get(error.errno or 0) or f"{error.strerror or error}; check the file and the disk"
    name = error.filename2 or error.filename
    if not isinstance(name, str | bytes | os.PathLike) or not name:
        return BadInput(f"a file cannot be used: {reason}")
    return BadInput(f"cannot be used: {reason}", path=Path(os.fsdecode(name)))


def read_bytes(path: Path, limit: int = TEXT_LIMIT) -> bytes:
    """The content of a small file.

    Parameters
    ----------
    path : Path
    limit : int
        Bytes that are read at most.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        There is none.
    BadInput
        It cannot be read, is larger than the limit, or is a pipe or device, which need not end.
    """
    try:
        if stat.S_ISFIFO(mode := path.stat().st_mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise BadInput("is a pipe or device and no file; put the file in its place", path=path)
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise
    except ValueError:  # a zero byte in the name
        raise BadInput("cannot name a file; check the path", path=path) from None
    except OSError as error:
        raise BadInput(disk_fault(error).message, path=path) from None
    if len(content) > limit:
        raise BadInput(f"is larger than {limit >> 20} MB, which no such file is; restore or remove it", path=path)
    return content


def read_text(path: Path, limit: int = TEXT_LIMIT) -> str:
    """The text of a small file.

    Parameters
    ----------
    path : Path
    limit : int
        Bytes that are read at most.

    Returns
    -------
    str

    Raises
    ------
    FileNotFoundError
        There is none.
    BadInput
        It cannot be read, is larger than the limit, or is not UTF-8.
    """
    content = read_bytes(path, limit)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"is not valid UTF-8 ({error.reason} at byte {error.start}); restore it", path=path) from None


def file_stamp(path: Path) -> tuple[int, int, int, int]:
    """Changes whenever a file does: size, times of the last change of content and of status, inode; zeros without one.

    The time of the last change of content can be set back by whoever changed it, the other cannot.
    """
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def faults_of(paths: Mapping[str, Path], read: Callable[[Path], object]) -> dict[str, StreamRecError]:
    """Which of many stored things cannot be read, and why.

    Parameters
    ----------
    paths : mapping of str to Path
        By name.
    read : callable
        Reads one; raises `StreamRecError` or `OSError` where it is damaged.

    Returns
    -------
    dict of str to StreamRecError
        By name, of the damaged ones only.
    """
    faults: dict[str, StreamRecError] = {}
    for name, path in paths.items():
        try:
            read(path)
        except StreamRecError as error:
            faults[name] = error
        except OSError as error:
            faults[name] = disk_fault(error)
    return faults


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Within this block a file is written beside its place; at the end it takes that place, and is on the disk.

    After an error nothing has changed. What killed processes left unfinished in the folder is removed.

    Yields
    ------
    Path
        Where to write.
    """
    clear_unfinished(path.parent)
    part = hidden_name(path)
    try:
        yield part
        _sync(part)
        os.replace(part, path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        _name_target(error, part, path)
        raise
    sync_folder(path.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """The same for a folder: it is filled beside its place and takes that place, with all that is in it, at the end.

    Yields
    ------
    Path
        An empty folder to fill.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    clear_unfinished(target.parent)
    part = hidden_name(target)
    try:
        part.mkdir()
        yield part
        replace_folder(part, target)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        _name_target(error, part, target)
        raise


def _name_target(error: BaseException, part: Path, target: Path) -> None:
    """Let a fault name what was to be written, and not its hidden part; a write names no file at all."""
    if isinstance(error, OSError):
        error.filename = os.fsdecode(error.filename2 or error.filename or part).replace(str(part), str(target))
        error.filename2 = None


def write_atomically(path: Path, text: str) -> None:
    """Write a text file whole or not at all, so that no reader sees half of it and no power cut loses it.

    Parameters
    ----------
    path : Path
    text : str
        Stored as UTF-8.
    """
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def replace_folder(new: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one, in one step where the system can exchange two names.

    Elsewhere a crash may leave the older one aside; `recover_folder` puts it back.

    Parameters
    ----------
    new : Path
        On the same disk.
    target : Path
    """
    for file in new.rglob("*"):
        _sync(file)
    if not target.exists():
        new.rename(target)
    elif _exchanged(new, target):
        shutil.rmtree(new, ignore_errors=True)
    else:
        old = hidden_name(target, "old")
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)


def recover_folder(target: Path) -> None:
    """Put back the older folder where a crash in `replace_folder` left nothing in its place."""
    if not target.exists():
        clear_unfinished(target.parent)


def remove_folder(target: Path) -> None:
    """Remove a folder: it disappears at once, and its files after it.

    Raises
    ------
    OSError
        It cannot be removed; nothing has changed then.
    """
    clear_unfinished(target.parent)
    gone = hidden_name(target)
    target.rename(gone)
    sync_folder(target.parent)
    shutil.rmtree(gone, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; systems that cannot are left alone."""
    with suppress(OSError):
        _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchanged(first: Path, second: Path) -> bool:
    """Whether the system exchanged two names in one step (renameat2 of Linux)."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    return bool(renameat2(_AT_WORKING_DIRECTORY, names[0], _AT_WORKING_DIRECTORY, names[1], _EXCHANGE) == 0)
