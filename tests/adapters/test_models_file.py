"""The settings file `models.toml`: what it names, and what is wrong in it, entry by entry."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streamrec_core.adapters import list_foreign_models, open_foreign_model
from streamrec_core.config import models_file
from streamrec_core.errors import BadInput
from tests.damage import DAMAGES
from tests.worlds import catalogue_of


@pytest.fixture
def file(workspace: Path) -> Path:
    workspace.mkdir(exist_ok=True)
    return models_file()


def faults() -> dict[str, str]:
    return {name: str(error) for name, error in list_foreign_models().damaged.items()}


def test_without_a_file_there_are_none(file: Path) -> None:
    assert (dict(list_foreign_models().models), faults()) == ({}, {})


def test_paths_count_from_the_folder_of_the_file(file: Path) -> None:
    file.write_text(
        '[plain]\nmodel_from = "mine:load"\n'
        '[other]\nmodel_from = "a.b:c"\npython = "env/bin/python"\nfolder = "sub"\n'
        "start_seconds = 3\ncall_seconds = 4.5\n"
        '[named]\nmodel_from = "a:b"\npython = "python3.9"\n'
    )
    models = {name: model.settings for name, model in list_foreign_models().models.items()}
    assert list(models) == ["plain", "other", "named"]
    plain, other = models["plain"], models["other"]
    assert (plain.python, plain.folder) == (sys.executable, str(file.parent))
    assert (plain.start_seconds, plain.call_seconds) == (10.0, 30.0)
    assert (other.python, other.folder) == (str(file.parent / "env/bin/python"), str(file.parent / "sub"))
    assert (other.start_seconds, other.call_seconds) == (3.0, 4.5)
    assert models["named"].python == "python3.9"  # looked up as a shell does


def test_each_damaged_entry_is_named_and_the_others_stay(file: Path) -> None:
    file.write_text(
        'number = 5\n[good]\nmodel_from = "mine:load"\n'
        '[key]\nmodel_from = "mine:load"\npickle = "x"\n'
        '[path]\nmodel_from = "mine.py"\n[without]\n[late]\nmodel_from = "a:b"\ncall_seconds = 0\n'
        '["../up"]\nmodel_from = "a:b"\n["streamrec-lstm"]\nmodel_from = "a:b"\n'
    )
    assert list(list_foreign_models().models) == ["good"]
    messages = faults()
    assert set(messages) == {"number", "key", "path", "without", "late", "../up", "streamrec-lstm"}
    assert "[key]: pickle: Extra inputs are not permitted" in messages["key"]
    assert "[path]: model_from must be \"module:function\", got 'mine.py'" in messages["path"]
    assert "[without]: model_from: Field required" in messages["without"]
    assert "[late]: call_seconds: Input should be greater than 0" in messages["late"]
    assert "number: write a table, [number] with model_from" in messages["number"]
    assert "use letters, digits, dots, hyphens" in messages["../up"]
    assert "a shipped model or run has this name" in messages["streamrec-lstm"]
    assert all(str(file) in message for message in messages.values())


@pytest.mark.parametrize("name", sorted(set(DAMAGES) - {"empty", "lost-link"}))
def test_a_damaged_file_is_one_fault(file: Path, name: str) -> None:
    file.write_text('[mine]\nmodel_from = "mine:load"\n')
    DAMAGES[name](file)
    assert list(faults()) == ["models.toml"]
    assert not list_foreign_models().models


def test_a_file_elsewhere_is_read_again_when_it_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    monkeypatch.setenv("STREAMREC_MODELS", str(path))
    path.write_text('[a]\nmodel_from = "mine:load"\n')
    assert list(list_foreign_models().models) == ["a"]
    path.write_text('[a]\nmodel_from = "mine:load"\n[b]\nmodel_from = "mine:load"\n')
    assert list(list_foreign_models().models) == ["a", "b"]


def test_a_name_that_is_not_there_lists_those_that_are(file: Path) -> None:
    file.write_text('[mine]\nmodel_from = "mine:load"\n[bad]\n')
    with pytest.raises(BadInput, match=r"'other' is not module:function; .* or a model of the settings file: mine$"):
        open_foreign_model("other", catalogue_of())
    with pytest.raises(BadInput, match="model_from: Field required"):
        open_foreign_model("bad", catalogue_of())
