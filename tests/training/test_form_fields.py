"""The settings as a form shows them: all of them, with the recipe's defaults, limits that hold and a line of help."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.models.settings import ARCHITECTURES
from streamrec_core.training.form_fields import SIMPLE, FormField, _form_field, form_fields, model_kinds
from streamrec_core.training.new_run import new_run
from streamrec_core.training.settings import RECIPES, TrainingSettings, recipe
from tests.worlds import chain_dataset, written

PAIRS = [(name, kind) for name, kinds in RECIPES.items() for kind in kinds]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return written(chain_dataset(), tmp_path_factory.mktemp("choices") / "chain")


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_every_setting_stands_there_with_its_default_and_help(name: str, kind: str, dataset: DataSet) -> None:
    fields = {(field.part, field.name): field for field in form_fields(name, kind, dataset.card)}
    shape, trained = recipe(name, kind, dataset.card)
    defaults = {("architecture", key): value for key, value in shape.items()}
    defaults |= {("training", key): value for key, value in trained.model_dump().items()}
    assert {key: field.default for key, field in fields.items()} == defaults
    assert [key for key, field in fields.items() if not field.help.endswith(".") or len(field.help) > 130] == []
    assert {field.kind for field in fields.values()} <= {"whole", "number", "switch", "choice", "words", "text"}
    simple = [field.name for field in fields.values() if field.simple]
    assert simple == [field for field in SIMPLE if field in simple]
    assert simple[0] == "epochs"


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_what_a_form_gives_back_unchanged_is_the_recipe(name: str, kind: str, dataset: DataSet) -> None:
    every = {field.key: field.default for field in form_fields(name, kind, dataset.card)}
    filled_in, plain = (new_run("run", dataset, kind, name, overrides) for overrides in (every, {}))
    assert (filled_in.architecture, filled_in.training) == (plain.architecture, plain.training)


def test_a_name_that_both_parts_have_says_which_is_meant(dataset: DataSet) -> None:
    overrides = {"architecture.positions": "sinusoidal", "training.positions": "last"}
    config = new_run("run", dataset, "transformer", "plain", overrides)
    assert (config.architecture["positions"], config.training.positions) == ("sinusoidal", "last")
    assert "--set architecture.positions=sinusoidal" in config.command
    with pytest.raises(BadInput, match=r"say architecture\.positions or training\.positions"):
        new_run("run", dataset, "transformer", "plain", {"positions": "last"})
    with pytest.raises(BadInput, match=r"unknown settings training\.heads"):
        new_run("run", dataset, "transformer", "plain", {"training.heads": 2})


class Invented(Settings):
    """Settings that nobody has named anywhere.

    Attributes
    ----------
    depth
        How deep it goes,
        in all.
    shape
        Round or square.
    """

    depth: int = Field(3, ge=1, le=9)
    share: float | None = Field(None, gt=0, lt=1, description="A share of something.")
    shape: Literal["round", "square"] = "round"
    on: bool = True
    names: tuple[str, ...] = ("a",)
    pair: tuple[int, int] = (1, 2)


def invented(name: str) -> FormField:
    field = Invented.model_fields[name]
    return _form_field("training", name, field, field.default, Invented)


def test_a_setting_that_nobody_has_named_appears_by_itself() -> None:
    depth, share, shape = invented("depth"), invented("share"), invented("shape")
    assert (depth.kind, depth.low, depth.high, depth.help) == ("whole", 1, 9, "How deep it goes, in all.")
    assert (share.kind, share.optional, share.low, share.high) == ("number", True, 0, 1)
    assert share.help == "A share of something."
    assert (shape.kind, shape.options, shape.help) == ("choice", ("round", "square"), "Round or square.")
    assert (invented("on").kind, invented("on").help) == ("switch", "On of the training.")
    assert (invented("names").kind, invented("pair").kind) == ("words", "text")
    assert not depth.simple


def test_kinds_are_those_of_the_recipe() -> None:
    assert model_kinds("plain") == tuple(RECIPES["plain"])
    assert set(model_kinds("plain")) == set(ARCHITECTURES)
    assert not TrainingSettings.model_fields.keys() & {"heads"}
