"""`diff` and `--thresholds`: exit codes, what is refused, and a model of another library."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

QUICK = ("--explanations", 2, "--weighed", 0, "--no-sinks")
SCORER = """
import numpy as np
from pathlib import Path
import pyarrow.parquet as pq

class Last:
    item_ids = pq.read_table({catalogue!r})["item_id"].to_pylist()
    def score(self, histories):
        return np.tile(np.arange(len(self.item_ids), dtype=float), (len(histories), 1))

def load(): return Last()
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text("lists_changed = 0.1\nhit_at_10_drop = 0.05\n")
    return path


def test_a_model_beside_itself_passes(command: Command, run_path: Path, data_folder: Path, gate: Path) -> None:
    words = ("diff", run_path, run_path / "best", "--data", data_folder, "--thresholds", gate, *QUICK)
    document = command(*words, "--json").json()
    assert [each["outcome"] for each in document["thresholds"]["judged"]] == ["met", "met"]
    assert document["measured"]["lists_changed"] == {"value": 0.0, "interval": [0.0, 0.0], "n": 12}
    output = command(*words)
    assert output.code == 0
    assert "✓ met" in output.out
    assert "percentage" in output.out  # alone, points are those of a score
    assert not re.search(r"\d points", output.out)


def test_another_model_fails_and_the_exit_code_says_so(
    command: Command, run_path: Path, data_folder: Path, gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other_for_diff.py").write_text(SCORER.format(catalogue=str(data_folder / "catalogue.parquet")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    words = ("diff", run_path, "other_for_diff:load", "--data", data_folder, "--thresholds", gate, *QUICK)
    output = command(*words)
    assert output.code == 1
    assert "✗ not met" in output.out
    assert command(*words, "--json").code == 1


def test_a_threshold_for_what_is_not_measured_is_refused_before_anything_is(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "gate.toml").write_text("new_attention_sinks = 0\n")
    output = command("diff", run_path, run_path, "--data", data_folder, "--thresholds", tmp_path / "gate.toml", *QUICK)
    assert output.code == 2
    assert "a threshold needs sinks, which are not measured; add --sinks" in output.err


def test_evaluate_judges_one_model_and_names_what_needs_two(command: Command, run_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("coverage = 0.001\nexplanations_failed = 1\nhit_at_10_drop = 0.01\n")
    words = ("evaluate", "--run", run_path, "--thresholds", path, "--explanations", 4)
    document = command(*words, "--json").json()
    assert [each["outcome"] for each in document["thresholds"]["judged"]] == ["met", "met"]
    assert document["thresholds"]["judged"][1]["test"] == "95% Wilson interval over sessions"
    assert document["thresholds"]["not_judged"] == ["hit_at_10_drop"]
    output = command(*words)
    assert "Not compared: hit_at_10_drop; these compare two models" in output.out
    path.write_text("coverage = 1\n")
    assert command(*words).code == 1
    path.write_text("coverige = 1\n")
    refused = command(*words)
    assert refused.code == 2
    assert "known are hit_at_10" in refused.err


def test_an_interval_that_straddles_leaves_a_threshold_undecided(
    command: Command, run_path: Path, tmp_path: Path
) -> None:
    measured = command("evaluate", "--run", run_path, "--json").json()
    path = tmp_path / "gate.json"
    path.write_text(f'{{"mrr": {sum(measured["mrr_interval"]) / 2}}}')
    output = command("evaluate", "--run", run_path, "--thresholds", path)
    assert output.code == 3
    assert "? not decided" in output.out
