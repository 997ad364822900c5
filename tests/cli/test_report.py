"""The `report` command: build packs reproducibly, and detect one that was changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.report.check import check_pack
from streamrec_core.report.html import content_label
from streamrec_core.report.pack import Manifest, sha256
from streamrec_core.report.pdf import title_names, write_pdf
from tests.cli.conftest import Command

SMALL = ("--weighed", 20, "--looked-at", 5, "--explained", 2, "--no-pdf")


def test_a_pack_is_built_checked_and_reproduced(command: Command, run_path: Path, tmp_path: Path) -> None:
    words = ("report", "--run", run_path, "--sessions", "3,5", *SMALL)
    document = command(*words, "--out", tmp_path / "one", "--json").json()
    assert document["folder"] == str(tmp_path / "one")
    assert document["settings"]["sessions"] == ["3", "5"]
    assert "--sessions 3 --sessions 5" in document["command"]
    assert check_pack(tmp_path / "one") == ()
    output = command(*words, "--out", tmp_path / "two")
    assert output.code == 0, output.err
    assert f"content hash {document['content']}" in output.out
    sound = command("report", "--check", tmp_path / "two")
    assert sound.code == 0
    assert "Every file follows from figures.json" in sound.out
    assert "Who made the pack: it is not signed." in sound.out
    (tmp_path / "two" / "report.html").write_text("better", encoding="utf-8")
    tampered = command("report", "--check", tmp_path / "two")
    assert tampered.code == 1
    assert "report.html was changed" in tampered.err
    faults = command("report", "--check", tmp_path / "two", "--json")
    assert faults.code == 1
    assert json.loads(faults.out)["faults"][0].startswith("report.html was changed")
    assert not json.loads(faults.out)["sound"]
    assert "is not signed" in json.loads(faults.out)["not_checked"][0]
    assert command("report", "--check", tmp_path).code == 2


def test_a_pack_at_a_relative_path_is_printed_and_checked(
    command: Command, run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chromium_path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREAMREC_CHROMIUM", chromium_path)
    made = command("report", "--run", run_path, *SMALL[:-1], "--out", "some där/pack", "--json").json()
    assert made["folder"] == str(tmp_path / "some där" / "pack")
    assert made["pdf"] == ""
    pdf = (tmp_path / "some där" / "pack" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert title_names(pdf, content_label(made["content"]))
    assert command("report", "--check", "some där/pack", "--json").json()["sound"]
    # A PDF of something else, its line in the manifest updated, is no PDF of this report.
    other = tmp_path / "other.html"
    other.write_text("<title>Another report</title>", encoding="utf-8")
    assert write_pdf(Path("other.html"), Path("some där/pack/report.pdf")) == ""
    manifest = Manifest.read(tmp_path / "some där" / "pack" / "manifest.json")
    swapped = sha256((tmp_path / "some där" / "pack" / "report.pdf").read_bytes())
    files = manifest.files | {"report.pdf": swapped}
    manifest.model_copy(update={"files": files}).write(tmp_path / "some där" / "pack" / "manifest.json")
    assert "report.pdf was not printed from this report" in command("report", "--check", "some där/pack").err


def test_a_home_folder_is_expanded_where_the_shell_does_not(
    command: Command, run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(run_path.parent))
    monkeypatch.chdir(tmp_path)
    words = ("--run", f"~/{run_path.name}", "--data", "~/sixty", "--out", "~/kept here/pack", *SMALL)
    assert command("report", *words, "--json").json()["folder"] == str(run_path.parent / "kept here" / "pack")
    assert command("report", "--check", "~/kept here/pack").code == 0
    assert list(tmp_path.iterdir()) == []
    nobody = command("report", "--check", "~nobody-of-this-name/pack")
    assert (nobody.code, "no home folder '~nobody-of-this-name'" in nobody.err) == (2, True)


@pytest.mark.parametrize(("out", "why"), [("file/pack", "cannot be written"), ("full", "is not a pack")])
def test_a_folder_that_cannot_be_written_is_refused_before_measuring(
    out: str, why: str, command: Command, run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    monkeypatch.setattr("streamrec_core.report.collect.collect", lambda *_: pytest.fail("it was measured first"))
    output = command("report", "--run", run_path, *SMALL, "--out", tmp_path / out)
    assert (output.code, why in output.err) == (2, True)
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "file"))
    assert "cannot be written" in command("report", "--run", run_path, *SMALL).err


def test_an_unknown_session_ends_with_exit_code_2(command: Command, run_path: Path, tmp_path: Path) -> None:
    output = command("report", "--run", run_path, "--sessions", "nobody", *SMALL, "--out", tmp_path / "pack")
    assert output.code == 2
    assert "no session 'nobody'" in output.err
    assert not (tmp_path / "pack").exists()


def test_thresholds_and_the_model_before_are_in_the_pack_and_set_the_exit_code(
    command: Command, run_path: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text("lists_changed = 0\nhit_at_10_drop = 0\n")
    words = ("report", "--run", run_path, *SMALL, "--against", run_path, "--thresholds", gate)
    document = command(*words, "--out", tmp_path / "same", "--json").json()
    assert document["settings"]["thresholds"][0] == {"key": "lists_changed", "bound": "at_most", "limit": 0.0}
    assert check_pack(tmp_path / "same") == ()
    gate.write_text("hit_at_10 = 1\n")
    assert command(*words, "--out", tmp_path / "strict").code == 1
    gate.write_text("hits = 1\n")
    refused = command(*words, "--out", tmp_path / "none")
    assert refused.code == 2
    assert not (tmp_path / "none").exists()


def test_a_pack_is_signed_and_checked_with_the_public_key(command: Command, run_path: Path, tmp_path: Path) -> None:
    key, other = (command("report-key", tmp_path / f"{name}.pem", "--json").json() for name in ("key", "other"))
    words = ("report", "--run", run_path, *SMALL, "--out", tmp_path / "pack")
    open_to_all = tmp_path / "open.pem"
    open_to_all.write_text(Path(key["private"]).read_text())
    refused = command(*words, "--sign", open_to_all)
    assert (refused.code, "chmod 600" in refused.err, (tmp_path / "pack").exists()) == (2, True, False)
    output = command(*words, "--sign", key["private"])
    assert output.code == 0, output.err
    assert f"signed by the key {key['fingerprint']}" in output.out
    check = ("report", "--check", tmp_path / "pack", "--key")
    sound = command(*check, key["public"], "--json").json()
    assert (sound["answer"], sound["signature"], sound["signer"]) == ("sound", "valid", key["fingerprint"])
    assert f"is signed by the key {key['fingerprint'][:16]}" in command(*check, key["public"]).out
    another = command(*check, other["public"])
    assert (another.code, "it was signed with another key" in another.err) == (5, True)
    assert command(*check, key["private"]).code == 2
    assert command("report", "--key", key["public"]).code == 2
    (tmp_path / "pack" / "manifest.sig").write_bytes(b"short")
    assert command(*check, key["public"], "--json").code == 4
