"""The `check` command: findings as text and JSON, and exit codes for CI."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from streamrec_core.diagnosis.model_check.run import CHECKS
from streamrec_core.training.run_folder import RunFolder
from tests.cli.conftest import Command


def test_findings_are_printed_and_a_fault_is_exit_code_one(command: Command, run_path: Path) -> None:
    done = command("check", "--run", run_path, "--json")
    document = json.loads(done.out)
    assert [finding["check"] for finding in document["findings"]] == [*CHECKS, "checkpoint loads"]
    levels = [finding["level"] for finding in document["findings"]]
    assert (document["faults"], document["warnings"]) == (levels.count("fault"), levels.count("warning"))
    assert done.code == (1 if document["faults"] else 0)
    assert document["settings"]["sessions"] == 500
    text = command("check", "--run", run_path).out
    assert re.search(r"Checked in \d+ s\.", text)
    for finding in document["findings"]:
        assert f"{finding['check']}: {finding['text']}" in text
        assert not finding["way_out"] or f"-> {finding['way_out']}" in text


def test_weights_that_do_not_load_are_a_fault(command: Command, run_path: Path, tmp_path: Path) -> None:
    shutil.copytree(RunFolder(run_path).best, tmp_path / "broken")
    weights = tmp_path / "broken" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    data = RunFolder(run_path).config().data
    done = command("check", "--checkpoint", tmp_path / "broken", "--data", data, "--json")
    document = json.loads(done.out)
    assert (done.code, document["faults"]) == (1, 1)
    assert document["findings"][-1]["check"] == "checkpoint loads"
    assert "is not what the card describes" in document["findings"][-1]["text"]
    assert {finding["level"] for finding in document["findings"][:-1]} == {"not checked"}


def test_bad_use_is_exit_code_two(command: Command, run_path: Path) -> None:
    for wrong in (("--run", "nowhere"), ("--run", run_path, "--sessions", 3), ("--checkpoint", "nowhere")):
        done = command("check", *wrong)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")


SOURCE = """
import numpy as np
from streamrec_core.data.synthetic.sessions import streamrec_catalogue

IDS = list(streamrec_catalogue().item_ids)

class LosesFirst:
    name, item_ids = "loses the first event", IDS

    def score(self, histories):
        scores = np.random.default_rng(0).random((1, len(IDS))) + np.zeros((len(histories), 1))
        for row, history in enumerate(histories):
            for age, item in enumerate(reversed(history[1:])):
                scores[row, (IDS.index(item) * 7) % len(IDS)] += 3 / 1.3**age
        return scores

    def load(self):
        raise TypeError("weights_only")

def load():
    return LosesFirst()
"""


def test_a_model_of_another_library_is_checked(
    command: Command, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model_to_check.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    done = command("check", "--model-from", "model_to_check:load", "--data", data_folder, "--json")
    findings = {finding["check"]: finding for finding in json.loads(done.out)["findings"]}
    assert done.code == 1
    assert findings["every event is read"]["evidence"]["never_read"] == ["the first event"]
    assert "TypeError: weights_only" in findings["checkpoint loads"]["text"]
    assert findings["deterministic"]["level"] == findings["same in a batch"]["level"] == "ok"
    assert command("check", "--model-from", "model_to_check:load").code == 2
