"""`runs list` and `evaluate` beside a run of the replaced recipe: it has its line and breaks nothing."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.training.test_replaced import written_run


def test_the_list_has_a_note_on_a_run_of_a_replaced_architecture(command: Command, workspace: Path) -> None:
    written_run("old-readable")
    output = command("runs", "list")
    assert output.code == 0
    line = "old-readable: trained with the recipe readable, which was replaced by additive; retrain with: python -m"
    assert line in output.out
    (run,) = command("runs", "list", "--json").json()["runs"]
    assert run["replaced"].endswith("/runs/old-additive")
