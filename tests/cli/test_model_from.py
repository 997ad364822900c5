"""`--model-from module:function` stands wherever a checkpoint does; what such a model lacks is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from streamrec_core import load_model, write_report
from streamrec_core.adapters.worker_process import workers
from streamrec_core.data.presets import make
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import BadInput
from tests.cli.conftest import Command

SOURCE = '''
import numpy as np
from streamrec_core.data.synthetic.sessions import streamrec_catalogue

IDS = [item for item in streamrec_catalogue().item_ids][:-5]

class Follows:
    """The next item in the catalogue scores highest, the older the event the less."""

    name = "follows"
    item_ids = IDS

    def score(self, histories):
        scores = np.zeros((len(histories), len(IDS)))
        for row, history in enumerate(histories):
            for age, item in enumerate(reversed(history)):
                scores[row, (IDS.index(item) + 1) % len(IDS)] += 8 / 1.3**age
        return scores

def load():
    return Follows()

def attending():
    import torch
    from torch import nn
    from streamrec_core.adapters import from_torch

    class Small(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.items = nn.Embedding(len(IDS) + 1, 8)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, ids):
            states = self.items(ids)
            return self.attention(states, states, states, need_weights=False)[0] @ self.items.weight.T

    return from_torch(Small().eval(), IDS, max_events=20)

def training():
    scorer = attending()
    scorer.module.train()
    scorer.module.attention.dropout = 0.5
    return scorer

def broken():
    class Broken(Follows):
        def score(self, histories):
            return super().score(histories)[:, :3]
    return Broken()
'''


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "foreign_for_cli.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "foreign_for_cli", raising=False)
    return "foreign_for_cli:load"


def test_a_foreign_model_is_evaluated_and_what_it_lacks_is_said(command: Command, spec: str, data_folder: Path) -> None:
    output = command("evaluate", "--model-from", spec, "--data", data_folder, "--json")
    document = output.json()
    assert document["model"] == "follows"
    assert document["unknown_items"] == 5
    assert "5 of the" in output.err
    assert "no torch module: attention, heads and gradients are not available" in output.err


@pytest.mark.parametrize(("function", "floors"), [("load", set()), ("attending", {"shuffled"})])
def test_its_explanations_stand_beside_their_floors(
    command: Command, spec: str, data_folder: Path, function: str, floors: set[str]
) -> None:
    model = ("--model-from", spec.replace(":load", f":{function}"), "--data", data_folder)
    document = command("evaluate", *model, "--explanations", "3", "--json").json()
    assert document["explanations"]["failed"]["n"] == 3
    counted = {name for name, share in document["nulls"].items() if share is not None}
    assert {"ours", "random_reason"} | floors <= counted
    assert "shuffled" in floors or not {"shuffled", "untrained"} & counted


def test_a_foreign_model_is_explained_by_removal(command: Command, spec: str, data_folder: Path) -> None:
    document = command("explain", "--model-from", spec, "--data", data_folder, "--session", "17", "--json").json()
    values = [event["removal"] for event in document["evidence"]]
    assert values.index(max(values)) == len(values) - 1  # the last event counts most, by construction
    assert document["heads"] == []


def test_it_stands_beside_others_in_compare(command: Command, spec: str, data_folder: Path, run_path: Path) -> None:
    words = ("--model-from", spec, "--run", run_path, "--data", data_folder, "--faithfulness", "5", "--json")
    document = command("compare", *words).json()
    assert {"follows", "run"} <= {row["model"] for row in document["models"]}


def test_many_sessions_a_study_audits_and_faithfulness(
    command: Command, spec: str, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))
    model = ("--model-from", spec, "--data", data_folder)
    out = tmp_path / "all.jsonl"
    assert command("explain", *model, "--all", "--out", out, "--sessions", "2").code == 0
    assert len(out.read_text().splitlines()) == 2
    assert command("faithfulness", *model, "--sessions", "3", "--json").json()["swaps"] == {}
    assert "no folder to write to" in command("faithfulness", *model, "--write").err
    make("streamrec", 200, folder=tmp_path / "more")
    model = ("--model-from", spec, "--data", tmp_path / "more")
    arms = ("--arm", "generic", "--arm", "verified", "--cases", "2", "--longest", "30")
    assert command("study", "create", "foreign", *model, *arms, "--json").json()["cases"] == 2


def test_its_report_says_where_it_comes_from(command: Command, spec: str, data_folder: Path, tmp_path: Path) -> None:
    sizes = ("--weighed", "20", "--looked-at", "20", "--explained", "20")
    pack = tmp_path / "pack"
    output = command("report", "--model-from", spec, "--data", data_folder, "--out", pack, "--no-pdf", *sizes, "--json")
    assert output.code == 0, output.err
    text = next(pack.glob("*.html")).read_text()
    assert "loaded from foreign_for_cli:load" in text
    assert "an LSTM" not in text
    assert command("report", "--check", pack).code == 0


def test_a_name_of_the_settings_file_stands_for_the_function(
    command: Command, spec: str, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.toml").write_text(f'[mine]\nmodel_from = "{spec}"\nstart_seconds = 60\n')
    monkeypatch.setenv("STREAMREC_MODELS", str(tmp_path / "models.toml"))
    here = command("evaluate", "--model-from", spec, "--data", data_folder, "--json").json()
    there = command("evaluate", "--model-from", "mine", "--data", data_folder, "--json").json()
    workers.close()
    assert there.pop("model") == "mine"
    assert here.pop("model") == "follows"
    assert here == there


def test_the_heads_of_a_torch_module_are_explained_and_reported(
    command: Command, spec: str, data_folder: Path, tmp_path: Path
) -> None:
    model = ("--model-from", spec.replace("load", "attending"), "--data", data_folder)
    document = command("explain", *model, "--session", "17", "--json").json()
    assert [(head["layer"], head["head"]) for head in document["heads"]] == [(0, 0), (0, 1)]
    assert all(0 < head["special_share"] < 1 for head in document["heads"])  # it attends to its padding
    assert "lies on padding, MASK" in document["attention_note"]
    shown = command("explain", *model, "--session", "17")
    assert "on no event" in shown.out
    sizes = ("--weighed", "20", "--looked-at", "20", "--explained", "4")
    pack = tmp_path / "pack"
    output = command("report", *model, "--out", pack, "--no-pdf", *sizes, "--json")
    assert output.code == 0, output.err
    assert "of the attention lies on padding, MASK" in next(pack.glob("*.html")).read_text()


def test_the_check_sees_the_mode_in_which_a_module_was_handed_over(
    command: Command, spec: str, data_folder: Path
) -> None:
    def mode(function: str) -> str:
        model = ("--model-from", spec.replace("load", function), "--data", data_folder)
        findings = json.loads(command("check", *model, "--json").out)["findings"]
        return next(finding["level"] for finding in findings if finding["check"] == "evaluation mode")

    assert mode("attending") == "ok"
    assert mode("training") in ("warning", "fault")


def test_python_takes_the_same_name(spec: str, data_folder: Path, tmp_path: Path) -> None:
    dataset = read_dataset(data_folder)
    assert load_model(spec, dataset).name == "follows"
    with pytest.raises(BadInput, match="does not say which data it learned from"):
        write_report(spec, folder=tmp_path / "pack", pdf=False)
    sizes = {"weighed": 20, "looked_at": 20, "explained": 20}
    pack = write_report(spec, str(data_folder), tmp_path / "pack", pdf=False, **sizes)
    assert "loaded from foreign_for_cli:load" in next(pack.folder.glob("*.html")).read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model-from", "foreign_for_cli:broken"), r"returned shape (2, 3) for 2 histories and"),
        (("--model-from", "foreign_for_cli:load", "--run", "x"), "give one of --run, --checkpoint and --model-from"),
        (("--model-from", "nowhere_at_all:load"), "there is no module 'nowhere_at_all'"),
    ],
)
@pytest.mark.usefixtures("spec")
def test_faults_end_with_one_line(command: Command, data_folder: Path, words: tuple[str, ...], message: str) -> None:
    output = command("evaluate", *words, "--data", data_folder)
    assert output.code == 2
    assert message in output.err


def test_the_data_must_be_named(command: Command, spec: str) -> None:
    output = command("evaluate", "--model-from", spec)
    assert output.code == 2
    assert "--model-from needs --data" in output.err
