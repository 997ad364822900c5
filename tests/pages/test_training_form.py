"""The form of the Training page: its fields, what a link and a reload keep of them, the runs it starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pages.training.durations import in_words
from pages.training.field_widgets import _rows
from streamrec_core.background.queue import queued_runs
from streamrec_core.training.form_fields import FormField
from streamrec_core.training.run_folder import RunFolder
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.training_visits import PAGE, labels, press


def test_without_a_run_the_page_explains_how_to_start_one(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    assert "No run on this data set yet" in words(visitor)
    assert "--data tiny" in visitor.code[0].value
    assert "Start training" in labels(visitor)
    assert "for all epochs" in words(visitor)
    assert "timed just now" in words(visitor)


def test_a_switch_has_a_row_of_its_own_and_all_else_stands_in_pairs() -> None:
    kinds = ("whole", "number", "switch", "text", "switch", "switch", "whole", "whole", "whole")
    fields = [FormField(str(at), "training", kind, None, "") for at, kind in enumerate(kinds)]
    assert ["".join(field.name for field in row) for row in _rows(fields)] == ["01", "2", "3", "4", "5", "67", "8"]


def test_the_form_starts_a_run_with_its_settings_and_shows_it(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    fields = {field.label: field for field in visitor.number_input}
    assert {"Epochs", "Learning rate", "Batch size", "Layers", "Heads", "Width", "Dropout", "Seed"} <= set(fields)
    fields["Epochs"].set_value(3).run()
    {field.label: field for field in visitor.number_input}["Width"].set_value(32).run()
    press(visitor, "Start training")
    run = RunFolder(runs / "tiny-transformer-additive")
    config = run.config()
    assert (config.training.epochs, config.architecture["width"], config.architecture["heads"]) == (3, 32, 4)
    assert queued_runs(runs) == ("tiny-transformer-additive",)
    assert visitor.query_params["run"] == "tiny-transformer-additive"
    assert "queued, position 1" in words(visitor)
    assert "You can close this page; it will start anyway" in visitor.info[0].value
    assert "Queue training" in labels(visitor)
    press(visitor, "Queue training")
    assert queued_runs(runs) == ("tiny-transformer-additive", "tiny-transformer-additive-2")


def test_a_reload_shows_the_same_form(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.selectbox(key="recipe").select("plain").run()
    {field.label: field for field in visitor.number_input}["Epochs"].set_value(3).run()
    {field.label: field for field in visitor.number_input}["Width"].set_value(32).run()
    form = visitor.query_params["form"]
    assert json.loads(form) == {"recipe": "plain", "epochs": 3, "transformer.width": 32}
    again = visit(PAGE, form=form)  # another session of the browser
    assert again.selectbox(key="recipe").value == "plain"
    fields = {field.label: field.value for field in again.number_input}
    assert (fields["Epochs"], fields["Width"]) == (3, 32)
    assert again.query_params["form"] == form
    again.selectbox(key="recipe").select("additive").run()
    assert "form" not in again.query_params
    assert {field.label: field.value for field in again.number_input}["Epochs"] != 3


@pytest.mark.parametrize("form", ["{", "[1]", '{"recipe":"gone","epochs":-5,"transformer.width":"wide"}'])
def test_a_form_that_cannot_be_read_shows_the_defaults(runs: Path, visit: Visit, form: str) -> None:
    plain = {field.label: field.value for field in visit(PAGE).number_input}
    assert {field.label: field.value for field in visit(PAGE, form=form).number_input} == plain


def test_a_field_edited_just_before_the_button_counts(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    {field.label: field for field in visitor.number_input}["Epochs"].set_value(3)  # and no run of the page
    press(visitor, "Start training")
    assert RunFolder(runs / "tiny-transformer-additive").config().training.epochs == 3


def test_an_invalid_setting_is_reported_before_the_start(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    {field.label: field for field in visitor.number_input}["Width"].set_value(63).run()
    assert "width 63 cannot be split over 4 heads; choose a multiple of 4" in words(visitor)
    assert next(button for button in visitor.main.button if button.label == "Start training").disabled
    assert list(runs.iterdir()) == []


def test_a_pair_is_two_runs_on_the_same_split_shown_beside_each_other(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.session_state["kind-additive"] = "both"
    visitor.run()
    {field.label: field for field in visitor.number_input}["Epochs"].set_value(4).run()
    press(visitor, "Start both")
    names = ("tiny-transformer-additive", "tiny-lstm-additive")
    assert queued_runs(runs) == names
    configs = [RunFolder(runs / name).config() for name in names]
    assert [config.model for config in configs] == ["transformer", "lstm"]
    assert len({(config.split, config.training.seed, config.training.epochs) for config in configs}) == 1
    assert (visitor.query_params["run"], visitor.query_params["beside"]) == names


def test_recipes_offer_only_the_models_they_have(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.selectbox(key="recipe").select("case-study").run()
    press(visitor, "Start training")
    assert RunFolder(runs / "tiny-transformer-case-study").config().architecture["tied"] is False


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "less than a second"),
        (40.4, "40 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3_000, "50 min"),
        (7_800, "2 h 10 min"),
        (7_200, "2 h"),
    ],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert in_words(seconds) == text
