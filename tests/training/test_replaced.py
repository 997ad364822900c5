"""Runs and models of the replaced recipe readable: still listed, with the command that trains another."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from streamrec_core import config as core_config
from streamrec_core.config import runs_folder
from streamrec_core.models.settings import LSTMSettings, TransformerSettings
from streamrec_core.training import replaced
from streamrec_core.training.replaced import is_replaced, replaced_note, retrain_command
from streamrec_core.training.summary import list_runs
from tests.worlds import ADDITIVE, SMALL

READABLE = {**SMALL, "jobs": ["last", "category", "opening", "free"], "content_limit": 1.0}


def written_run(name: str, **config: Any) -> Path:
    """A run folder as it stood before: its training settings hold those of the reading penalty."""
    reference = {"name": "tiny", "catalogue_hash": "c", "events_hash": "e", "items": 14, "categories": 2}
    run = runs_folder() / name
    run.mkdir(parents=True)
    plain = {
        "name": name,
        "model": "transformer",
        "recipe": "readable",
        "architecture": READABLE,
        "training": {"epochs": 6, "seed": 1, "reading_weight": 0.1, "reading_sessions": 8},
        "data": "/somewhere/else/tiny",
        "reference": reference,
        "split": "session",
        "command": "",
    }
    (run / "config.json").write_text(json.dumps(plain | config))
    return run


def test_what_can_be_built_is_not_replaced() -> None:
    assert is_replaced(READABLE)
    assert not is_replaced({**READABLE, **ADDITIVE})
    assert not is_replaced(TransformerSettings().model_dump())
    assert not is_replaced(LSTMSettings().model_dump())
    assert replaced_note("a", "additive", {**READABLE, **ADDITIVE}, "tiny") == ""


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("old-readable", "streamrec", "--data streamrec --run workspace/runs/old-additive"),
        ("mine", "/a/b/tiny", "--data tiny --run workspace/runs/mine-additive"),
        ("my run", "/a/two words", "--data 'two words' --run 'workspace/runs/my run-additive'"),
    ],
)
def test_the_command_names_the_data_and_a_new_folder(
    name: str, data: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMREC_WORKSPACE", raising=False)
    monkeypatch.setattr(replaced, "checkout", Path.cwd)  # also where the package is installed without one
    note = replaced_note(name, "readable", READABLE, data)
    before, _, command = note.partition("python -m streamrec_core train ")
    assert before == "trained with the recipe readable, which was replaced by additive; retrain with: "
    assert shlex.split(command) == shlex.split(words)


def test_the_folder_is_free_and_a_workspace_elsewhere_is_not_told(workspace: Path) -> None:
    written_run("old-additive")
    note = replaced_note("old-readable", "readable", READABLE, "streamrec")
    assert note.endswith('--run "$STREAMREC_WORKSPACE"/runs/old-additive-2')
    assert str(workspace) not in note


def test_old_runs_stay_listed_each_with_its_line_where_it_cannot_be_built(workspace: Path) -> None:
    written_run("old-readable")
    written_run("old-plain", recipe="plain", architecture=TransformerSettings().model_dump())
    listed = list_runs(runs_folder())
    assert listed.damaged == {}
    notes = {run.name: run.replaced for run in listed.runs}
    assert notes["old-plain"] == ""
    assert notes["old-readable"].startswith("trained with the recipe readable, which was replaced by additive;")
    assert listed.get("old-readable").config.training.seed == 1  # type: ignore[union-attr]


def test_a_setting_that_never_was_is_still_refused(workspace: Path) -> None:
    written_run("odd", training={"epochs": 6, "reading_wait": 1})
    assert "reading_wait" in str(list_runs(runs_folder()).damaged["odd"])


def test_an_installed_package_names_the_workspace_below_the_home_folder(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = workspace / "home"
    monkeypatch.delenv("STREAMREC_WORKSPACE")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    monkeypatch.setattr(core_config, "PROJECT", workspace / "site-packages")
    command = retrain_command("old-readable", "readable", "streamrec")
    assert command.endswith("--run ~/.local/share/streamrec/runs/old-additive")
