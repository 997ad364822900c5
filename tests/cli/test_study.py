"""`study` on the command line: create, invite, watch, results, export, revoke, delete; and how each can be refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.study.rating import enter
from tests.cli.conftest import Command
from tests.study.test_results import planted
from tests.study.worlds import planted_study, rate, rated_study


def test_from_creation_to_results(command: Command, run_path: Path, workspace: Path) -> None:
    arms = ("--arm", "generic", "--arm", "verified")
    card = command("study", "create", "small", "--run", run_path, *arms, "--cases", 2, "--longest", 30, "--json").json()
    assert (card["name"], card["cases"], card["arms"]) == ("small", 2, ["generic", "verified"])
    places = command("study", "invite", "small", "--raters", 6, "--address", "http://here:1", "--json").json()
    assert [place["rater"] for place in places["invitations"]] == [1, 2, 3, 4, 5, 6]
    for rater, place in enumerate(places["invitations"]):
        assert place["link"] == f"http://here:1/study?code={place['code']}"
        assert enter(place["code"]).study == "small"
        rate(place["code"], rater, lambda rater, arm, case: (4 if arm == "verified" else 2 + rater % 2, case.truth))
    found = command("study", "results", "small", "--json").json()
    assert found["enough"]
    assert [arm["mean"] for arm in found["outcomes"]["trust"]["arms"]] == [2.5, 4.0]
    assert found["claim_of_the_case_study"]["attention-grounded"] == 4.2
    assert command("study", "results", "--json").json() == found  # the only study need not be named


def test_results_are_read_by_people_too(command: Command, workspace: Path) -> None:
    rated_study(8, planted)
    said = command("study", "results", "planted")
    assert "3.75 [" in said.out
    assert "First look was trusted more than Generic" in said.out
    assert "Claimed by the case study, not measured here: 4.2 against 2.8." in said.out


def test_results_fit_a_terminal_of_80_columns(
    command: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_study(8, planted)
    monkeypatch.setenv("COLUMNS", "80")
    said = command("study", "results", "planted").out
    assert max(len(line) for line in said.splitlines()) <= 80
    assert "…" not in said
    for figure in ("1.25", "Wilcoxon", "biserial", "needed"):
        assert figure in said


def test_too_few_raters_show_no_figure(command: Command, workspace: Path) -> None:
    rated_study(5, planted)
    said = command("study", "results", "planted")
    assert said.code == 0
    assert "Nothing is shown before there are 6" in said.out
    assert "3.75" not in said.out
    refused = command("study", "export", "planted", "--out", workspace / "out")
    assert refused.code == 2
    assert "results need at least 6" in refused.err
    assert not (workspace / "out").exists()


def test_export_list_revoke_delete(command: Command, workspace: Path) -> None:
    rated_study(7, planted)
    assert command("study", "export", "planted", "--out", workspace / "out").code == 0
    assert (workspace / "out" / "answers.csv").read_text().count("\n") == 29
    assert json.loads((workspace / "out" / "study.json").read_text())["raters"] == 7
    assert command("study", "revoke", "planted", 3).code == 0
    (listed,) = command("study", "list", "--json").json()
    assert [rater["revoked"] for rater in listed["raters"]] == [False, False, True, False, False, False, False]
    assert "planted" in command("study", "list").out
    kept = command("study", "delete", "planted")
    assert kept.code == 2
    assert "add --yes to delete it" in kept.err
    assert command("study", "delete", "planted", "--yes").code == 0
    assert command("study", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["results"], "name a study; there are none yet"),
        (["results", "lost"], "no study 'lost'; there are none yet"),
        (["invite", "lost"], "no study 'lost'"),
        (["create", "Bad Name"], "'Bad Name' is not a valid study name"),
        (["create", "a", "--cases", "5"], "5 cases cannot be divided evenly among 4 arms"),
        (["create", "a", "--arm", "generic", "--arm", "praise"], "unknown arm 'praise'"),
    ],
)
def test_what_cannot_be_done_ends_with_exit_code_2(
    words: list[str], message: str, command: Command, workspace: Path
) -> None:
    said = command("study", *words)
    assert said.code == 2
    assert message in said.err


def test_read_only_refuses_to_invite(command: Command, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted_study()
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    said = command("study", "invite", "planted")
    assert said.code == 2
    assert "STREAMREC_READ_ONLY" in said.err


@pytest.mark.parametrize("name", ["create", "invite", "results", "list", "export", "revoke", "delete"])
def test_each_command_has_help_with_an_example(name: str, command: Command) -> None:
    said = command("study", name, "--help")
    assert said.code == 0
    assert f"python -m streamrec_core study {name}" in " ".join(said.out.split())
