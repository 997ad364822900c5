"""The `faithfulness` command: tables as text, one document as JSON."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, read_report
from streamrec_core.explain.shares import read_shares
from streamrec_core.models.checkpoint import read_card
from tests.cli.conftest import Command


def test_a_run_is_measured_and_the_report_is_stored_beside_its_card(command: Command, run_path: Path) -> None:
    document = command("faithfulness", "--run", run_path, "--sessions", 4, "--write", "--json").json()
    explained, nulls = document.pop("explanations"), document.pop("nulls")
    report = FaithfulnessReport.parse(document, "the command")
    assert report.subject.weights_sha256 == read_card(run_path / "best").weights_sha256
    assert (report.settings.sessions, report.failing.n) == (4, 4)
    assert read_report(run_path / "best") == report
    assert {"attention_mean", "integrated_gradients", "removal", "random"} <= {
        explainer.name for explainer in report.explainers
    }
    counted = read_shares(run_path / "best")
    assert counted is not None
    assert counted.shares.as_plain() == explained
    assert (counted.weights_sha256, counted.shares.failed.n) == (report.subject.weights_sha256, 4)
    assert sum(explained[name]["share"] for name in ("failed", "verified")) == 1
    assert set(nulls) == {"ours", "random_reason", "random_title", "shuffled", "untrained"}
    assert all(0 <= share["verified"] <= 1 and share["n"] == nulls["ours"]["n"] for share in nulls.values())
    assert counted.nulls is not None
    assert counted.nulls.model_dump(mode="json") == nulls
    assert counted.removal_fit is not None
    assert counted.removal_fit.n == 4


def test_the_text_output_starts_with_the_share_of_failing_explanations(command: Command, run_path: Path) -> None:
    output = command(
        "faithfulness", "--checkpoint", run_path / "best", "--data", run_path.parent / "sixty", "--sessions", 3
    )
    assert output.code == 0, output.err
    failing, _, wrong_first = " ".join(output.out.split()).partition("no reason was confirmed.")
    assert "of 3 explanations failed their check" in failing
    assert "attention, mean of all heads puts the wrong event first in" in wrong_first
    assert "this model, random reasons" in output.out
    for words in ("rollout", "random", "adversarial"):
        assert words in output.out


def test_a_setting_out_of_range_ends_with_exit_code_2(command: Command, run_path: Path) -> None:
    output = command("faithfulness", "--run", run_path, "--epsilon", 0)
    assert output.code == 2
    assert "epsilon" in output.err
