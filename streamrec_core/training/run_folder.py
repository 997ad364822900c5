"""The run folder: settings, events, status and checkpoints of one run, safe to read while it grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from streamrec_core.audit_log import record
from streamrec_core.background.locks import try_lock
from streamrec_core.disk_faults import naming
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import recover_folder, replacing_folder
from streamrec_core.permissions import require_permission
from streamrec_core.training.events import EVENT, EpochDone, Event, RunStarted, StepDone
from streamrec_core.training.loop_state import STATE_FILE, LoopState
from streamrec_core.training.process import STATUS_FILE, State, Status, read_status
from streamrec_core.training.settings import RunConfig
from streamrec_core.unfinished import start_ticks

CONFIG_FILE, EVENTS_FILE, STOP_FILE, LOCK_FILE = "config.json", "events.jsonl", "stop", ".hold"


class RunFolder:
    """One run on disk.

    Parameters
    ----------
    path : Path
    process : (int, int) or None
        Id and start of the process that the status names; None: of the one that writes it. Another one leads the run
        where workers on a cluster train it.
    """

    def __init__(self, path: Path, process: tuple[int, int] | None = None) -> None:
        self.path, self._process = path, process
        self.last = path / "last"
        self.best, self.history = path / "best", path / "history"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / CONFIG_FILE).is_file()

    def begin(self, config: RunConfig, audited: bool = True) -> None:
        """Write the settings of a new run.

        Parameters
        ----------
        config : RunConfig
        audited : bool
            Whether the audit log names it; a run that is only timed and thrown away is nobody's action.

        Raises
        ------
        BadInput
            The folder is in use.
        Refused
            The role or the mode of the program does not allow it; nothing is written.
        """
        require_permission("training")
        if self.path.exists() and any(self.path.iterdir()):
            way_out = "resume the run, or choose another folder" if self.exists() else "choose another folder"
            fields = ["resume", "run"] if self.exists() else ["run"]
            raise BadInput(f"is not empty; {way_out}", path=self.path, fields=fields)
        reference = config.reference
        if audited:
            details = {"model": config.model, "data": reference.name, "events": reference.events_hash}
            record("train", config.name, details)
        with replacing_folder(self.path) as part:
            config.write(part / CONFIG_FILE)

    def config(self) -> RunConfig:
        """The settings of the run; raises `BadInput` where there is none."""
        if not self.exists():
            message = f"is no run: it has no {CONFIG_FILE}; start one there, or choose another folder"
            raise BadInput(message, path=self.path, fields=["run"])
        return RunConfig.read(self.path / CONFIG_FILE)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the run for this process, so that no second one trains it.

        Raises
        ------
        Refused
            Another process trains it.
        """
        lock = try_lock(self.path / LOCK_FILE)
        if lock is None:
            raise Refused(f"another process is training {self.name}; stop that one first")
        try:
            yield
        finally:
            os.close(lock)

    def append(self, event: Event) -> None:
        """Add an event behind the others."""
        path = self.path / EVENTS_FILE
        with naming(path), path.open("a", encoding="utf-8") as file:
            file.write(event.model_dump_json() + "\n")

    def events(self) -> Iterator[Event]:
        """All events so far; a torn line is passed over, and of steps done twice the later one counts."""
        path = self.path / EVENTS_FILE
        events: list[Event] = []
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
            try:
                event = EVENT.validate_json(line)
            except ValidationError:
                continue
            if isinstance(event, RunStarted):
                # A killed process had gone further than what it saved; those steps are done again.
                events = [earlier for earlier in events if _step_of(earlier) <= event.done_steps]
            events.append(event)
        yield from events

    def add_missing(self, epoch_done: EpochDone | None) -> None:
        """Add the event of an epoch that was saved by a process killed before it could add the event itself."""
        if epoch_done is not None and all(
            not isinstance(event, EpochDone) or event.epoch != epoch_done.epoch for event in self.events()
        ):
            self.append(epoch_done)

    def end_torn_line(self) -> None:
        """End a line that a killed process left torn, so that the next event begins on its own."""
        path = self.path / EVENTS_FILE
        if path.is_file() and not path.read_bytes().endswith(b"\n"):
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def set_status(self, state: State, loop: LoopState, message: str = "") -> None:
        """Write the state of the run.

        Parameters
        ----------
        state : State
        loop : LoopState
            Epoch and step.
        message : str
            Why it failed.
        """
        pid, ticks = self._process or (os.getpid(), start_ticks(os.getpid()))
        Status(
            state=state,
            epoch=loop.epoch,
            step=loop.step,
            pid=pid,
            start_ticks=ticks,
            message=message,
        ).write(self.path / STATUS_FILE)

    def status(self) -> Status | None:
        """State of the run; one whose process is gone counts as stopped. None before it began."""
        return read_status(self.path)

    def request_stop(self) -> None:
        """Ask the process to stop after its current step."""
        (self.path / STOP_FILE).touch()

    def stop_requested(self) -> bool:
        """Whether somebody asked it to stop."""
        return (self.path / STOP_FILE).exists()

    def clear_stop(self) -> None:
        """Forget an earlier request to stop."""
        (self.path / STOP_FILE).unlink(missing_ok=True)

    def saved_state(self) -> Path | None:
        """The folder `last`; None where nothing was saved."""
        recover_folder(self.last)
        return self.last if (self.last / STATE_FILE).is_file() else None


def _step_of(event: Event) -> int:
    return event.step if isinstance(event, StepDone | EpochDone) else 0
