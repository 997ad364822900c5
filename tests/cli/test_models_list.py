"""`streamrec models list` shows each model with its data and its accuracy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streamrec_core import config
from streamrec_core.cli.main import app
from streamrec_core.models.checkpoint import read_card


def test_shipped_models_are_listed_with_their_data_and_accuracy() -> None:
    shown = CliRunner().invoke(app, ["models", "list"], env={"COLUMNS": "200"}).output
    card = read_card("streamrec-plain")
    assert "streamrec-plain" in shown
    assert f"{card.metrics['test']['hit@10']:.4f}" in shown


def test_json_names_the_folder_of_each_model() -> None:
    models = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).output)["models"]
    (lstm,) = [model for model in models if model["name"] == "streamrec-lstm"]
    assert lstm["folder"] == str(config.checkpoints_folder() / "streamrec-lstm")
    assert (lstm["model"], lstm["recipe"], lstm["data"]) == ("lstm", "plain", "streamrec")
    assert lstm["test"]["hit@10"] == read_card("streamrec-lstm").metrics["test"]["hit@10"]


def test_models_of_the_settings_file_are_listed_without_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[mine]\nmodel_from = "absent:load"\n[odd]\nmodel = 5\n')
    monkeypatch.setenv("STREAMREC_MODELS", str(file))
    listed = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).output)
    (mine,) = [model for model in listed["models"] if model["name"] == "mine"]
    assert (mine["model"], mine["recipe"], mine["folder"]) == ("foreign", "absent:load", str(tmp_path))
    assert "odd" in json.dumps(listed["damaged"])
    shown = CliRunner().invoke(app, ["models", "list"], env={"COLUMNS": "200"}).output
    assert "absent:load" in shown
    assert "--model-from NAME" in shown
