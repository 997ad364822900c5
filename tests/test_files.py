"""Files appear whole or not at all, folders change in one step, and every fault of a disk is a sentence."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from streamrec_core import files
from streamrec_core.errors import BadInput
from streamrec_core.files import (
    disk_fault,
    file_stamp,
    read_text,
    recover_folder,
    remove_folder,
    replace_folder,
    replacing,
    replacing_folder,
    write_atomically,
)
from tests.test_unfinished import left_by_another


def filled(folder: Path, word: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(word)
    (folder / "b.txt").write_text(word)
    return folder


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_atomically(path, "a long first text")
    write_atomically(path, "é")
    assert path.read_text(encoding="utf-8") == "é"
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_after_an_error_the_older_file_stands_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_atomically(path, "old")
    with suppress(ZeroDivisionError), replacing(path) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_takes_the_place_of_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(files, "_exchanged", lambda first, second: False)
    for word in ("first", "second"):
        replace_folder(filled(tmp_path / "new", word), tmp_path / "target")
        assert {file.read_text() for file in (tmp_path / "target").iterdir()} == {word}
        assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_process_killed_anywhere_in_a_swap_leaves_one_folder_whole(tmp_path: Path, can_exchange: bool) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from streamrec_core import files
stop, folder = int(sys.argv[1]), Path(sys.argv[2])
if sys.argv[3] == "False":
    files._exchanged = lambda first, second: False
calls = 0
def counted(function):
    def call(*arguments, **named):
        global calls
        if calls == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return function(*arguments, **named)
    return call
for name in ("rename", "replace", "unlink", "rmdir", "open", "fsync"):
    setattr(os, name, counted(getattr(os, name)))
files._exchanged = counted(files._exchanged)
files.replace_folder(folder / "new", folder / "target")
"""
    kills = 0
    for stop in range(40):
        folder = tmp_path / str(stop)
        filled(folder / "target", "older")
        filled(folder / "new", "newer")
        arguments = [sys.executable, "-c", script, str(stop), str(folder), str(can_exchange)]
        ended = subprocess.run(arguments, check=False).returncode
        assert ended in (0, -signal.SIGKILL)
        recover_folder(folder / "target")
        words = {file.read_text() for file in (folder / "target").iterdir()}
        assert words in ({"older"}, {"newer"}), stop
        assert len(list((folder / "target").iterdir())) == 2
        if ended == 0:
            break
        kills += 1
    assert kills >= 5
    assert words == {"newer"}


def test_two_threads_that_write_one_file_do_not_take_each_others_part(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert path.read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_a_folder_is_filled_aside_and_an_error_leaves_the_older_one(tmp_path: Path) -> None:
    target = tmp_path / "above" / "target"
    with replacing_folder(target) as part:
        (part / "a.txt").write_text("first")
        assert not target.exists()
    with suppress(ZeroDivisionError), replacing_folder(target) as part:
        (part / "a.txt").write_text("second")
        raise ZeroDivisionError
    assert (target / "a.txt").read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_whoever_writes_clears_what_ended_processes_left_in_the_folder(tmp_path: Path) -> None:
    for number in range(3):
        left_by_another(tmp_path / f"note-{number}.txt").write_text("half")
        if number == 0:
            write_atomically(tmp_path / "note.txt", "whole")
        elif number == 1:
            with replacing_folder(tmp_path / "folder"):
                pass
        else:
            remove_folder(tmp_path / "folder")
        assert not list(tmp_path.glob(".*"))


def test_a_removed_folder_leaves_nothing(tmp_path: Path) -> None:
    remove_folder(filled(tmp_path / "target", "word"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "large").write_bytes(b"x" * 100)
    (tmp_path / "binary").write_bytes(b"ab\xff")
    for name, words in (
        ("folder", "is a folder where a file belongs"),
        ("loop", "link that leads back to itself"),
        ("large", "is larger than"),
        ("binary", "not valid UTF-8 .* at byte 2"),
        ("large/x", "a part of the path is a file"),
    ):
        with pytest.raises(BadInput, match=words) as caught:
            read_text(tmp_path / name, limit=50)
        assert name.split("/")[0] in str(caught.value)
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nothing")


def test_every_fault_of_a_disk_names_the_file_and_a_way_out() -> None:
    for number in files.WAYS_OUT:
        message = str(disk_fault(OSError(number, os.strerror(number), "/srv/a")))
        assert message.startswith("/srv/a cannot be used: ")
    assert "free some space" in str(disk_fault(OSError(errno.ENOSPC, "full")))
    assert "check the file and the disk" in str(disk_fault(OSError(errno.EBUSY, "busy", "/srv/a")))


def test_the_stamp_of_a_file_shows_a_change_whose_time_was_set_back(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(b"one")
    before, stamp = path.stat(), file_stamp(path)
    assert file_stamp(path) == stamp
    time.sleep(0.02)
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert file_stamp(path) != stamp
    assert file_stamp(tmp_path / "nothing") == (0, 0, 0, 0)
