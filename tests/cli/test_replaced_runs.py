"""`runs list` and `evaluate` beside a run of the replaced recipe: it has its line and breaks nothing."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.training.test_replaced import written_run


def test_the_list_gives_an_old_run_its_line(command: Command, workspace: Path) -> None:
    written_run("old-readable")
    said = command("runs", "list")
    assert said.code == 0
    line = "old-readable: trained with the recipe readable, which was replaced by additive; retrain with: python -m"
    assert line in said.out
    (run,) = command("runs", "list", "--json").json()["runs"]
    assert run["replaced"].endswith("/runs/old-additive")
