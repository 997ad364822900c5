"""`controls`: a table of every control with its floor, and the same as JSON."""

from __future__ import annotations

import re
from pathlib import Path

from streamrec_core.diagnosis.control_uses import CONTROLS
from tests.cli.conftest import Command


def test_every_control_stands_beside_its_floor(command: Command, run_path: Path) -> None:
    document = command("controls", "--run", run_path, "--sessions", 12, "--json").json()
    assert document["n_sessions"] == 12
    assert {effect["control"] for effect in document["controls"]} <= set(CONTROLS)
    hidden = document["controls"][0]
    assert hidden["unwanted_before"] > 0
    assert abs(hidden["used"]["unwanted_change"] + hidden["unwanted_before"]) < 1e-9
    output = command("controls", "--run", run_path, "--sessions", 12)
    assert output.code == 0
    for effect in document["controls"]:
        assert CONTROLS[effect["control"]].floor_words.split()[0] in output.out
    assert "percentage" in output.out  # alone, points are those of a score
    assert not re.search(r"\d points", output.out)
