"""Settings refuse what they do not know, files appear whole, and the program fills one folder only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core import config
from streamrec_core.config import SealedRecord, Settings
from streamrec_core.errors import BadInput, Refused


class Oven(Settings):
    degrees: int
    fan: bool = False


def test_an_unknown_key_and_a_wrong_type_are_named_together_with_their_origin() -> None:
    with pytest.raises(BadInput) as caught:
        Oven.parse({"degrees": "hot", "fann": True}, origin="kitchen.json")
    message = str(caught.value)
    assert message.startswith("kitchen.json: degrees: Input should be a valid integer")
    assert "; fann: Extra inputs are not permitted" in message


def test_a_missing_key_is_named_and_no_settings_at_all_too() -> None:
    with pytest.raises(BadInput, match="option --oven: degrees: Field required"):
        Oven.parse({}, origin="option --oven")
    with pytest.raises(BadInput, match="option --oven: value: Input should be"):
        Oven.parse("hot", origin="option --oven")


def test_settings_come_back_from_disk_and_stay_as_they_are(tmp_path: Path) -> None:
    before = Oven(degrees=180, fan=True)
    before.write(tmp_path / "oven.json")
    assert Oven.read(tmp_path / "oven.json") == before
    with pytest.raises(ValueError, match="frozen"):
        before.degrees = 200  # type: ignore[misc]


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_figures_that_json_cannot_hold_are_refused(figure: float) -> None:
    class Share(Settings):
        share: float

    with pytest.raises(BadInput, match="share: Input should be a finite number"):
        Share.parse({"share": figure}, origin="a test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"oven\.json is missing; the folder is incomplete"),
        (b"{", r"oven\.json is not valid JSON .*; restore the file or make it again"),
        (b"\xff\xfe", r"oven\.json is not valid UTF-8 .* at byte 0"),
        (b"[" * 100_000, r"oven\.json is nested too deeply; restore the file"),
        (b'{"degrees": ' + b"9" * 5000 + b"}", r"oven\.json is not valid JSON"),
        (json.dumps({str(n): n for n in range(100)}).encode(), r"Field required; .* and 93 more"),
        (b"[1]", r"oven\.json: value: Input should be"),
        (b'{"degrees": 1, "degree": 2}', r"oven\.json: degree: Extra inputs"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "oven.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        Oven.read(path)


def test_the_workspace_is_where_the_environment_says_else_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "w"))
    assert config.workspace() == tmp_path / "w"
    assert config.data_folder() == tmp_path / "w" / "data"
    assert config.runs_folder() == tmp_path / "w" / "runs"
    monkeypatch.delenv("STREAMREC_WORKSPACE")
    assert config.workspace() == config.PROJECT / "workspace"


def test_an_installed_package_fills_the_users_data_folder_and_serves_what_lies_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMREC_WORKSPACE")
    monkeypatch.delenv("STREAMREC_CHECKPOINTS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(config, "PROJECT", tmp_path / "site-packages")
    monkeypatch.setattr(config, "PACKAGE", tmp_path / "site-packages" / "streamrec_core")
    assert config.checkout() is None
    assert config.workspace() == tmp_path / "share" / "streamrec"
    assert config.checkpoints_folder() == config.PACKAGE / "checkpoints"
    assert config.launcher() == config.PACKAGE / "dashboard" / "app.py"
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "w"))
    assert config.workspace() == tmp_path / "w"


def test_a_checkout_is_told_by_its_launcher_and_project_file() -> None:
    assert config.checkout() == config.PROJECT
    assert config.launcher() == config.PROJECT / "app.py"


def test_shipped_checkpoints_lie_in_the_project_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMREC_CHECKPOINTS", raising=False)
    assert config.checkpoints_folder() == config.PROJECT / "checkpoints"
    monkeypatch.setenv("STREAMREC_CHECKPOINTS", str(tmp_path))
    assert config.checkpoints_folder() == tmp_path


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("true", True), ("yes", True), ("", False), ("0", False), ("false", False)]
)
def test_read_only_is_a_switch(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", value)
    assert config.read_only() is expected


def test_no_switch_means_that_writing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMREC_READ_ONLY", raising=False)
    assert config.read_only() is False


class Measured(SealedRecord):
    name: str
    shares: dict[str, float]


def test_a_sealed_record_comes_back_and_an_altered_one_is_refused_with_both_hashes(tmp_path: Path) -> None:
    path, measured = tmp_path / "measured.json", Measured(name="Straße", shares={"b": 0.1 + 0.2, "a": 1})
    measured.write(path)
    assert Measured.read(path) == measured
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content) == ["name", "shares", "sha256"]
    path.write_text(json.dumps(content, indent=None))  # other spaces are the same record
    assert Measured.read(path) == measured
    path.write_text(json.dumps(content | {"shares": {"b": 0.3, "a": 1.0}}))
    with pytest.raises(Refused, match=rf"measured\.json is not what was written .*{content['sha256'][:12]}"):
        Measured.read(path)


def test_a_record_of_before_there_was_a_hash_is_read(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"name": "x", "shares": {"a": 0.5}}')
    assert Measured.read(tmp_path / "old.json").shares == {"a": 0.5}
