"""Random kills of training: the resumed run equals the run that nothing broke, bit for bit."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chaos.child import run_in_child
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.world import SHAPE, copied, differences, survey
from streamrec_core.config import runs_folder
from streamrec_core.data.presets import open_data
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.training.test_resume import outcome

MODELS = {
    "additive": ("transformer", "additive", {}),
    "plain": ("transformer", "plain", SHAPE),
    "lstm": ("lstm", "plain", {"hidden": 8, "width": 8}),
}
"""Model, recipe and settings by the name of the run."""
EPOCHS = 6
MEAN_EPOCHS = 0.5
"""How long a process lives on average before it is killed."""


def kill_training(template: Path, tally: Tally, kills: int, names: tuple[str, ...] = tuple(MODELS)) -> None:
    """Kill training again and again, then let it end, and compare it with a run that was never killed.

    Parameters
    ----------
    template : Path
    tally : Tally
    kills : int
        Of each model.
    names : tuple of str
        Of the models.
    """
    rng = np.random.default_rng(15)
    for name in names:
        workspace = copied(template, template.with_name("training"))
        began = time.monotonic()
        unbroken = run_in_child(lambda name=name: _train(name, f"{name}-unbroken"), workspace)
        if unbroken.error:
            raise RuntimeError(unbroken.error)
        epoch = (time.monotonic() - began) / EPOCHS
        before = run_in_child(survey, workspace).value
        for number in range(kills):
            with tally.trying(f"random kills: {name}", f"kill {number + 1}") as lost:
                seconds = float(rng.exponential(MEAN_EPOCHS * epoch)) + 0.01
                ended = run_in_child(_killed_after(seconds, lambda name=name: _train(name, name)), workspace)
                lost += [ended.error] if ended.error and not ended.killed else []
                now = run_in_child(survey, workspace)
                things = [f"{kind} {name}" for kind in ("run", "best", "last")]
                lost += [now.error] if now.error else differences(before, before, now.value, things)
        with tally.trying(f"random kills: {name}", "the end") as lost:
            resumed = run_in_child(lambda name=name: _train(name, name), workspace)
            lost += [resumed.error] if resumed.error else _compared(resumed.value, unbroken.value)


def _killed_after(seconds: float, work: Callable[[], Any]) -> Callable[[], Any]:
    """The work in a process that a signal without a handler ends, wherever it is then."""

    def begin() -> Any:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return work()

    return begin


def _train(model: str, name: str) -> dict[str, Any]:
    """Begin a run or go on with it, to its end."""
    kind, recipe, shape = MODELS[model]
    run, data = RunFolder(runs_folder() / name), open_data("tiny")
    if not run.exists():
        settings = {**shape, "epochs": EPOCHS, "batch_size": 16, "patience": 99}
        run.begin(new_run("same", data, kind, recipe, settings))
    list(train(run, data))
    ended = outcome(run)
    files = [hashlib.sha256(content).hexdigest() for content in ended["files"]]
    return ended | {"files": files, "test": ended["test"][-1]}  # a run killed after its end has said its test again


def _compared(resumed: dict[str, Any], unbroken: dict[str, Any]) -> list[str]:
    return [f"{name} differs from the unbroken run" for name in unbroken if resumed[name] != unbroken[name]]
