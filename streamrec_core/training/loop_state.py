"""What a run resumes from: how far it has come, the optimiser's state, and torch's random states."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import file_hash
from streamrec_core.models.checkpoint import save_tensors
from streamrec_core.training.events import EpochDone

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
