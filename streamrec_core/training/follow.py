"""Follow a run while it trains: read the events added since the last look."""

from __future__ import annotations

import os
import threading
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from streamrec_core.training.events import EVENT, EpochDone, Event, RunDone, RunStarted, StepDone
from streamrec_core.training.run_folder import EVENTS_FILE


@dataclass(frozen=True, eq=False)
class RunProgress:
    """How far a run has come.

    Attributes
    ----------
    steps, losses : (S,) int64 and float64
        Every optimiser step so far, and its loss.
    epochs : tuple of EpochDone
    started : RunStarted or None
        Of the last time it was started; None before the first.
    latest : StepDone or None
    result : RunDone or None
    """

    steps: npt.NDArray[np.int64]
    losses: npt.NDArray[np.float64]
    epochs: tuple[EpochDone, ...] = ()
    started: RunStarted | None = None
    latest: StepDone | None = None
    result: RunDone | None = None

    @property
    def total_steps(self) -> int:
        """Steps that it will take at most; 0 before it started."""
        return self.started.epochs * self.started.steps_per_epoch if self.started else 0

    @property
    def share(self) -> float:
        """Share of all steps that is done, 0 to 1; a run that ended early is done."""
        if self.result is not None:
            return 1.0
        done = self.latest.step if self.latest else 0
        return min(1.0, done / self.total_steps) if self.total_steps else 0.0


class Follower:
    """Reads the events of one run bit by bit; may be shared between threads."""

    def __init__(self, run: Path) -> None:
        self._path = run / EVENTS_FILE
        self._lock = threading.Lock()
        self._progress: RunProgress | None = None
        self._begin_again()

    def progress(self) -> RunProgress:
        """How far the run is by now; costs no more than what was written since the last call."""
        with self._lock:
            if self._read() or self._progress is None:
                self._progress = RunProgress(
                    np.array(self._steps, np.int64),
                    np.array(self._losses, np.float64),
                    tuple(self._epochs),
                    self._started,
                    self._latest,
                    self._result,
                )
            return self._progress

    def _begin_again(self) -> None:
        self._offset, self._file = 0, 0
        self._steps, self._losses = array("q"), array("d")
        self._epochs: list[EpochDone] = []
        self._started: RunStarted | None = None
        self._latest: StepDone | None = None
        self._result: RunDone | None = None
        self._progress = None

    def _read(self) -> bool:
        """Take in the lines that were added; whether there were any. A torn last line waits for its end."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            now = os.fstat(file.fileno())
            if now.st_ino != self._file or now.st_size < self._offset:
                self._begin_again()  # another file stands in its place
                self._file = now.st_ino
            file.seek(self._offset)
            whole, _, _ = file.read().rpartition(b"\n")
        if not whole:
            return False
        self._offset += len(whole) + 1
        for line in whole.split(b"\n"):
            try:
                self._take(EVENT.validate_json(line))
            except ValidationError:
                continue  # torn when a process was killed
        return True

    def _take(self, event: Event) -> None:
        match event:
            case StepDone():
                self._steps.append(event.step)
                self._losses.append(event.loss)
                self._latest = event
            case EpochDone():
                self._epochs.append(event)
            case RunStarted():
                self._forget_after(event.done_steps)
                self._started, self._result = event, None
            case RunDone():
                self._result = event

    def _forget_after(self, step: int) -> None:
        """A killed process had gone further than what it saved; those steps are done again."""
        while self._steps and self._steps[-1] > step:
            self._steps.pop()
            self._losses.pop()
        self._epochs = [epoch for epoch in self._epochs if epoch.step <= step]
        if self._latest is not None and self._latest.step > step:
            self._latest = None
