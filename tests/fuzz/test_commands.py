"""Commands with any options: exit code 0, 1 or 2, words, and nothing left in the folder they were called in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from typer.main import get_command

from streamrec_core.cli.main import app
from tests.cli.conftest import Command, command  # noqa: F401
from tests.cli.test_every_option import commands
from tests.fuzz.cases import INTERNAL, contents, counted, fuzz
from tests.fuzz.values import TEXTS

ENDLESS = {("dashboard",)}
"""They serve until they are stopped."""
CALLED = {" ".join(words): called for words, called in commands(get_command(app)) if words not in ENDLESS}
WORDS = [text for text in TEXTS if "\0" not in text and "\ud800" not in text]
SERVICE = re.compile(r"lock$|audit|^workspace/\w+$")
"""Locks, the audit log, and empty folders of the workspace are not what a command makes."""
NOWHERE = "/no such folder"
MADE_AT_ONCE = ("preset", "data", "run", "path", "name", "out")
"""What these name is nowhere, so that no command begins to work."""


@some.composite
def calls(draw: some.DrawFn) -> list[str]:
    """A command with its required arguments and a few options, all but in order."""
    name = draw(some.sampled_from(sorted(CALLED)))
    options, arguments = [], []
    for param in CALLED[name].params:
        needed = param.required or param.name in MADE_AT_ONCE
        if not needed and draw(some.integers(0, 5)):
            continue
        value = NOWHERE if param.name in MADE_AT_ONCE else draw(some.sampled_from(WORDS))
        if not param.opts[0].startswith("--"):
            arguments.append(value)
        elif _is_flag(param):
            options.append(param.opts[-1])
        else:
            options.append(f"{param.opts[-1]}={value}")
    return [*name.split(), *options, *(["--", *arguments] if arguments else [])]


def _is_flag(param: Any) -> bool:
    kind = getattr(param, "type_descriptor", None) or getattr(param, "type", None)
    return "bool" in str(getattr(kind, "annotation", "")) or bool(getattr(param, "is_flag", False))


@settings(parent=fuzz("commands"), suppress_health_check=list(HealthCheck))
@given(words=calls())
def test_any_words(words: list[str], command: Command, workspace: Path, tmp_path: Path) -> None:  # noqa: F811
    with counted("commands"):
        before = contents(tmp_path)
        outcome = command(*words)
        assert outcome.code in (0, 1, 2), outcome
        assert not INTERNAL.search(outcome.err), outcome.err
        words_said = "error: " in outcome.err or "Usage" in outcome.err + outcome.out
        assert outcome.code != 2 or words_said, outcome
        if outcome.code == 2:
            assert [name for name in contents(tmp_path) if name not in before and not SERVICE.search(name)] == []
