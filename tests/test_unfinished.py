"""Leftovers of processes that are gone are cleared, those of living ones stay, and nothing else is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamrec_core import unfinished
from streamrec_core.unfinished import OTHER_MACHINE_SECONDS, clear_below, clear_unfinished, hidden_name

NAME = """
import sys, pathlib
from streamrec_core.unfinished import hidden_name
print(hidden_name(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


def left_by_another(target: Path, kind: str = "part") -> Path:
    """The hidden name of a process that has ended."""
    ended = subprocess.run([sys.executable, "-c", NAME, target, kind], capture_output=True, check=True, text=True)
    return Path(ended.stdout.strip())


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_leftovers_of_ended_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    gone = left_by_another(tmp_path / "card.json")
    gone.write_text("half")
    gone.with_name(f"{gone.name}-wal").write_text("half")
    left_by_another(tmp_path / "shop").mkdir()
    (tmp_path / f".older.json.{2**22 - 1}.part").write_text("as version 0.1 named them")
    living = hidden_name(tmp_path / "card.json")
    living.write_text("half")
    for name in ("mine.part", ".mine.part", ".hidden", ".a.1.partly", "a.1.part"):
        (tmp_path / name).write_text("not ours")
    clear_unfinished(tmp_path)
    assert names(tmp_path) == {living.name, "mine.part", ".mine.part", ".hidden", ".a.1.partly", "a.1.part"}


def test_a_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    living = hidden_name(tmp_path / "card.json")
    ticks = unfinished.start_ticks(os.getpid())
    assert f"-{ticks}-" in living.name
    earlier = living.with_name(living.name.replace(f"-{ticks}-", f"-{ticks - 1}-"))
    earlier.write_text("half")
    clear_unfinished(tmp_path)
    assert names(tmp_path) == set()


def test_a_process_of_another_machine_counts_as_living_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = left_by_another(tmp_path / "shop")
    part.write_text("half")
    monkeypatch.setattr(unfinished, "_machine", lambda: "0" * 6)
    clear_unfinished(tmp_path)
    assert part.exists()
    before = part.stat().st_mtime - OTHER_MACHINE_SECONDS - 9
    os.utime(part, (before, before))
    clear_unfinished(tmp_path)
    assert not part.exists()


def test_an_older_version_comes_back_only_where_nothing_stands_in_its_place(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for word in ("older", "much older"):
        aside = left_by_another(target, "old")
        aside.mkdir()
        (aside / "a.txt").write_text(word)
        clear_unfinished(tmp_path)
        assert (target / "a.txt").read_text() == "older"
        assert names(tmp_path) == {"target"}


def test_folders_below_are_cleared_to_a_depth_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    parts = [left_by_another(tmp_path / "in" / name) for name in ("a", "deep/a", "deep/deeper/a")]
    parts.append(left_by_another(tmp_path / "elsewhere" / "a"))
    for part in parts:
        part.write_text("half")
    clear_below(tmp_path / "in", 1)
    assert [part.exists() for part in parts] == [False, False, True, True]


def test_a_folder_that_is_missing_or_refused_is_left_alone(tmp_path: Path) -> None:
    clear_below(tmp_path / "missing", 2)
    (tmp_path / "file").write_text("x")
    clear_unfinished(tmp_path / "file")
    assert names(tmp_path) == {"file"}
