"""`evaluate` and `compare`: figures under the names that scripts rely on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from streamrec_core.attribution.faithfulness.record import REPORT_FILE
from streamrec_core.data.presets import make
from streamrec_core.data.splits import split
from streamrec_core.data.storage import read_dataset
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS
from streamrec_core.evaluation.beyond_accuracy.measures import LIST_MEASURES
from streamrec_core.evaluation.ideal_observer import ideal_expected_hits
from streamrec_core.explain.shares import SHARES_FILE, CountedShares
from streamrec_core.models.checkpoint import read_card
from tests.cli.conftest import Command

NAMES = {
    "hit@10",
    "hit@10_interval",
    "ndcg@10",
    "ndcg@10_interval",
    "mrr",
    "mrr_interval",
    "n_sessions",
    "split",
    "expected_hit@10",
    "ceiling_hit@10",
}


def test_evaluating_a_run_on_its_data_gives_the_metrics_of_its_card(command: Command, run_path: Path) -> None:
    document = command("evaluate", "--run", run_path, "--json").json()
    assert set(document) >= NAMES
    assert (document["n_sessions"], document["split"], document["split_kind"]) == (12, "test", "session")
    assert 0.2 < document["ceiling_hit@10"] < 0.6
    card = read_card(run_path / "best").metrics["test"]
    assert {name: document[name] for name in NAMES} == {name: card[name] for name in NAMES}


def test_the_checkpoint_of_a_run_gives_the_same_metrics(command: Command, run_path: Path, data_folder: Path) -> None:
    by_run = command("evaluate", "--run", run_path, "--json").json()
    by_checkpoint = command("evaluate", "--checkpoint", run_path / "best", "--data", data_folder, "--json").json()
    assert by_run == by_checkpoint


def test_other_parts_and_other_data_of_the_same_catalogue_can_be_evaluated(
    command: Command, run_path: Path, tmp_path: Path
) -> None:
    assert command("evaluate", "--run", run_path, "--split", "validation", "--json").json()["n_sessions"] == 5
    assert command("evaluate", "--run", run_path, "--split", "train", "--json").json()["n_sessions"] == 43
    make("streamrec", 50, seed=8, folder=tmp_path / "other")
    document = command("evaluate", "--run", run_path, "--data", tmp_path / "other", "--json").json()
    assert document["n_sessions"] == 10


@pytest.fixture
def alone(run_path: Path, data_folder: Path, tmp_path: Path) -> tuple[object, ...]:
    """A copy of the checkpoint beside which nothing was measured, as words of a command."""
    shutil.copytree(run_path / "best", tmp_path / "best", ignore=shutil.ignore_patterns(SHARES_FILE, REPORT_FILE))
    return "--checkpoint", tmp_path / "best", "--data", data_folder


def test_two_kinds_of_precomputed_failures_are_shown(
    command: Command, alone: tuple[object, ...], tmp_path: Path
) -> None:
    assert not {"explanations", "wrong_first_event"} & set(command("evaluate", *alone, "--json").json())
    written = command("faithfulness", *alone, "--sessions", 4, "--write", "--json").json()
    document = command("evaluate", *alone, "--json").json()
    assert document["explanations"] == written["explanations"]
    assert document["nulls"] == written["nulls"]
    assert document["wrong_first_event"] == {"explainer": "attention_mean", **written["failing"]}
    output = command("evaluate", *alone).out
    assert "explanation failed its check (of 4)" in output
    assert "verified reason: this model, random reasons" in " ".join(output.split())
    assert "attention puts the wrong event first (of 4)" in output
    assert "explanations" not in command("evaluate", *alone, "--split", "train", "--json").json()
    other = CountedShares.read(tmp_path / "best" / SHARES_FILE).model_copy(update={"weights_sha256": "0" * 64})
    other.write(tmp_path / "best" / SHARES_FILE)
    assert "explanations" not in command("evaluate", *alone, "--json").json()


def test_the_share_of_failing_explanations_is_measured_on_request(command: Command, run_path: Path) -> None:
    document = command("evaluate", "--run", run_path, "--explanations", 6, "--json").json()["explanations"]
    parts = [document[name]["share"] for name in ("failed", "verified")]
    assert sum(parts) == pytest.approx(1)
    assert {document[name]["n"] for name in ("failed", "verified", "warned")} == {6}
    output = command("evaluate", "--run", run_path, "--explanations", 6)
    assert "explanation failed its check (of 6)" in output.out


def test_the_text_output_is_a_table_with_intervals(command: Command, run_path: Path) -> None:
    output = command("evaluate", "--run", run_path)
    assert output.code == 0
    assert "run on 12 test sessions of streamrec-60" in output.out
    for name in ("hit@10", "ndcg@10", "mrr", "expected_hit@10", "ceiling_hit@10"):
        assert name in output.out


def test_lists_are_measured_beyond_accuracy_beside_their_floors(command: Command, run_path: Path) -> None:
    document = command("evaluate", "--run", run_path, "--exposure-by", "item", "--json").json()
    measured = document["beyond_accuracy"]
    assert list(measured["floors"]) == list(FLOORS)
    for name in LIST_MEASURES:
        low, high = measured[f"{name}_interval"]
        assert low <= measured[name] <= high
    floors = measured["floors"]
    assert floors["popularity lists"]["coverage"] < floors["random lists"]["coverage"]
    assert document["exposure"]["by"] == "item"
    assert sum(group["lists"] for group in document["exposure"]["groups"]) == pytest.approx(1)
    output = command("evaluate", "--run", run_path).out
    assert "Serendipity" in output
    assert "Exposure by category" in output


def test_a_column_that_the_catalogue_lacks_is_refused_with_those_it_has(command: Command, run_path: Path) -> None:
    output = command("evaluate", "--run", run_path, "--exposure-by", "studio")
    assert output.code == 2
    assert "no column 'studio'; choose one of item, category" in output.err
    assert "--exposure-by" in output.err


def test_models_are_compared_with_baselines_and_the_ceiling(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    document = command("compare", "--data", data_folder, "--run", run_path, "--json").json()
    names = [row["model"] for row in document["models"]]
    assert names == ["popularity", "recent popularity", "last category", "item neighbours", "sequential rules", "run"]
    assert {row["n_sessions"] for row in document["models"]} == {12}
    assert document["ceiling_hit@10"] == document["models"][0]["ceiling_hit@10"]
    evaluated = command("evaluate", "--run", run_path, "--json").json()
    assert document["models"][-1]["expected_hit@10"] == evaluated["expected_hit@10"]
    output = command("compare", "--data", data_folder, "--checkpoint", run_path / "best")
    assert output.code == 0
    assert "item neighbours" in output.out
    assert "ceiling" in output.out
    assert "Pearson" in output.out


def test_explanations_of_trained_models_are_compared_with_removal(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    compare = ("compare", "--data", data_folder, "--run", run_path)
    document = command(*compare, "--faithfulness", 8, "--json").json()
    by_model = {row["model"]: row.get("faithfulness") for row in document["models"]}
    assert [model for model, figures in by_model.items() if figures] == ["run"]
    figures = by_model["run"]
    floors = {"random", "last event", "guess: every event alike", "value, weights shuffled"}
    assert set(figures) > {"value", "attention", "single drops", "masked in place (cap)", *floors}
    assert set(figures["value"]) == {"r2", "pearson", "tau", "same_first"}
    # A fit to some removals predicts others of the same model, even of a hardly trained one.
    assert figures["value"]["r2"] > figures["random"]["r2"]
    assert figures["value"]["tau"] > figures["random"]["tau"]
    output = command(*compare, "--faithfulness", 8).out
    assert "8 test sessions" in output
    assert f"{figures['value']['tau']:.2f}" in output
    without = command(*compare, "--faithfulness", 0, "--json").json()
    assert all("faithfulness" not in row for row in without["models"])


def test_the_bound_of_an_ideal_observer_is_beside_the_ceiling(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    bare = ("compare", "--run", run_path, "--faithfulness", 0)
    document = command(*bare, "--data", data_folder, "--json").json()
    expected = ideal_expected_hits(read_dataset(data_folder), split(read_dataset(data_folder)).test)
    assert document["ideal_hit@10"] == pytest.approx(expected.mean())
    assert document["ideal_hit@10"] <= document["ceiling_hit@10"]
    assert f"{expected.mean():.4f}" in command(*bare, "--data", data_folder).out
    shutil.copytree(data_folder, tmp_path / "untold")
    for file in (tmp_path / "untold").glob("truth*.parquet"):
        file.unlink()
    command("data", "accept", tmp_path / "untold")
    assert "ideal_hit@10" not in command(*bare, "--data", tmp_path / "untold", "--json").json()
    assert "ideal observer" not in command(*bare, "--data", tmp_path / "untold").out


def test_the_shipped_models_of_the_catalogue_are_compared_by_default(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "fits").symlink_to(run_path / "best")
    other = tmp_path / "shipped" / "other"
    other.mkdir()
    card = json.loads((run_path / "best" / "card.json").read_text())
    card["data"]["catalogue_hash"] = "0" * 64
    (other / "card.json").write_text(json.dumps({**card, "name": "stranger"}))
    monkeypatch.setenv("STREAMREC_CHECKPOINTS", str(tmp_path / "shipped"))
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "empty"))
    document = command("compare", "--data", data_folder, "--json").json()
    assert [row["model"] for row in document["models"]][5:] == ["run"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["evaluate", "--run", "RUN", "--checkpoint", "RUN/best"],
            "give either --run or --checkpoint, not both",
        ),
        (["evaluate", "--run", "DATA"], "is no run: it has no config.json"),
        (["evaluate", "--checkpoint", "DATA"], "is not a checkpoint: it has no card.json"),
        (["evaluate", "--run", "RUN", "--split", "all"], "no part 'all' in a split; choose train, validation or test"),
        (["compare", "--data", "DATA", "--split", "all"], "no part 'all' in a split"),
        (["compare", "--data", "lost"], "no data set 'lost'"),
        (["evaluate", "--run", "RUN", "--data", "CASE"], "learned the catalogue of streamrec-60"),
    ],
)
def test_what_cannot_be_evaluated_ends_with_exit_code_2(
    words: list[str], message: str, command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    if "CASE" in words:
        make("case-study", 20, folder=tmp_path / "case")
    paths = {"RUN": run_path, "RUN/best": run_path / "best", "DATA": data_folder, "CASE": tmp_path / "case"}
    output = command(*(paths.get(word, word) for word in words))
    assert output.code == 2
    assert output.err.splitlines()[-1].startswith("error: ")
    assert message in output.err
    assert output.out == ""


def test_a_run_without_a_finished_epoch_says_so(command: Command, run_path: Path, tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "config.json").write_bytes((run_path / "config.json").read_bytes())
    output = command("evaluate", "--run", tmp_path / "begun")
    assert output.code == 2
    assert "has no finished epoch yet; wait for one, or resume it with --resume" in output.err


@pytest.mark.parametrize("name", ["train", "evaluate", "compare", "explain"])
def test_each_command_has_help_with_an_example(name: str, command: Command) -> None:
    output = command(name, "--help")
    assert output.code == 0
    assert f"python -m streamrec_core {name}" in " ".join(output.out.split())
    assert "--json" in output.out
