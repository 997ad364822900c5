"""Faults of disks and databases name the file and a way out, whoever refuses it."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from streamrec_core.disk_faults import database_fault, end_in_words, naming, with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.files import replacing, replacing_folder


def fault_of(database: sqlite3.Connection, path: Path, statement: str) -> str:
    with pytest.raises(sqlite3.Error) as caught:
        database.execute(statement)
    return str(database_fault(caught.value, path))


def test_a_full_a_read_only_and_a_damaged_database_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("PRAGMA max_page_count = 2")
        assert "the disk is full" in fault_of(database, path, "INSERT INTO t VALUES (zeroblob(100000))")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert "read-only" in fault_of(database, path, "INSERT INTO t VALUES (1)")
    detailed = sqlite3.OperationalError("attempt to write a readonly database")
    detailed.sqlite_errorcode = sqlite3.SQLITE_READONLY_DIRECTORY  # type: ignore[misc]
    assert "read-only" in str(database_fault(detailed, path))
    path.write_bytes(b"no database" * 100)
    with closing(sqlite3.connect(path)) as database:
        text = fault_of(database, path, "SELECT * FROM t")
    assert text.startswith(f"{path} cannot be used: ")
    assert "restore it from a copy" in text


def test_an_action_with_disk_faults_raises_them_in_words_and_gives_its_value(tmp_path: Path) -> None:
    @with_disk_faults
    def act(path: Path) -> int:
        return len(path.read_bytes())

    (tmp_path / "file").write_bytes(b"abc")
    assert act(tmp_path / "file") == 3
    with pytest.raises(BadInput, match="nothing cannot be used: does not exist"):
        act(tmp_path / "nothing")


def test_a_background_process_ends_with_one_line(tmp_path: Path) -> None:
    end_in_words(lambda folder: folder.exists(), tmp_path)
    with pytest.raises(SystemExit) as ended:
        end_in_words(lambda folder: (folder / "nothing").read_text(), tmp_path)
    assert ended.value.code == f"error: {tmp_path / 'nothing'} cannot be used: does not exist; check the path"


def test_a_write_that_the_disk_refuses_names_what_was_to_be_written(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for context in (naming, replacing, replacing_folder):
        with pytest.raises(OSError, match="No space") as caught, context(tmp_path / "card.json"):
            raise OSError(*full.args)
        assert caught.value.filename == str(tmp_path / "card.json")
    with pytest.raises(OSError, match="Permission") as caught, replacing_folder(tmp_path / "shop") as part:
        raise OSError(errno.EACCES, "Permission denied", str(part / "a.parquet"))
    assert caught.value.filename == str(tmp_path / "shop" / "a.parquet")
    with pytest.raises(OSError, match="No space") as caught, replacing_folder(tmp_path / "shop") as part:
        raise OSError(*full.args, "/elsewhere/source", None, str(part / "copy"))
    assert caught.value.filename == str(tmp_path / "shop" / "copy")
    with pytest.raises(OSError, match="Permission") as caught, naming(tmp_path / "card.json"):
        raise OSError(errno.EACCES, "Permission denied", "/elsewhere")
    assert caught.value.filename == "/elsewhere"
