"""The training loop: a generator of events that writes the run folder as it goes, and goes on where it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import torch

from streamrec_core.data.batches import Batch, BatchSource
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.errors import Refused
from streamrec_core.files import disk_fault, recover_folder, replacing_folder
from streamrec_core.models.checkpoint import check_weights, load_weights
from streamrec_core.models.device import choose_device
from streamrec_core.models.popularity import item_counts
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.settings import build_model, parse_architecture
from streamrec_core.permissions import require_permission
from streamrec_core.training.data_reference import check_same_data
from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted, RunStopped, StepDone
from streamrec_core.training.large_catalogue import NegativeSampler, clip_gradients, negatives_for
from streamrec_core.training.loop_state import (
    STATE_FILE,
    LoopState,
    load_optimiser,
    random_states,
    save_optimiser,
    set_random_states,
)
from streamrec_core.training.optimiser import item_rate, learning_rate, make_optimiser
from streamrec_core.training.process import State
from streamrec_core.training.replicas import Replicas
from streamrec_core.training.run_checkpoints import RunCheckpoints
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.settings import RunConfig, TrainingSettings
from streamrec_core.training.validation import TRAINING_LOSS, monitor_of, validate
from streamrec_core.unfinished import clear_below


def train(
    run: RunFolder,
    dataset: DataSet,
    should_stop: Callable[[], bool] = lambda: False,
    device: str | torch.device = "auto",
    replicas: Replicas | None = None,
) -> Iterator[Event]:
    """Train the model that the run's settings describe, or go on where it stopped.

    Parameters
    ----------
    run : RunFolder
        Begun; see `new_run`.
    dataset : DataSet
    should_stop : callable
        Asked after every step; the run is then saved and can be resumed to the same result.
    device : str or torch.device
        Name in `DEVICES`. A run can be resumed on another device, though not to the same last digits.
    replicas : Replicas or None
        Processes that train the run together; None: this one alone.

    Yields
    ------
    Event
        After it was written to the run folder.

    Raises
    ------
    BadInput
        There is no such device.
    Refused
        The data set is not the one that the run began with, the loss is not finite, or training is not allowed here.
    """
    require_permission("training")
    config, device = run.config(), choose_device(device)
    check_same_data(config, dataset)
    replicas = replicas or Replicas()
    replicas.of_first(lambda: _tidy(run))
    trainer = Trainer(run, config, dataset, device, replicas)
    try:
        for event in trainer.events(lambda: should_stop() or run.stop_requested()):
            if replicas.writes:
                run.append(event)
            yield event
    except BaseException as error:
        if not isinstance(error, GeneratorExit):
            reason = str(disk_fault(error)) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            with suppress(OSError):  # a full disk has no room for the reason either
                trainer.set_status("failed", reason)
        raise


def _tidy(run: RunFolder) -> None:
    """Clear what an earlier process of the run left behind."""
    run.clear_stop()
    run.end_torn_line()
    clear_below(run.path, 2)
    recover_folder(run.last)


class Trainer:
    """One run in memory: model, optimiser, batches and how far it has come."""

    def __init__(
        self,
        run: RunFolder,
        config: RunConfig,
        dataset: DataSet,
        device: torch.device,
        replicas: Replicas | None = None,
    ) -> None:
        self.run, self.config, self.dataset, self.device = run, config, dataset, device
        self.replicas = replicas or Replicas()
        self.settings: TrainingSettings = config.training
        self.split: Split = split(dataset, config.split)
        self.monitor = monitor_of(self.settings.monitor, self.split)
        torch.manual_seed(self.settings.seed)
        architecture = parse_architecture(config.model, config.architecture, str(run.path))
        self.model: SequenceModel = build_model(architecture, dataset.catalogue)
        self.model.name = config.name
        self.checkpoints = RunCheckpoints(run, config, dataset, self.model, self.monitor)
        self.source = BatchSource(
            dataset.log,
            dataset.catalogue,
            self.split.train,
            self.model.max_events,
            self.settings.batch_size,
            all_positions=self.settings.positions == "all",
        )
        self.steps_per_epoch = len(self.source.epoch(0))
        rate = self.settings.item_rate or item_rate(self.source.targets_per_epoch(), len(dataset.catalogue))
        self.model.count(dataset.log, self.split.train, dataset.catalogue, self.settings.positions == "last")
        self.model.to(device)
        self.sampler = self._sampler()
        self.optimiser = make_optimiser(self.model, self.settings, rate, rowwise=self.sampler is not None)
        self.state = LoopState()
        self._resume()
        self.replicas.prepare(self.model, self.sampler)

    def _sampler(self) -> NegativeSampler | None:
        """What draws items to compare targets with; None where the whole catalogue is compared with."""
        catalogue, log = self.dataset.catalogue, self.dataset.log
        number = negatives_for(self.settings.negatives, len(catalogue))
        if not number:
            return None
        self.model.embedding.items.sparse = True
        return NegativeSampler(item_counts(log, catalogue, self.split.train), number, self.device)

    def _resume(self) -> None:
        saved = self.run.saved_state()
        if saved is None:
            return
        self.state = LoopState.read(saved / STATE_FILE)
        self.state.check(saved / STATE_FILE)
        check_weights(saved)
        load_weights(self.model, saved)
        load_optimiser(self.optimiser, saved, self.state.optimiser_sha256)
        set_random_states(self.state, self.device)
        if self.replicas.writes:
            self.run.add_missing(self.state.epoch_done)

    def set_status(self, state: State, message: str = "") -> None:
        """Write the state of the run, as `RunFolder.set_status` does.

        Parameters
        ----------
        state : State
        message : str
        """
        if self.replicas.writes:
            self.run.set_status(state, self.state, message)

    def events(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Train to the end, or until asked to stop."""
        self.set_status("running")
        yield RunStarted(
            epochs=self.settings.epochs,
            steps_per_epoch=self.steps_per_epoch,
            done_steps=self.state.step,
            parameters=self.model.parameter_count(),
            device=self.device.type,
            monitor=self.monitor,
        )
        while not self._over():
            yield from self._epoch(should_stop)
            if self.state.step_in_epoch:
                self.set_status("stopped")
                yield RunStopped(epoch=self.state.epoch, step=self.state.step)
                return
        if self.replicas.writes:
            yield self._finish()

    def _over(self) -> bool:
        waited = self.state.epoch - 1 - self.state.best_epoch
        plateau = self.state.best_epoch > 0 and waited >= self.settings.patience
        return self.state.epoch > self.settings.epochs or (plateau and self.state.step >= self.settings.least_steps)

    def _epoch(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        began, first, events = time.perf_counter(), self.state.step, 0
        batches = self.source.epoch(self.settings.seed * 100_003 + self.state.epoch)
        self.model.train()
        for rows in batches[self.state.step_in_epoch :]:
            batch = self.replicas.batch(self.source, rows).to(self.device)
            loss, rate = self._step(batch)
            events += int(batch.lengths.sum()) * self.replicas.size
            seconds = time.perf_counter() - began
            left = (self.settings.epochs * self.steps_per_epoch - self.state.step) * seconds / (self.state.step - first)
            yield StepDone(
                epoch=self.state.epoch,
                step=self.state.step,
                loss=loss,
                learning_rate=rate,
                events_per_second=events / seconds,
                seconds_left=left,
            )
            if self.state.step_in_epoch < len(batches) and self.replicas.of_first(should_stop):
                if self.replicas.writes:
                    self._save()
                return
        yield self._epoch_done(time.perf_counter() - began)

    def _step(self, batch: Batch) -> tuple[float, float]:
        rate = learning_rate(self.settings, self.state.step, self.steps_per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("rate", 1.0)
        self.replicas.seed(self.settings.seed, self.state.step)
        self.optimiser.zero_grad(set_to_none=True)
        value, count = self.replicas.backward(batch)
        if self.sampler is None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        else:
            clip_gradients(self.model.parameters(), self.settings.clip)
        self.optimiser.step()
        if not math.isfinite(value):
            raise Refused(f"the loss became {value} at step {self.state.step + 1}; choose a learning_rate below {rate}")
        self._count(value, count)
        return value, rate

    def _count(self, loss: float, count: int) -> None:
        self.state = self.state.model_copy(
            update={
                "step": self.state.step + 1,
                "step_in_epoch": self.state.step_in_epoch + 1,
                "loss_sum": self.state.loss_sum + loss * count,
                "loss_count": self.state.loss_count + count,
            }
        )

    def _epoch_done(self, seconds: float) -> EpochDone:
        self.model.eval()
        metrics = self.replicas.of_first(lambda: validate(self.model, self.dataset, self.split))
        train_loss = self.state.loss_sum / max(self.state.loss_count, 1)
        value = self._monitored(train_loss, metrics)
        best = self.state.best_value is None or value > self.state.best_value
        event = EpochDone(
            epoch=self.state.epoch,
            step=self.state.step,
            train_loss=train_loss,
            metrics=metrics,
            best=best,
            seconds=seconds,
        )
        epoch = self.state.epoch
        self.state = LoopState(
            epoch=epoch + 1,
            step=self.state.step,
            best_epoch=epoch if best else self.state.best_epoch,
            best_value=value if best else self.state.best_value,
            epoch_done=event,
        )
        if self.replicas.writes:
            # Checkpoints before the state that speaks of them: a process killed in between does the epoch again.
            self.checkpoints.keep(epoch, {"validation": metrics} if metrics else {}, best)
            self._save()
        self.set_status("running")
        return event

    def _monitored(self, train_loss: float, metrics: dict[str, Any]) -> float:
        """The monitored figure of an epoch, higher being better."""
        if self.monitor == TRAINING_LOSS:
            return -train_loss
        return -float(metrics["loss"]) if self.monitor == "loss" else float(metrics[self.monitor])

    def _save(self) -> None:
        with replacing_folder(self.run.last) as part:
            self.checkpoints.write(part, self.state.epoch, {})
            optimiser = save_optimiser(self.optimiser, part)
            self.state = self.state.model_copy(update={**random_states(self.device), "optimiser_sha256": optimiser})
            self.state.sealed().write(part / STATE_FILE)

    def _finish(self) -> RunDone:
        """Evaluate the best epoch on the test part and write both into its card."""
        card = self.checkpoints.evaluate_best(self.split)
        self.set_status("done")
        reason = "no better epoch" if self.state.epoch <= self.settings.epochs else "all epochs done"
        return RunDone(best_epoch=card.epoch, reason=reason, monitor=self.monitor, metrics=card.metrics["test"])
