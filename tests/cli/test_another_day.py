"""A model explains another day's log of its catalogue, whatever the order in which items first appear."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.data.presets import open_data
from tests.cli.conftest import SETS, Command

CASES = Path(__file__).parent.parent / "data" / "cases"
COLUMNS = ["--session-column", "session", "--item-column", "item", "--time-column", "time"]


@pytest.fixture(autouse=True)
def own_workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))


def imported(command: Command, name: str, *options: str) -> None:
    assert command("data", "import", "table", CASES / f"{name}.csv", "--name", name, *COLUMNS, *options).code == 0


def test_another_day_of_the_same_items_is_evaluated_and_explained(command: Command, tmp_path: Path) -> None:
    titled = ("--title-column", "title", "--category-column", "category")
    imported(command, "day1", *titled)
    imported(command, "day2_same", *titled)
    first, second = open_data("day1").catalogue, open_data("day2_same").catalogue
    assert first.hash != second.hash
    assert sorted(first.item_ids) == sorted(second.item_ids)
    assert command("train", "--data", "day1", "--run", tmp_path / "one", "--epochs", 1, *SETS).code == 0
    metrics = command("evaluate", "--run", tmp_path / "one", "--data", "day2_same", "--json").json()
    assert metrics["data"] == "day2_same"
    assert "unknown_items" not in metrics
    session = open_data("day2_same").log.session_ids[0]
    assert command("explain", "--run", tmp_path / "one", "--data", "day2_same", "--session", session).code == 0


def test_items_that_the_model_never_saw_are_counted_and_named(command: Command, tmp_path: Path) -> None:
    lines = (CASES / "day1.csv").read_text().splitlines(keepends=True)
    item = lines[1].split(",")[1]
    (tmp_path / "later.csv").write_text("".join(line.replace(f",{item},", ",brand-new,") for line in lines))
    imported(command, "day1")
    assert command("data", "import", "table", tmp_path / "later.csv", "--name", "later", *COLUMNS).code == 0
    assert command("train", "--data", "day1", "--run", tmp_path / "one", "--epochs", 1, *SETS).code == 0
    evaluated = command("evaluate", "--run", tmp_path / "one", "--data", "later", "--json")
    assert evaluated.json()["unknown_items"] == 1
    assert "1 of the 24 items of this data set is unknown to one (brand-new)" in evaluated.err.replace("\n", " ")


def test_a_file_with_spaces_in_its_name_needs_no_other_name(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "mein Log (ü).csv"
    path.write_bytes((CASES / "day1.csv").read_bytes())
    answer = command("data", "import", "table", path, *COLUMNS)
    assert answer.code == 0
    assert "Imported mein-Log-ü:" in answer.out
    assert command("data", "describe", "mein-Log-ü").code == 0
    folder = tmp_path / "my data"
    answer = command("data", "import", "table", path, *COLUMNS, "--out", folder)
    assert f"data describe '{folder}'" in answer.out
