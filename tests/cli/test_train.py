"""`train` as a shell calls it: JSON for machines, exit code 2 for what cannot be, a graceful end for Ctrl-C."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamrec_core.cli.train import parse_settings
from streamrec_core.errors import BadInput
from streamrec_core.training.events import StepDone
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.validation import NO_VALIDATION
from tests.cli.conftest import SETS, Command
from tests.worlds import no_validation_dataset, written

ROOT = Path(__file__).resolve().parents[2]


def test_training_ends_with_test_metrics(command: Command, data_folder: Path, tmp_path: Path) -> None:
    document = command(
        "train", "--data", data_folder, "--epochs", 1, "--seed", 3, "--run", tmp_path / "run", *SETS, "--json"
    ).json()
    assert (document["run"], document["state"], document["best_epoch"]) == (str(tmp_path / "run"), "done", 1)
    assert {"hit@10", "hit@10_interval", "ndcg@10", "mrr", "expected_hit@10", "ceiling_hit@10"} <= set(document["test"])
    assert (document["test"]["n_sessions"], document["test"]["split"]) == (12, "test")
    config = RunFolder(tmp_path / "run").config()
    assert (config.training.seed, config.training.epochs, config.architecture["width"]) == (3, 1, 16)
    assert config.data == str(data_folder)


def test_an_lstm_and_the_printed_recipe_are_trained_by_name(
    command: Command, data_folder: Path, tmp_path: Path
) -> None:
    common = ["--data", data_folder, "--epochs", 1, "--json", "--set", "width=16"]
    command("train", *common, "--model", "lstm", "--set", "hidden=8", "--run", tmp_path / "a").json()
    command("train", *common, "--recipe", "case-study", "--run", tmp_path / "b").json()
    lstm, printed = (RunFolder(tmp_path / name).config() for name in "ab")
    assert (lstm.model, lstm.architecture["hidden"]) == ("lstm", 8)
    assert (printed.recipe, printed.architecture["tied"], printed.training.positions) == ("case-study", False, "last")


def test_the_text_output_has_epochs_test_metrics_and_the_next_command(
    command: Command, data_folder: Path, tmp_path: Path
) -> None:
    output = command("train", "--data", data_folder, "--epochs", 2, "--run", tmp_path / "run", *SETS)
    assert output.code == 0
    assert "epoch 1: loss" in output.err
    assert "validation" in output.err
    assert "Hit@10" in output.err
    assert "Test of epoch" in output.out
    assert f"explain --run {tmp_path / 'run'} --session " in " ".join(output.out.split())


def test_a_run_without_validation_is_selected_by_its_training_loss(command: Command, tmp_path: Path) -> None:
    written(no_validation_dataset(), tmp_path / "bare")
    words = ("train", "--data", tmp_path / "bare", "--epochs", 1, *SETS, "--run")
    output = command(*words, tmp_path / "a")
    assert " ".join(output.err.split()).startswith(NO_VALIDATION)
    assert "no validation  best so far" in output.err
    document = command(*words, tmp_path / "b", "--json").json()
    assert (document["monitor"], document["test"]["split"]) == ("training loss", "test")


def test_a_run_without_a_folder_gets_one_in_the_workspace(command: Command, data_folder: Path, workspace: Path) -> None:
    document = command("train", "--data", data_folder, "--epochs", 1, *SETS, "--json").json()
    assert document["run"] == str(workspace / "runs" / "sixty-transformer-additive-seed42")
    again = command("train", "--data", data_folder, "--epochs", 1, *SETS, "--json")
    assert again.code == 2
    assert "is not empty; resume the run, or choose another folder" in again.err


def test_the_command_on_the_card_trains_the_same_weights(
    command: Command, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    command("train", "--data", data_folder, "--epochs", 1, "--seed", 9, "--run", first, *SETS, "--json").json()
    words = shlex.split(RunFolder(first).config().command)
    assert words[:4] == ["python", "-m", "streamrec_core", "train"]
    monkeypatch.chdir(data_folder.parent)
    command(*words[3:], "--run", second, "--json").json()
    assert (first / "best" / "weights.safetensors").read_bytes() == (
        second / "best" / "weights.safetensors"
    ).read_bytes()


def test_a_finished_run_can_be_resumed_and_stays_as_it_is(command: Command, run_path: Path) -> None:
    before = (run_path / "best" / "weights.safetensors").read_bytes()
    document = command("train", "--run", run_path, "--resume", "--json").json()
    assert (document["state"], document["best_epoch"]) == ("done", 1)
    assert (run_path / "best" / "weights.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--recipe", "ornate"], "error: unknown recipe 'ornate'; choose one of case-study, plain"),
        (["--model", "gru"], "has no gru"),
        (["--epochs", "0"], "epochs: Input should be greater than or equal to 1"),
        (["--seed", "-1"], "seed: Input should be greater than or equal to 0"),
        (["--split", "half"], "unknown split 'half'; choose one of session, leave-last-out, time"),
        (["--set", "haeds=2"], "--set 'haeds=2' is not NAME=VALUE with a known name"),
        (["--set", "heads"], "--set 'heads' is not NAME=VALUE"),
        (["--set", "width=63"], "width 63 cannot be split over 4 heads; choose a multiple of 4"),
        (["--set", "dropout=much"], "dropout: Input should be a valid number"),
        (["--model", "lstm", "--set", "heads=2"], "heads: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_trained_ends_with_exit_code_2_and_leaves_nothing(
    words: list[str], message: str, command: Command, data_folder: Path, tmp_path: Path
) -> None:
    output = command("train", "--data", data_folder, "--run", tmp_path / "run", *words)
    assert output.code == 2
    assert message in output.err
    assert output.out == ""
    assert not (tmp_path / "run").exists()


def test_missing_data_and_runs_end_with_exit_code_2(command: Command, workspace: Path) -> None:
    output = command("train", "--data", "lost")
    assert (output.code, output.err.splitlines()[0][:40]) == (2, "error: no data set 'lost'; there are str")
    output = command("train", "--resume", "--run", workspace / "lost")
    assert output.code == 2
    assert "is no run: it has no config.json" in output.err
    assert command("train", "--no-such-option").code == 2


def test_a_read_only_machine_refuses_to_train(
    command: Command, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    output = command("train", "--data", data_folder, "--run", tmp_path / "run", "--epochs", 1, *SETS)
    assert output.code == 2
    assert "STREAMREC_READ_ONLY" in output.err
    assert not (tmp_path / "run" / "last").exists()


def test_settings_are_parsed_as_numbers_words_and_switches() -> None:
    pairs = ["width=32", "dropout=0.5", "positions=sinusoidal", "tied=false", "monitor=loss"]
    assert parse_settings(pairs) == {
        "width": 32,
        "dropout": 0.5,
        "positions": "sinusoidal",
        "tied": False,
        "monitor": "loss",
    }
    with pytest.raises(BadInput, match=r"known are .*width"):
        parse_settings(["=3"])


def test_an_interrupted_training_stops_gracefully_and_can_go_on(
    command: Command, data_folder: Path, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    words = ["train", "--data", str(data_folder), "--epochs", "500", "--run", str(run.path), "--json"]
    settings = [*SETS, "--set", "batch_size=8", "--set", "patience=500"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamrec_core", *words, *settings],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        while not any(isinstance(event, StepDone) for event in run.events()):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, err
    document = json.loads(out)
    assert document["state"] == "stopped"
    status = run.status()
    assert status is not None
    assert (status.state, status.step) == ("stopped", document["step"])
    assert run.saved_state() is not None
