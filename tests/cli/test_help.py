"""`--help` answers without loading a model's libraries, and names every choice there is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from streamrec_core.cli.main import app
from streamrec_core.diagnosis.causes import NAMES
from streamrec_core.diagnosis.mitigations import RETRAINING_DATA
from streamrec_core.study.arms import ARMS
from streamrec_core.training.settings import RECIPES

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "pandas", "plotly", "streamlit", "scipy", "pyarrow", "captum", "numpy", "duckdb")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


HELP_OF_ALL = f"""
import os, sys
os.environ["TYPER_USE_RICH"] = "0"
from typer.testing import CliRunner
from streamrec_core.cli.main import app
for words in {list(commands(get_command(app)))!r}:
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0, (words, shown.output)
    assert "Usage" in shown.output, words
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_help_of_every_command_loads_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", HELP_OF_ALL], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (("audit", "misses"), tuple(NAMES)),
        (("audit", "mitigated-data"), tuple(RETRAINING_DATA)),
        (("study", "create"), tuple(ARMS)),
        (("train",), tuple(RECIPES)),
    ],
)
def test_help_names_every_choice(words: tuple[str, ...], choices: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "400", "TERMINAL_WIDTH": "400"}).output
    assert [choice for choice in choices if choice not in shown] == []
