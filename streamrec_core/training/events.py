"""Events of a training run, for pages, terminals and tests to follow: started, step, epoch, stopped, done."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from streamrec_core.config import Settings


class RunStarted(Settings):
    """Training begins, or goes on after `done_steps` of `total_steps`.

    Attributes
    ----------
    monitor
        The figure that chooses the best epoch, of the validation part unless it is "training loss"; empty in runs of
        versions that did not record it.
    """

    kind: Literal["started"] = "started"
    epochs: int
    steps_per_epoch: int
    done_steps: int
    parameters: int
    device: str
    monitor: str = ""


class StepDone(Settings):
    """One optimiser step; `step` counts over all epochs, from 1."""

    kind: Literal["step"] = "step"
    epoch: int
    step: int
    loss: float
    learning_rate: float
    events_per_second: float
    seconds_left: float


class EpochDone(Settings):
    """One pass over the training part, and its metrics on the validation part; none where that part is empty."""

    kind: Literal["epoch"] = "epoch"
    epoch: int
    step: int
    train_loss: float
    metrics: dict[str, Any]
    best: bool
    seconds: float


class RunStopped(Settings):
    """Somebody asked it to stop; the run can be resumed."""

    kind: Literal["stopped"] = "stopped"
    epoch: int
    step: int


class RunDone(Settings):
    """Training is over: all epochs are done, or no epoch was better for a while; `monitor` as in `RunStarted`."""

    kind: Literal["done"] = "done"
    best_epoch: int
    reason: Literal["all epochs done", "no better epoch"]
    monitor: str = ""
    metrics: dict[str, Any]


Event = Annotated[RunStarted | StepDone | EpochDone | RunStopped | RunDone, Field(discriminator="kind")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
