"""Runs on the Training page: their state, curves, comparison, renaming and deletion."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.training import actions
from pages.training.table import differing
from streamrec_core.background.queue import queue_locked, queued_runs, set_queued_runs
from streamrec_core.data.dataset import DataSet
from streamrec_core.training import manage
from streamrec_core.training.loop import train
from streamrec_core.training.loop_state import LoopState
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Status
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.summary import list_runs
from streamrec_core.training.validation import NO_VALIDATION
from tests.pages.conftest import Begin, Visit
from tests.pages.test_overview import words
from tests.pages.training_visits import PAGE, labels, press
from tests.worlds import SMALL, no_validation_dataset, written


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
