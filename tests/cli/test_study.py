"""The `study` commands: create, invite, results, list, export, revoke and delete, and their refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.study.rating import enter
from tests.cli.conftest import Command
from tests.study.test_results import planted
from tests.study.worlds import planted_study, rate, rated_study


def test_a_study_runs_from_creation_to_results(command: Command, run_path: Path, workspace: Path) -> None:
    arms = ("--arm", "generic", "--arm", "verified")
    card = command("study", "create", "small", "--run", run_path, *arms, "--cases", 2, "--longest", 30, "--json").json()
    assert (card["name"], card["cases"], card["arms"]) == ("small", 2, ["generic", "verified"])
    invited = command("study", "invite", "small", "--raters", 6, "--address", "http://here:1", "--json").json()
    assert [invitation["rater"] for invitation in invited["invitations"]] == [1, 2, 3, 4, 5, 6]
    for rater, invitation in enumerate(invited["invitations"]):
        assert invitation["link"] == f"http://here:1/study?code={invitation['code']}"
        assert enter(invitation["code"]).study == "small"
        rate(
            invitation["code"], rater, lambda rater, arm, case: (4 if arm == "verified" else 2 + rater % 2, case.truth)
        )
    document = command("study", "results", "small", "--json").json()
    assert document["enough"]
    assert [arm["mean"] for arm in document["outcomes"]["trust"]["arms"]] == [2.5, 4.0]
    assert document["claim_of_the_case_study"]["attention-grounded"] == 4.2
    assert command("study", "results", "--json").json() == document  # the only study need not be named


def test_results_are_printed_as_tables_and_sentences(command: Command, workspace: Path) -> None:
    rated_study(8, planted)
    output = command("study", "results", "planted")
    assert "3.75 [" in output.out
    assert "First look was trusted more than Generic" in output.out
    assert "The case study claims 4.2 against 2.8; this was not measured here." in output.out


def test_results_fit_a_terminal_of_80_columns(
    command: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_study(8, planted)
    monkeypatch.setenv("COLUMNS", "80")
    output = command("study", "results", "planted").out
    assert max(len(line) for line in output.splitlines()) <= 80
    assert "…" not in output
    for figure in ("1.25", "Wilcoxon", "biserial", "needed"):
        assert figure in output


def test_no_results_are_shown_for_too_few_raters(command: Command, workspace: Path) -> None:
    rated_study(5, planted)
    output = command("study", "results", "planted")
    assert output.code == 0
    assert "results are shown from 6 on" in output.out
    assert "3.75" not in output.out
    refused = command("study", "export", "planted", "--out", workspace / "out")
    assert refused.code == 2
    assert "results need at least 6" in refused.err
    assert not (workspace / "out").exists()


def test_studies_are_exported_listed_revoked_and_deleted(command: Command, workspace: Path) -> None:
    rated_study(7, planted)
    assert command("study", "export", "planted", "--out", workspace / "out").code == 0
    assert (workspace / "out" / "answers.csv").read_text().count("\n") == 29
    assert json.loads((workspace / "out" / "study.json").read_text())["raters"] == 7
    assert command("study", "revoke", "planted", 3).code == 0
    (listed,) = command("study", "list", "--json").json()
    assert [rater["revoked"] for rater in listed["raters"]] == [False, False, True, False, False, False, False]
    assert "planted" in command("study", "list").out
    refused = command("study", "delete", "planted")
    assert refused.code == 2
    assert "add --yes to confirm" in refused.err
    assert command("study", "delete", "planted", "--yes").code == 0
    assert command("study", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["results"], "name a study: there is none yet"),
        (["results", "lost"], "no study 'lost'; there are none yet"),
        (["invite", "lost"], "no study 'lost'"),
        (["create", "Bad Name"], "'Bad Name' is not a valid study name"),
        (["create", "a", "--cases", "5"], "5 cases cannot be divided evenly among 4 arms"),
        (["create", "a", "--arm", "generic", "--arm", "praise"], "unknown arm 'praise'"),
    ],
)
def test_bad_input_ends_with_exit_code_2(words: list[str], message: str, command: Command, workspace: Path) -> None:
    output = command("study", *words)
    assert output.code == 2
    assert message in output.err


def test_a_read_only_machine_refuses_to_invite(
    command: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted_study()
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    output = command("study", "invite", "planted")
    assert output.code == 2
    assert "STREAMREC_READ_ONLY" in output.err


@pytest.mark.parametrize("name", ["create", "invite", "results", "list", "export", "revoke", "delete"])
def test_each_command_has_help_with_an_example(name: str, command: Command) -> None:
    output = command("study", name, "--help")
    assert output.code == 0
    assert f"python -m streamrec_core study {name}" in " ".join(output.out.split())
