"""`--engine` and `--address`: what is unusable is refused in one sentence before anything is opened or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core import extras
from tests.cli.conftest import Command

COMMANDS = {
    "explain": ["explain", "--all", "--out", "OUT"],
    "evaluate": ["evaluate"],
    "train": ["train", "--run", "OUT"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_engine_of_a_command_is_checked_first(
    command: Command, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(tmp_path / "out.parquet") if word == "OUT" else word for word in COMMANDS[name]]
    monkeypatch.setattr(extras, "find_spec", lambda library: None)
    missing = command(*words, "--engine", "ray")
    assert missing.code == 2
    assert "ray is not installed; install it with: pip install 'streamrec[ray]'" in missing.err
    assert "unknown engine 'spark'; choose one of local, ray (--engine)" in command(*words, "--engine", "spark").err
    assert "only the engine ray has an address" in command(*words, "--address", "head:6379").err
    monkeypatch.setattr(extras, "find_spec", lambda library: object())
    on_gpu = command(*words, "--engine", "ray", "--device", "cuda")
    assert "workers of a Ray cluster compute on the processor, not on cuda (--device)" in on_gpu.err
    if name == "train":
        queued = command(*words, "--engine", "ray", "--queue")
        assert "a queued run is trained on this machine; leave out --engine (--queue)" in queued.err
        assert "only the engine ray has workers" in command(*words, "--workers", "2").err
    assert list(tmp_path.iterdir()) == []
