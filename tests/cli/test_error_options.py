"""The command line names the options that fix an error: those of the command that was called, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

LOG = "sid,item,how\na,x,view\na,y,click\nb,x\n"
TABLE = ("data", "import", "table")
COLUMNS = ("--item-column", "item", "--session-column", "sid")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    return tmp_path / "log.csv"


@pytest.mark.parametrize(
    ("options", "options_named"),
    [
        (COLUMNS, "(--skip-bad-rows)"),
        ((*COLUMNS, "--engagement-column", "how"), "(--skip-bad-rows, --engagement-map)"),
        ((*COLUMNS, "--encoding", "klingon"), "(--encoding)"),
        ((*COLUMNS, "--delimiter", '"'), "(--delimiter)"),
        (("--item-column", "item"), "(--session-column, --user-column)"),
        (("--item-column", "what", "--session-column", "sid"), "(--item-column)"),
        ((*COLUMNS, "--skip-bad-rows", "--name", "streamrec"), "(--name, --out)"),
        ((*COLUMNS, "--max-events", -1), "(--max-events)"),
    ],
)
@pytest.mark.usefixtures("workspace")
def test_an_import_names_its_options(
    command: Command, log: Path, options: tuple[object, ...], options_named: str
) -> None:
    outcome = command(*TABLE, log, *options)
    assert outcome.code == 2
    assert outcome.err.rstrip().endswith(options_named)


def test_a_folder_in_use_names_the_option_that_overwrites_it(command: Command, tmp_path: Path) -> None:
    make = ("data", "make", "case-study", "--sessions", 20, "--out", tmp_path / "set")
    assert command(*make).code == 0
    assert command(*make).err.rstrip().endswith("choose another folder or overwrite it (--out, --overwrite)")
    assert command("data", "make", "case-study", "--sessions", 3).err.rstrip().endswith("make 10 or more (--sessions)")


@pytest.mark.usefixtures("workspace")
def test_a_command_names_no_option_that_it_does_not_have(command: Command) -> None:
    outcome = command("data", "delete", "a b", "--yes")
    assert outcome.err.rstrip().endswith("cannot name a folder; choose letters, digits, - and _")


def test_training_names_options_and_settings(command: Command, data_folder: Path, tmp_path: Path) -> None:
    train = ("train", "--data", data_folder, "--run", tmp_path / "run")
    assert command(*train, "--epochs", 0).err.rstrip().endswith("(--epochs)")
    assert command(*train, "--set", "dropout=7").err.rstrip().endswith("(--set dropout)")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").touch()
    assert command(*train, "--epochs", 1).err.rstrip().endswith("is not empty; choose another folder (--run)")
