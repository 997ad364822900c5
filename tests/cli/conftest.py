"""Fixtures of command-line tests: run a command as a shell does, and one small trained run."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.cli.main import main
from streamrec_core.data.presets import make
from streamrec_core.data.storage import read_dataset
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

SMALL_RUN = {"width": 16, "feed_forward": 32, "epochs": 1, "seed": 42}
SETS = ["--set", "width=16", "--set", "feed_forward=32"]


@dataclass(frozen=True)
class CommandOutput:
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Command = Callable[..., CommandOutput]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run `python -m streamrec_core ...` in this process; signal handlers are restored afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> CommandOutput:
        monkeypatch.setattr(sys, "argv", ["streamrec", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return CommandOutput(int(ended.value.code or 0), captured.out, captured.err)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty sessions of the streamrec preset."""
    folder = tmp_path_factory.mktemp("cli") / "sixty"
    make("streamrec", 60, folder=folder)
    return folder


@pytest.fixture(scope="session")
def run_path(data_folder: Path) -> Path:
    """A transformer trained on them for one epoch."""
    dataset = read_dataset(data_folder)
    run = RunFolder(data_folder.parent / "run")
    run.begin(new_run("run", dataset, "transformer", "plain", SMALL_RUN))
    list(train(run, dataset))
    return run.path
