"""The run folder: settings, events, status and checkpoints of one run, safe to read while it grows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from streamrec_core.audit_log import record
from streamrec_core.background.locks import try_lock
from streamrec_core.config import Settings
from streamrec_core.disk_faults import naming
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import file_hash, recover_folder, replacing_folder
from streamrec_core.models.checkpoint import save_tensors
from streamrec_core.permissions import require_permission
from streamrec_core.training.events import EVENT, EpochDone, Event, RunStarted, StepDone
from streamrec_core.training.process import STATUS_FILE, State, Status, read_status
from streamrec_core.training.settings import RunConfig
from streamrec_core.unfinished import start_ticks

CONFIG_FILE, EVENTS_FILE, STOP_FILE, LOCK_FILE = "config.json", "events.jsonl", "stop", ".hold"
OPTIMISER_FILE, STATE_FILE = "optimiser.safetensors", "state.json"


class LoopState(Settings):
    """What resuming needs beside weights and optimiser: `state.json`.

    Attributes
    ----------
    epoch : int
        Current epoch, counted from 1.
    step : int
        Steps done over all epochs.
    step_in_epoch : int
    loss_sum, loss_count : float
        Of the current epoch so far.
    best_epoch, best_value
        Of the monitored figure, higher being better; None before the first epoch is done.
    random_state : str
        torch's random state of the processor, as hexadecimal bytes.
    cuda_random_state : str
        That of the GPU; empty for a run on the processor.
    optimiser_sha256 : str
        Of the optimiser's file; empty in runs saved before it was kept.
    epoch_done : EpochDone or None
        The epoch that ended when this was saved, so that its event is not lost with the process.
    sha256 : str
        Of everything else but the seconds that the epoch took; empty in runs saved before it was kept.
    """

    epoch: int = 1
    step: int = 0
    step_in_epoch: int = 0
    loss_sum: float = 0.0
    loss_count: float = 0.0
    best_epoch: int = 0
    best_value: float | None = None
    random_state: str = ""
    cuda_random_state: str = ""
    optimiser_sha256: str = ""
    epoch_done: EpochDone | None = None
    sha256: str = ""

    def sealed(self) -> LoopState:
        """The same with the hash of what it says."""
        return self.model_copy(update={"sha256": self._hash()})

    def check(self, path: Path) -> None:
        """Raise `Refused` where it is not what was saved: a changed digit would train other weights."""
        if self.sha256 and self.sha256 != (actual := self._hash()):
            raise Refused(
                f"is not what was saved (hash {self.sha256[:12]}, now {actual[:12]}); restore it from a copy, or start "
                "a new run: the best epoch so far can still be used",
                path=path,
            )

    def _hash(self) -> str:
        content = self.model_dump_json(exclude={"sha256": True, "epoch_done": {"seconds"}})
        return hashlib.sha256(content.encode()).hexdigest()


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


def save_optimiser(optimiser: torch.optim.Optimizer, folder: Path) -> str:
    """Write an optimiser's state as named tensors.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
    folder : Path

    Returns
    -------
    str
        SHA-256 of the file.
    """
    state = optimiser.state_dict()["state"]
    tensors = {
        f"{number}.{name}": torch.as_tensor(value).cpu().contiguous()
        for number, values in state.items()
        for name, value in values.items()
    }
    save_tensors(tensors, folder / OPTIMISER_FILE)
    return file_hash(folder / OPTIMISER_FILE)


def load_optimiser(optimiser: torch.optim.Optimizer, folder: Path, sha256: str = "") -> None:
    """Fill an optimiser with the state that `save_optimiser` wrote.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
    folder : Path
    sha256 : str
        What the file must hash to; empty where it is not known.

    Raises
    ------
    Refused
        The file is not what was saved.
    BadInput
        It is missing or cannot be read.
    """
    path = folder / OPTIMISER_FILE
    state: dict[int, dict[str, torch.Tensor]] = {}
    try:
        if sha256 and (actual := file_hash(path)) != sha256:
            raise Refused(
                f"is not what was saved (state {sha256[:12]}, file {actual[:12]}); restore it from a copy, or start a "
                "new run: the best epoch so far can still be used",
                path=path,
            )
        for key, value in load_file(path).items():
            number, name = key.split(".", 1)
            state.setdefault(int(number), {})[name] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(
            f"cannot be read ({first}); restore it from a copy, or start a new run: the best epoch so far can still "
            "be used",
            path=path,
        ) from None


def random_states(device: torch.device) -> dict[str, str]:
    """Random states of torch as hexadecimal bytes, by their name in `LoopState`."""
    states = {"random_state": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda_random_state"] = torch.cuda.get_rng_state(device)
    return {name: bytes(state.tolist()).hex() for name, state in states.items()}


def set_random_states(state: LoopState, device: torch.device) -> None:
    """Put torch's random states back; that of a GPU where the run was on one before.

    Parameters
    ----------
    state : LoopState
    device : torch.device
        Where the run goes on.
    """
    torch.set_rng_state(_random_bytes(state.random_state))
    if device.type == "cuda" and state.cuda_random_state:
        torch.cuda.set_rng_state(_random_bytes(state.cuda_random_state), device)


def _random_bytes(state: str) -> torch.Tensor:
    try:
        return torch.tensor(list(bytes.fromhex(state)), dtype=torch.uint8)
    except ValueError:
        raise BadInput(f"{STATE_FILE} holds no random state; restore it from a copy, or start a new run") from None
