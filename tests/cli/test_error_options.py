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
        (
            (*COLUMNS, "--engagement-column", "how", "--engagement-map", "buy=save"),
            "(--skip-bad-rows, --engagement-map)",
        ),
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
    assert outcome.err.rstrip().endswith("cannot name a folder; choose up to 100 letters, digits, - and _")


def test_training_names_options_and_settings(command: Command, data_folder: Path, tmp_path: Path) -> None:
    train = ("train", "--data", data_folder, "--run", tmp_path / "run")
    assert command(*train, "--epochs", 0).err.rstrip().endswith("(--epochs)")
    assert command(*train, "--set", "dropout=7").err.rstrip().endswith("(--set dropout)")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").touch()
    assert command(*train, "--epochs", 1).err.rstrip().endswith("is not empty; choose another folder (--run)")


@pytest.mark.parametrize("number", ["9" * 25, f"-{'9' * 25}", str(2**31)])
@pytest.mark.parametrize("option", ["--sessions", "--seed"])
def test_a_number_that_nothing_can_hold_is_refused_at_once(command: Command, option: str, number: str) -> None:
    outcome = command("data", "make", "streamrec", option, number)
    assert outcome.code == 2
    assert option in outcome.err
    assert "range" in outcome.err


@pytest.mark.usefixtures("workspace")
def test_a_home_folder_is_found_however_the_option_is_written(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "hömé of mine"))
    for number, words in enumerate((("--out", "~/a b/0"), ("--out=~/a b/1",))):
        assert command("data", "make", "case-study", "--sessions", 20, *words).code == 0
        assert (tmp_path / "hömé of mine" / "a b" / str(number) / "dataset.json").is_file()
    described = command("data", "describe", "~/a b/1", "--json")
    assert described.code == 0


@pytest.mark.parametrize("name", ["n" * 300, "a/../../" + "x" * 300])
def test_a_name_that_is_too_long_is_named_as_such(command: Command, tmp_path: Path, name: str) -> None:
    outcome = command("data", "make", "case-study", "--sessions", 20, "--out", tmp_path / name)
    assert outcome.code == 2
    assert "the name is too long; choose a shorter one" in outcome.err


def test_a_file_is_no_pack_and_its_folder_is_asked_for(command: Command, log: Path) -> None:
    outcome = command("report", "--check", log)
    assert outcome.code == 2
    assert "choose" in outcome.err
    assert "Traceback" not in outcome.err
