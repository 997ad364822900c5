"""Every path and number option of every command, found in the commands: what is unusable is refused in words.

The exit code is 2, and the message names the option or what it was given.
"""

from __future__ import annotations

import inspect
import os
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from streamrec_core.cli.main import app
from streamrec_core.data.folders import named_folder
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.table import TableSettings, import_table
from tests.cli.conftest import Command
from tests.data.import_files import atomic, movielens_1m
from tests.study.worlds import planted_study

WORDS = ("folder", "file")
"""An option whose help speaks of them takes a path, also where it takes a name as well."""
NO_PATHS = ("quotes", "comment", "row_sessions", "overwrite", "browser", "history")
"""Of these the help speaks of files, but they take none; a history that names no file is one of titles."""
WRITTEN = {("train", "run"), ("report-key", "path")}
"""Options beside `--out` whose path need not be there."""
REFUSED_EARLIER = {"study export --out"}
"""Options of a command that needs more than a test has time for: the ratings of six people."""
WITH_THEM = {
    ("explain", "out"): ("--all",),
    ("explain", "sessions"): ("--all",),
    ("report", "key"): ("--check=empty folder",),
}
"""Options that mean something only beside another one."""
IN_PLACE_OF_RUN = ("checkpoint", "model_from")
ASKS_FOR_A_SESSION = ("explain", "why-not")


@dataclass(frozen=True)
class CommandOption:
    """One option or argument of one command."""

    words: tuple[str, ...]
    command: Any
    param: Any
    kind: str

    @property
    def is_option(self) -> bool:
        return bool(self.param.opts[0].startswith("--"))

    @property
    def is_name(self) -> bool:
        """Whether it names what is stored under that name."""
        return self.param.name in ("name", "new", "again", "catalogue") and "out" not in self._names

    @property
    def _names(self) -> set[str]:
        return {param.name for param in self.command.params}

    @property
    def is_written(self) -> bool:
        return self.param.name == "out" or (self.words[0], self.param.name) in WRITTEN

    def __str__(self) -> str:
        return f"{' '.join(self.words)} {self.param.opts[-1]}"

    def call(self, value: str, world: Path) -> list[str]:
        """The words of a command in which all but this option is in order."""
        usual = {
            "data": world / "sixty",
            "run": world / "run",
            "old": world / "run",
            "new": world / "run",
            "again": world / "sixty",
            "folder": world / "sixty",
            "path": world / "log.csv",
            "out": world / "out",
            "item_column": "item",
            "session_column": "session",
            "how": "neutral",
            "item": "1",
            "edits": "remove:1",
            "preset": "case-study",
            "rater": "1",
            "name": "planted" if self.words[0] == "study" and self.words != ("study", "create") else "x",
        }
        if self.words[:2] == ("data", "import") and self.param.name == "source":
            usual["again"] = "imported"
        options, arguments = list(WITH_THEM.get((self.words[0], str(self.param.name)), ())), []
        if self.words[-1] in ("movielens", "atomic"):
            usual["path"] = world / self.words[-1]
            options += ["--min-item-ratings=1"] if self.param.name != "min_item_ratings" else []
        for param in self.command.params:
            if param.name == self.param.name:
                word = value
            elif self._is_needed(param):
                word = str(usual.get(param.name, "x"))
            else:
                continue
            if param.opts[0].startswith("--"):
                options += [f"{param.opts[-1]}={word}"]
            else:
                arguments.append(word)
        if self.words[0] in ASKS_FOR_A_SESSION and "--all" not in options:
            options += ["--session=1"]
        return [*self.words, *options, *(["--", *arguments] if arguments else [])]

    def _is_needed(self, param: Any) -> bool:
        if param.name == "run":
            return self.words[0] != "train" and self.param.name not in IN_PLACE_OF_RUN
        return bool(param.required) or param.name in ("data", "again", "session_column", "edits")


def options() -> Iterator[CommandOption]:
    """Every option with what it takes: path, whole or number."""
    for words, command in commands(get_command(app)):
        hints = typing.get_type_hints(inspect.unwrap(command.callback))
        for param in command.params:
            types = {hints[param.name], *_inner(hints[param.name])}
            text = (getattr(param, "help", "") or "").lower()
            if Path in types or (str in types and any(word in text for word in WORDS) and param.name not in NO_PATHS):
                yield CommandOption(words, command, param, "path")
            elif int in types:
                yield CommandOption(words, command, param, "whole")
            elif float in types:
                yield CommandOption(words, command, param, "number")
            elif str in types:
                yield CommandOption(words, command, param, "text")


def _inner(hint: Any) -> set[Any]:
    return {part for each in typing.get_args(hint) for part in (each, *_inner(each))}


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be called, by its words."""
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from commands(child, (*words, name))
    if words and command.callback and (not children or command.invoke_without_command):
        yield words, command


OPTIONS = tuple(options())
PATHS = tuple(option for option in OPTIONS if option.kind == "path")
NUMBERS = tuple(option for option in OPTIONS if option.kind in ("whole", "number"))
NAMES = tuple(option for option in OPTIONS if option.kind == "text" and option.words != ("dashboard",))
"""Without those of the dashboard, which goes on until it is stopped."""


@pytest.fixture(scope="module")
def made(data_folder: Path, run_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set, a run, a workspace with an import and a study, and all that a path can wrongly be."""
    folder = tmp_path_factory.mktemp("options") / "a folder é"
    (folder / "workspace").mkdir(parents=True)
    (folder / "sixty").symlink_to(data_folder)
    (folder / "run").symlink_to(run_path)
    (folder / "log.csv").write_text("session,item\na,x\na,y\n")
    (folder / "empty folder").mkdir()
    (folder / "lost").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "pipe.csv")
    movielens_1m(folder / "movielens")
    atomic(folder / "atomic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMREC_WORKSPACE", str(folder / "workspace"))
        imported = import_table(folder / "log.csv", TableSettings(session_column="session", item_column="item"))
        save(imported, named_folder("imported"))
        planted_study()
    return folder


@pytest.fixture
def world(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same as working folder, home and workspace."""
    monkeypatch.chdir(made)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(made / "workspace"))
    return made


UNUSABLE = {
    "loop": "loop",
    "below a file": "log.csv/x",
    "long": "n" * 300,
    "pipe": "pipe.csv",
}
NOT_THERE = {
    "missing": "no such",
    "missing in the home folder": "~/no such é",
    "missing by its whole path": "/no such folder é/x",
    "a lost link": "lost",
}


@pytest.mark.parametrize("option", PATHS, ids=str)
def test_a_path_that_cannot_be_used_is_named(option: CommandOption, command: Command, world: Path) -> None:
    paths = UNUSABLE if option.is_written else UNUSABLE | NOT_THERE
    if option.is_written:
        paths = {kind: path for kind, path in paths.items() if kind != "pipe"}
    for kind, path in paths.items():
        outcome = command(*option.call(path, world))
        assert outcome.code == 2, (kind, outcome)
        assert outcome.out == "", kind
        words = ("nowhere", "the name is too long", *Path(os.path.expanduser(path)).parts[-2:])
        written = outcome.err.replace("\n", "")
        assert any(word in written for word in words) or str(option) in REFUSED_EARLIER, (kind, outcome.err)
        assert "Traceback" not in outcome.err, kind
        assert "error: " in outcome.err or "Usage" in outcome.err, kind


@pytest.mark.parametrize("option", [option for option in PATHS if not option.is_written], ids=str)
def test_a_folder_for_a_file_and_a_file_for_a_folder_end_in_words(
    option: CommandOption, command: Command, world: Path
) -> None:
    codes = []
    for path in ("empty folder", "log.csv"):
        outcome = command(*option.call(path, world))
        codes.append(outcome.code)
        assert outcome.code in (0, 2), outcome
        assert "Traceback" not in outcome.err
        assert (outcome.code == 2) == ("error: " in outcome.err), outcome.err
    assert 2 in codes  # no option takes both


@pytest.mark.parametrize("option", [option for option in PATHS if option.is_option], ids=str)
def test_an_empty_path_is_not_this_folder_and_a_dash_is_no_file(
    option: CommandOption, command: Command, world: Path
) -> None:
    before = sorted(world.iterdir())
    for path in ("", "-"):
        if path or Path in _inner(typing.get_type_hints(inspect.unwrap(option.command.callback))[option.param.name]):
            outcome = command(*option.call(path, world))
            assert outcome.code == 2, outcome
            assert "error: " in outcome.err
    assert sorted(world.iterdir()) == before


@pytest.mark.parametrize("option", NUMBERS, ids=str)
def test_a_number_out_of_range_is_named(option: CommandOption, command: Command, world: Path) -> None:
    numbers = ["9" * 30, f"-{'9' * 30}", "many", "", "1e5" if option.kind == "whole" else "1e999"]
    if option.kind == "number":
        numbers += ["nan", "inf", "-inf", "-1e-9"]
    for number in numbers:
        outcome = command(*option.call(number, world))
        assert outcome.code == 2, (number, outcome)
        assert "Traceback" not in outcome.err
        words = (option.param.opts[-1].strip("-").split("-")[0], "a number is out of range")
        assert any(word in outcome.err.lower() for word in words), (number, outcome.err)


@pytest.mark.parametrize("option", NAMES, ids=str)
def test_a_text_of_300_characters_ends_in_words(option: CommandOption, command: Command, world: Path) -> None:
    outcome = command(*option.call("n" * 300, world))
    assert outcome.code in (0, 2), outcome
    assert "Traceback" not in outcome.err
    assert (outcome.code == 2) == ("error: " in outcome.err), outcome.err
    assert not option.is_name or outcome.code == 2, outcome.out


def test_the_options_are_found() -> None:
    names = {str(option) for option in OPTIONS}
    assert {"report --check", "train --run", "explain --least-share", "data import table path"} <= names
    assert {option.kind for option in OPTIONS} == {"path", "whole", "number", "text"}
    assert len(PATHS) > 50
    assert len(NUMBERS) > 40
