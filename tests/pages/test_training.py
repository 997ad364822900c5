"""The Training page: the form and the runs it starts, runs in every state, their comparison, refused actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.training import actions, cached, curves
from pages.training.durations import in_words
from pages.training.table import differing
from pages.ui.workbench import open_workbench
from streamrec_core.background.queue import queue_locked, queued_runs, set_queued_runs
from streamrec_core.charts import live as charts
from streamrec_core.charts.live import Rule
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import Refused
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.training import manage
from streamrec_core.training.loop import train
from streamrec_core.training.loop_state import LoopState
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Status
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.summary import list_runs
from streamrec_core.training.validation import NO_VALIDATION
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.worlds import SMALL, no_validation_dataset, written

PAGE = "training/page.py"
Begin = Callable[..., RunFolder]


@pytest.fixture
def runs(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder; no test of the page starts a process, runs get no further than the queue."""
    folder = workspace / "runs"
    folder.mkdir()
    monkeypatch.setattr(manage, "_supervise", lambda at: None)
    return folder


@pytest.fixture
def begin(world: DataSet, runs: Path, workspace: Path) -> Begin:
    """Creates a run on `tiny`, which nothing trains."""

    def begun(name: str, data: str = "tiny", kind: str = "transformer", **settings: Any) -> RunFolder:
        run = RunFolder(runs / name)
        dataset = read_dataset(workspace / "data" / data)
        shape = {"hidden": 8, "width": 8} if kind == "lstm" else SMALL
        run.begin(new_run(name, dataset, kind, "plain", {**shape, "epochs": 2, "batch_size": 16, **settings}))
        return run

    return begun


@pytest.fixture
def trained(begin: Begin, world: DataSet, workspace: Path) -> RunFolder:
    """A run of two epochs that is done."""
    run = begin("trained")
    list(train(run, read_dataset(workspace / "data" / "tiny")))
    return run


def press(visitor: AppTest, label: str) -> AppTest:
    next(button for button in visitor.main.button if button.label == label).click().run()
    assert not visitor.exception
    return visitor


def labels(visitor: AppTest) -> list[str]:
    return [button.label for button in visitor.main.button]


def test_without_a_run_the_page_explains_how_to_start_one(runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE)
    assert "No run on this data set yet" in words(visitor)
    assert "--data tiny" in visitor.code[0].value
    assert "Start training" in labels(visitor)
    assert "for all epochs" in words(visitor)
    assert "timed just now" in words(visitor)


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


def test_an_lstm_on_the_same_events_is_a_level_beside_the_run(trained: RunFolder, visit: Visit, world: DataSet) -> None:
    folder = list_checkpoints()["b-lstm"]
    card = ModelCard.read(folder / "card.json")
    card.model_copy(update={"metrics": {"validation": {"hit@10": 0.375}}}).write(folder / "card.json")
    assert len(visit(PAGE).get("vega_lite_chart")) == 2
    bench = open_workbench("tiny")
    assert cached.lstm_level(bench, world.card.split, but="") == (Rule("LSTM", 0.375),)
    assert cached.lstm_level(bench, world.card.split, but="b-lstm") == ()


def test_curves_do_not_wait_for_simple_rules_whose_lines_follow(
    trained: RunFolder, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated, drawn, caption = Event(), list[list[str]](), "their lines follow by themselves"

    def hit_curve(progress: Any, levels: Sequence[Rule], text: str) -> Any:
        drawn.append([level.name for level in levels])
        return charts.hit_curve(progress, levels, text)

    monkeypatch.setattr(curves, "hit_curve", hit_curve)
    monkeypatch.setattr(cached, "_evaluate", lambda dataset, kind: evaluated.wait(60) and (Rule("popularity", 0.25),))
    monkeypatch.setattr(curves, "PATIENCE", 0.0)
    cached._evaluation.clear()
    visitor = visit(PAGE)
    assert (drawn[-1], caption in words(visitor)) == ([], True)
    evaluated.set()
    bench = open_workbench("tiny")
    assert cached.levels(bench.dataset, trained.config().split, 60) == (Rule("popularity", 0.25),)
    visitor.run()
    assert (drawn[-1], caption in words(visitor)) == (["popularity"], False)


def test_the_page_runs_again_once_the_rules_are_known(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rerun(Exception):
        pass

    def rerun() -> None:
        raise Rerun

    monkeypatch.setattr(curves.st, "rerun", rerun)
    with pytest.raises(Rerun):
        curves._live([], [], lambda: True)
    for awaited in (None, lambda: False):
        curves._live([], [], awaited)


def test_simple_rules_that_could_not_be_evaluated_are_evaluated_again(
    trained: RunFolder, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dataset: DataSet, kind: str) -> tuple[Rule, ...]:
        raise Refused("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(cached, "_evaluate", refuse)
        cached._evaluation.clear()
        with pytest.raises(Refused, match="the disk is full"):
            cached.levels(world, world.card.split, 60)
    rules = cached.levels(world, world.card.split, 60)
    assert [rule.name for rule in rules] == ["popularity", "recent popularity", "last category", "item neighbours"]


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


def test_a_finished_run_shows_its_curves_and_metrics(trained: RunFolder, visit: Visit) -> None:
    visitor = visit(PAGE)
    figures = {metric.label: metric for metric in visitor.metric}
    summary = list_runs(trained.path.parent).runs[0]
    assert figures["Hit@10 on test"].value == f"{summary.metrics('test')['hit@10']:.1%}"
    assert " to " in figures["Hit@10 on validation"].delta
    charts = visitor.get("vega_lite_chart")
    assert len(charts) == 2
    table = visitor.dataframe[0].value
    assert table["Run"].tolist() == ["trained"]
    assert table["Hit@10, test"][0].startswith(f"{summary.metrics('test')['hit@10']:.3f} [")


def test_a_run_without_validation_says_what_chose_its_best_epoch(runs: Path, visit: Visit, workspace: Path) -> None:
    dataset = written(no_validation_dataset(name="bare"), workspace / "data" / "bare")
    run = RunFolder(runs / "blind")
    run.begin(new_run("blind", dataset, "transformer", "plain", {**SMALL, "epochs": 2, "batch_size": 16}))
    list(train(run, dataset))
    visitor = visit(PAGE, data="bare")
    figures = {metric.label: metric for metric in visitor.metric}
    assert "Hit@10 on validation" not in figures
    assert figures["Best epoch"].help == NO_VALIDATION
    assert NO_VALIDATION in [caption.value for caption in visitor.caption]
    assert len(visitor.get("vega_lite_chart")) == 1


def test_using_a_model_selects_it_on_all_pages(trained: RunFolder, visit: Visit) -> None:
    visitor = visit(PAGE)
    assert visitor.query_params["model"] == "a-transformer"
    press(visitor, "Use this model")
    assert visitor.query_params["model"] == "trained"
    assert visitor.sidebar.selectbox(key="choose_model").value == "trained"
    (link,) = visitor.get("page_link")
    assert "model=trained" in link.proto.query_string
    visitor.switch_page("overview/page.py").run()
    assert "trained" in words(visitor)


def test_a_failed_run_says_why_and_what_to_do(begin: Begin, runs: Path, visit: Visit, workspace: Path) -> None:
    run = begin("broken")
    run.set_status("failed", LoopState(step=3), f"OSError: {workspace}/runs/broken: no space left")
    (run.path / "log.txt").write_text("the disk\nis full")
    visitor = visit(PAGE)
    assert "Why it failed: OSError: runs/broken: no space left" in words(visitor).replace("*", "").replace(
        ":red[", ""
    ).replace("]", "")
    assert str(workspace) not in words(visitor)
    assert "What to do:" in words(visitor)
    assert [code.value for code in visitor.code if "the disk" in code.value] == ["the disk\nis full"]
    press(visitor, "Resume")
    assert queued_runs(runs) == ("broken",)
    press(visitor, "Remove from queue")
    assert queued_runs(runs) == ()


def test_a_killed_run_says_what_to_do(begin: Begin, visit: Visit) -> None:
    run = begin("killed")
    Status(state="running", epoch=1, step=2, pid=999_999_999, start_ticks=1).write(run.path / "status.json")
    visitor = visit(PAGE)
    assert "the process ended without a message" in words(visitor)
    assert "choose a smaller batch size" in words(visitor)


def test_an_active_run_is_shown_and_can_be_stopped(
    begin: Begin, runs: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin("going")
    monkeypatch.setattr(manage, "terminate", lambda path: True)
    run.set_status("running", LoopState())  # by this process, which is alive
    visitor = visit(PAGE)
    assert "Training now: **going**" in words(visitor)
    assert "Starting: loading data and model" in str(visitor.get("progress")[0].proto)
    assert "Rename" not in labels(visitor)
    press(visitor, "Stop")
    assert run.stop_requested()
    assert "Stopping" in " ".join(labels(visitor))


def test_the_table_shows_intervals_and_the_settings_that_differ(trained: RunFolder, begin: Begin, visit: Visit) -> None:
    begin("other", kind="lstm", seed=7)
    visitor = visit(PAGE, run="trained", beside="other,gone")
    table = visitor.dataframe[0].value
    assert table["Run"].tolist() == ["other", "trained"]
    assert table["model"].tolist() == ["lstm", "transformer"]
    assert table["seed"].tolist() == ["7", "42"]
    assert "epochs" not in table
    assert visitor.multiselect[0].value == ["other"]
    visitor.multiselect[0].set_value([]).run()
    assert "beside" not in visitor.query_params


def test_settings_differ_where_a_model_lacks_one(trained: RunFolder, begin: Begin) -> None:
    begin("other", kind="lstm")
    names = differing(list_runs(trained.path.parent).runs)
    assert {"model", "heads", "hidden", "layers"} <= set(names)
    assert not {"epochs", "seed", "recipe"} & set(names)


def test_links_to_unknown_runs_or_other_data_offer_a_way_on(
    other_world: DataSet, trained: RunFolder, visit: Visit
) -> None:
    visitor = visit(PAGE, run="gone")
    assert "Run not found" in words(visitor)
    press(visitor, "Show the runs on this data set")
    assert visitor.query_params["run"] == "trained"
    visitor = visit(PAGE, data="other", run="trained")
    assert "This run is on another data set" in words(visitor)
    (link,) = visitor.get("page_link")
    assert "data=tiny" in link.proto.query_string


def test_a_refused_action_is_reported_once(begin: Begin, visit: Visit) -> None:
    begin("run")
    visitor = visit(PAGE)
    visitor.session_state[actions.FAULT] = "run is training; stop it first"
    visitor.run()
    assert visitor.error[0].value == "run is training; stop it first"
    visitor.run()
    assert not visitor.error


def test_renaming_and_deleting_open_a_dialog_first(trained: RunFolder, runs: Path, visit: Visit) -> None:
    visitor = visit(PAGE, model="trained")
    press(visitor, "Rename")
    visitor.text_input(key="rename-to").set_value("../up")
    visitor.button(key="rename-do").click().run()
    assert "cannot be the name of a run" in visitor.error[0].value
    press(visitor, "Rename")
    visitor.text_input(key="rename-to").set_value("better")
    visitor.button(key="rename-do").click().run()
    assert (visitor.query_params["run"], visitor.query_params["model"]) == ("better", "better")
    press(visitor, "Delete")
    assert (runs / "better").exists()
    visitor.button(key="delete-do").click().run()
    assert not (runs / "better").exists()
    assert "run" not in visitor.query_params
    assert "No run on this data set yet" in words(visitor)


def test_read_only_shows_everything_and_changes_nothing(
    trained: RunFolder, begin: Begin, runs: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("resting")
    with queue_locked(runs):
        set_queued_runs(runs, ("resting",))
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    visitor = visit(PAGE, run="trained")
    assert "Training is disabled" in words(visitor)
    assert "Start training" not in labels(visitor)
    assert len(visitor.get("vega_lite_chart")) == 2
    disabled = {button.label for button in visitor.main.button if button.disabled}
    assert {"Rename", "Delete"} <= disabled
    press(visitor, "Use this model")  # a choice of this visitor changes nothing on disk
    assert visitor.query_params["model"] == "trained"


def test_a_damaged_run_is_named_and_hides_no_other(trained: RunFolder, runs: Path, visit: Visit) -> None:
    (runs / "torn").mkdir()
    (runs / "torn" / "config.json").write_text("{")
    visitor = visit(PAGE)
    assert "Run **torn** is damaged" in words(visitor)
    assert len(visitor.get("vega_lite_chart")) == 2


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
