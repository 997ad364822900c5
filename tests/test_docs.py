"""README.md and BENCHMARKS.md say what is true: the map, the commands, the figures, the pictures."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from benchmarks import explanation_tables
from benchmarks.planted_tables import pairs_table, planted_table
from benchmarks.tables import differences, full_table, nulls_table, read_nulls, read_results, short_table
from streamrec_core.cli.main import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"python -m streamrec_core ([a-z].*)", README + BENCHMARKS)))


def mapped_folders() -> set[str]:
    """Paths of the README's map, indented two spaces a level."""
    block = README.split("## The map")[1].split("```")[1]
    folders, above = set(), []
    for line in block.strip("\n").splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        above = [*above[:level], line.split()[0]]
        folders.add("/".join(above))
    return folders


def test_the_map_names_what_is_there() -> None:
    for path in mapped_folders():
        assert (ROOT / path).exists(), f"{path} stands in the map of the README but not on disk"


def test_the_map_leaves_no_folder_out() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {Path(path).parts[0] for path in tracked if "/" in path and not path.startswith(".")}
    folders |= {
        "/".join(Path(path).parts[:2]) for path in tracked if path.startswith("streamrec_core/") and path.count("/") > 1
    }
    assert folders <= mapped_folders()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_docs_can_be_read(command: str) -> None:
    words = [word for word in shlex.split(command, comments=True) if word != "..."]
    group = get_command(app)
    context = typer.Context(group)
    while hasattr(group, "commands") and words:
        name, *words = words
        assert name in group.commands, f"no command {name}"
        group = group.commands[name]
    group.make_context(str(group.name), words, parent=context)


def test_the_notebook_lines_of_the_readme_run() -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.startswith(("Recommended because of", "Based on your viewing history")), run.stderr


def test_the_tables_are_those_of_the_stored_results() -> None:
    tables = read_results()["tables"]
    assert short_table(tables) in README
    assert differences(tables) in BENCHMARKS
    for table in tables:
        assert full_table(table) in BENCHMARKS


def test_the_tables_of_explanations_are_those_of_the_stored_results() -> None:
    tables = explanation_tables.read_results()
    assert explanation_tables.goal_table(tables) in README
    assert explanation_tables.goal_table(tables) in BENCHMARKS
    for table in tables:
        assert explanation_tables.full_table(table) in BENCHMARKS


def test_the_table_of_planted_effects_is_that_of_the_stored_results() -> None:
    assert planted_table() in BENCHMARKS
    assert pairs_table() in BENCHMARKS


def test_what_noise_gets_is_what_was_counted_of_the_shipped_models() -> None:
    assert nulls_table(read_nulls()) in README
    assert nulls_table(read_nulls()) in BENCHMARKS


def test_pictures_and_links_lead_somewhere() -> None:
    for text in (README, BENCHMARKS):
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert link.startswith("http") or (ROOT / link).is_file(), link
