"""`report`: a pack by one command, the same twice, and one that was tampered with told apart."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.report.pack import check_pack
from tests.cli.conftest import Command

SMALL = ("--weighed", 20, "--looked-at", 5, "--explained", 2, "--no-pdf")


def test_a_pack_is_made_checked_and_made_again_the_same(command: Command, run_path: Path, tmp_path: Path) -> None:
    words = ("report", "--run", run_path, "--sessions", "3,5", *SMALL)
    found = command(*words, "--out", tmp_path / "one", "--json").json()
    assert found["folder"] == str(tmp_path / "one")
    assert found["settings"]["sessions"] == ["3", "5"]
    assert "--sessions 3 --sessions 5" in found["command"]
    assert check_pack(tmp_path / "one") == ()
    said = command(*words, "--out", tmp_path / "two")
    assert said.code == 0, said.err
    assert f"content hash {found['content']}" in said.out
    assert command("report", "--check", tmp_path / "two").code == 0
    (tmp_path / "two" / "report.html").write_text("better", encoding="utf-8")
    tampered = command("report", "--check", tmp_path / "two")
    assert tampered.code == 2
    assert "report.html was changed" in tampered.err


def test_a_session_that_is_not_there_ends_with_exit_code_2(command: Command, run_path: Path, tmp_path: Path) -> None:
    said = command("report", "--run", run_path, "--sessions", "nobody", *SMALL, "--out", tmp_path / "pack")
    assert said.code == 2
    assert "no session 'nobody'" in said.err
    assert not (tmp_path / "pack").exists()
