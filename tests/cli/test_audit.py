"""`audit` on a small run: misses, magnets, what-if, remedies and the list of cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data.storage import read_dataset, write_dataset
from streamrec_core.diagnosis.causes import CAUSES
from streamrec_core.diagnosis.flagged_cases import mark
from streamrec_core.diagnosis.mitigations import WAYS
from tests.cli.conftest import Command
from tests.diagnosis.planted import home_world


def test_magnets_are_told_to_machines_and_people(command: Command, run_path: Path) -> None:
    found = command("audit", "magnets", "--run", run_path, "--share", 0.2, "--sessions", 12, "--json").json()
    assert found["sessions"] == 12
    assert found["flagged"] == [item for item in found["tested"] if item["flagged"]]
    assert "magnet" in command("audit", "magnets", "--run", run_path).out
    assert command("audit", "magnets", "--run", run_path, "--sessions", 1).code == 2


def test_misses_are_told_with_their_causes(command: Command, run_path: Path) -> None:
    found = command("audit", "misses", "--run", run_path, "--top", 3, "--json").json()
    assert sum(cause["misses"] for cause in found["causes"].values()) == found["missed"] <= found["sessions"]
    ranks = [miss["rank"] for miss in found["misses"]]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) <= 3
    assert found["share_interval"][0] <= found["share"] <= found["share_interval"][1]
    assert "Likely causes" in command("audit", "misses", "--run", run_path).out
    wrong = command("audit", "misses", "--run", run_path, "--cause", "crowd")
    assert (wrong.code, "choose one of excluded" in wrong.err) == (2, True)


def test_each_condition_is_told_with_its_share_of_misses_and_of_hits(command: Command, run_path: Path) -> None:
    found = command("audit", "misses", "--run", run_path, "--split", "train", "--json").json()
    rates = {name: cause for name, cause in found["causes"].items() if name != "none"}
    assert list(rates) == list(CAUSES)
    assert found["best_list_known"] is True  # the run's data are a preset
    assert "even the best possible list misses" in rates["unpredictable"]["test"]
    hits = found["sessions"] - found["missed"]
    assert hits > 0
    for cause in rates.values():
        for side, total in (("among_misses", found["missed"]), ("among_hits", hits)):
            assert cause[side]["of"] == total
            assert cause[side]["share"] == pytest.approx(cause[side]["count"] / total)
        low, high = cause["difference_interval"]
        assert low <= cause["among_misses"]["share"] - cause["among_hits"]["share"] <= high
        assert cause["misses"] <= (cause["among_misses"]["count"] if cause["is_cause"] else 0)
    said = command("audit", "misses", "--run", run_path, "--split", "train").out
    unpredictable = rates["unpredictable"]
    for side, total in (("among_misses", found["missed"]), ("among_hits", hits)):
        assert f"{unpredictable[side]['share']:.1%} ({unpredictable[side]['count']} of {total})" in said
    assert "Not clearly more frequent among misses" in said


def test_what_if_tells_before_and_after(command: Command, run_path: Path, data_folder: Path) -> None:
    session = read_dataset(data_folder).log.session_ids[0]
    asked = ("audit", "whatif", "--run", run_path, "--session", session)
    found = command(*asked, "--edits", "remove.1_swap.1.2", "--json").json()
    assert [edit["verb"] for edit in found["edits"]] == ["remove", "swap"]
    assert len([move for move in found["moves"] if 1 <= move["rank_after"] <= 10]) == 10
    assert found["before"]["candidate"]["item_id"] == found["after"]["candidate"]["item_id"]
    for side in ("before", "after", "after_first"):
        assert found[side]["verified"].endswith(".")
    off = command(*asked, "--off", "0.1", "--json").json()
    assert off["off"] == "0.1"
    assert "hit@10" not in off
    hits = command(*asked, "--off", "0.1", "--sessions", 5, "--json").json()["hit@10"]
    assert hits["sessions"] == 5
    assert hits["change"] == pytest.approx(hits["after"] - hits["before"])
    assert "Hit@10 over 5 test sessions" in command(*asked, "--off", "0.1", "--sessions", 5).out
    assert "of the ten stay" in command(*asked, "--edits", "remove.1").out
    for wrong in ((), ("--edits", "remove.1", "--off", "0.1"), ("--edits", "vanish.1"), ("--off", "9.9")):
        assert command(*asked, *wrong).code == 2


def test_ways_out_are_measured(command: Command, run_path: Path, data_folder: Path) -> None:
    items = read_dataset(data_folder)
    row = int(np.bincount(items.log.items).argmax())  # so frequent that some test session holds it
    asked = ("audit", "ways", items.catalogue.item_ids[row], "--run", run_path, "--sessions", 4)
    found = command(*asked, "--json").json()
    assert [name for name in found if isinstance(found[name], dict)] == list(WAYS)
    assert found["as it is"]["change"] == 0.0
    assert found["left out"]["attention_on_it"] == 0.0 < found["as it is"]["attention_on_it"]
    assert 0.0 <= found["as it is"]["reason_holds"] <= 1.0
    assert "Left out at prediction" in command(*asked).out
    assert command("audit", "ways", "nowhere", "--run", run_path).code == 2


def test_a_remedy_is_a_data_set_to_train_on(command: Command, tmp_path: Path) -> None:
    write_dataset(home_world(0), tmp_path / "home")
    asked = ("audit", "remedy", "home", "--data", tmp_path / "home")
    made = command(*asked, "--how", "without", "--out", tmp_path / "without", "--json").json()
    assert made["counts"]["events"] < read_dataset(tmp_path / "home").card.counts.events
    assert "Train on it" in command(*asked, "--how", "without", "--out", tmp_path / "again").out
    already = command(*asked, "--how", "neutral", "--out", tmp_path / "neutral")
    assert (already.code, "neutral already" in already.err) == (2, True)
    assert command(*asked, "--how", "hope", "--out", tmp_path / "no").code == 2


@pytest.mark.usefixtures("workspace")
def test_marked_cases_are_listed(command: Command) -> None:
    mark("miss", "Session 7", "why", {"session": "7"})
    (found,) = command("audit", "cases", "--json").json()
    assert (found["title"], found["note"], found["link"]) == ("Session 7", "why", {"session": "7"})
    assert "Session 7" in command("audit", "cases").out
