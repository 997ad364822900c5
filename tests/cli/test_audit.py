"""The `audit` commands on a small run: misses, attention sinks, what-if, mitigations and flagged cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data.storage import read_dataset, write_dataset
from streamrec_core.diagnosis.causes import CAUSES
from streamrec_core.diagnosis.flagged_cases import flag_case
from streamrec_core.diagnosis.mitigations import MITIGATIONS
from tests.cli.conftest import Command
from tests.diagnosis.planted import home_world


def test_attention_sinks_are_printed_as_json_and_as_a_table(command: Command, run_path: Path) -> None:
    options = ("--run", run_path, "--share", 0.2, "--sessions", 12, "--json")
    document = command("audit", "sinks", *options).json()
    assert document["sessions"] == 12
    assert document["flagged"] == [item for item in document["tested"] if item["flagged"]]
    assert command("audit", "magnets", *options).json() == document  # the older name
    assert "attention sink" in command("audit", "sinks", "--run", run_path).out
    assert command("audit", "sinks", "--run", run_path, "--sessions", 1).code == 2


def test_misses_are_listed_with_their_causes(command: Command, run_path: Path) -> None:
    document = command("audit", "misses", "--run", run_path, "--top", 3, "--json").json()
    assert sum(cause["misses"] for cause in document["causes"].values()) == document["missed"] <= document["sessions"]
    ranks = [miss["rank"] for miss in document["misses"]]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) <= 3
    assert document["share_interval"][0] <= document["share"] <= document["share_interval"][1]
    assert "Likely causes" in command("audit", "misses", "--run", run_path).out
    wrong = command("audit", "misses", "--run", run_path, "--cause", "crowd")
    assert (wrong.code, "choose one of excluded" in wrong.err) == (2, True)


def test_each_condition_has_its_share_of_misses_and_of_hits(command: Command, run_path: Path) -> None:
    document = command("audit", "misses", "--run", run_path, "--split", "train", "--json").json()
    rates = {name: cause for name, cause in document["causes"].items() if name != "none"}
    assert list(rates) == list(CAUSES)
    assert document["best_list_known"] is True  # the run's data are a preset
    assert "even the best possible list misses" in rates["unpredictable"]["test"]
    hits = document["sessions"] - document["missed"]
    assert hits > 0
    for cause in rates.values():
        for side, total in (("among_misses", document["missed"]), ("among_hits", hits)):
            assert cause[side]["of"] == total
            assert cause[side]["share"] == pytest.approx(cause[side]["count"] / total)
        low, high = cause["difference_interval"]
        assert low <= cause["among_misses"]["share"] - cause["among_hits"]["share"] <= high
        assert cause["misses"] <= (cause["among_misses"]["count"] if cause["is_cause"] else 0)
    output = command("audit", "misses", "--run", run_path, "--split", "train").out
    unpredictable = rates["unpredictable"]
    for side, total in (("among_misses", document["missed"]), ("among_hits", hits)):
        assert f"{unpredictable[side]['share']:.1%} ({unpredictable[side]['count']} of {total})" in output
    assert "not clearly more frequent in misses" in output


def test_what_if_compares_before_and_after(command: Command, run_path: Path, data_folder: Path) -> None:
    session = read_dataset(data_folder).log.session_ids[0]
    arguments = ("audit", "whatif", "--run", run_path, "--session", session)
    document = command(*arguments, "--edits", "remove.1_swap.1.2", "--json").json()
    assert [edit["verb"] for edit in document["edits"]] == ["remove", "swap"]
    assert len([move for move in document["moves"] if 1 <= move["rank_after"] <= 10]) == 10
    assert document["before"]["candidate"]["item_id"] == document["after"]["candidate"]["item_id"]
    for side in ("before", "after", "after_first"):
        assert document[side]["verified"].endswith(".")
    off = command(*arguments, "--off", "0.1", "--json").json()
    assert off["off"] == "0.1"
    assert "hit@10" not in off
    hits = command(*arguments, "--off", "0.1", "--sessions", 5, "--json").json()["hit@10"]
    assert hits["sessions"] == 5
    assert hits["change"] == pytest.approx(hits["after"] - hits["before"])
    assert "Hit@10 on 5 test sessions" in command(*arguments, "--off", "0.1", "--sessions", 5).out
    assert "of the ten stay" in command(*arguments, "--edits", "remove.1").out
    for wrong in ((), ("--edits", "remove.1", "--off", "0.1"), ("--edits", "vanish.1"), ("--off", "9.9")):
        assert command(*arguments, *wrong).code == 2


def test_mitigations_are_measured(command: Command, run_path: Path, data_folder: Path) -> None:
    items = read_dataset(data_folder)
    row = int(np.bincount(items.log.items).argmax())  # so frequent that some test session contains it
    arguments = ("audit", "mitigations", items.catalogue.item_ids[row], "--run", run_path, "--sessions", 4)
    document = command(*arguments, "--json").json()
    assert [name for name in document if isinstance(document[name], dict)] == list(MITIGATIONS)
    assert document["as it is"]["change"] == 0.0
    assert document["left out"]["attention_on_it"] == 0.0 < document["as it is"]["attention_on_it"]
    assert 0.0 <= document["as it is"]["reason_holds"] <= 1.0
    assert "Left out at prediction" in command(*arguments).out
    assert command("audit", "ways", *arguments[2:], "--json").json() == document  # the older name
    assert command("audit", "mitigations", "nowhere", "--run", run_path).code == 2


def test_mitigated_data_can_be_trained_on(command: Command, tmp_path: Path) -> None:
    write_dataset(home_world(0), tmp_path / "home")
    arguments = ("audit", "mitigated-data", "home", "--data", tmp_path / "home")
    made = command(*arguments, "--how", "without", "--out", tmp_path / "without", "--json").json()
    assert made["counts"]["events"] < read_dataset(tmp_path / "home").card.counts.events
    assert "Train on it" in command(*arguments, "--how", "without", "--out", tmp_path / "again").out
    already = command(*arguments, "--how", "neutral", "--out", tmp_path / "neutral")
    assert (already.code, "already neutral" in already.err) == (2, True)
    assert command("audit", "remedy", *arguments[2:], "--how", "without", "--out", tmp_path / "older").code == 0
    assert command(*arguments, "--how", "hope", "--out", tmp_path / "no").code == 2


@pytest.mark.usefixtures("workspace")
def test_flagged_cases_are_listed(command: Command) -> None:
    flag_case("miss", "Session 7", "why", {"session": "7"})
    (case,) = command("audit", "cases", "--json").json()
    assert (case["title"], case["note"], case["link"]) == ("Session 7", "why", {"session": "7"})
    assert "Session 7" in command("audit", "cases").out
