"""`train` command: start or resume a run, with a progress bar, and stop it gracefully."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamrec_core.cli.output import (
    AddressOption,
    DataOption,
    DeviceOption,
    EngineOption,
    JsonOption,
    aside,
    people,
    print_json,
    table,
    with_interval,
)
from streamrec_core.config import runs_folder
from streamrec_core.defaults import DEFAULT_PRESET, DEFAULT_RECIPE
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.background.engine import Engine
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.training.events import EpochDone, Event
    from streamrec_core.training.run_folder import RunFolder
    from streamrec_core.training.settings import RunConfig

app = typer.Typer()

RecipeOption = Annotated[str, typer.Option(help="additive, plain or case-study: architecture and training together.")]
SplitOption = Annotated[
    str | None, typer.Option(help="session, leave-last-out or time. Default: as the data set says.")
]
SettingOption = Annotated[
    list[str] | None, typer.Option("--set", help="Any other setting, as NAME=VALUE; may be given several times.")
]
QueueOption = Annotated[bool, typer.Option("--queue", help="Queue the run and return; a background process trains it.")]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="With --engine ray: workers that share every batch. Default: 2."),
]
WORKERS = 2
"""On a Ray cluster, where nobody says how many."""


@app.command("train")
def train_command(
    data: DataOption = DEFAULT_PRESET,
    model: Annotated[str, typer.Option(help="transformer or lstm.")] = "transformer",
    recipe: RecipeOption = DEFAULT_RECIPE,
    epochs: Annotated[int | None, typer.Option(help="Maximum number of epochs.")] = None,
    seed: Annotated[int, typer.Option(help="Sets initial weights, order and dropout.")] = 42,
    run: Annotated[Path | None, typer.Option(help="Run folder. Default: one in workspace/runs.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume a stopped run with its own settings.")] = False,
    split: SplitOption = None,
    setting: SettingOption = None,
    queue: QueueOption = False,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    address: AddressOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Train a model. Ctrl-C stops after the current step; `--resume` goes on to the same result.

    Example: `python -m streamrec_core train --data streamrec --epochs 10 --run workspace/runs/my-run`
    """
    from streamrec_core.background.engine import choose_engine
    from streamrec_core.cli.models import device_for
    from streamrec_core.data.presets import open_data
    from streamrec_core.models.device import choose_device
    from streamrec_core.training.new_run import new_run
    from streamrec_core.training.run_folder import RunFolder

    where = choose_engine(engine, address)  # before anything is written
    if workers is not None and not where.remote:
        raise BadInput("only the engine ray has workers; choose it, or leave them out", fields=["engine"])
    if queue and where.remote:
        raise BadInput("a queued run is trained on this machine; leave out --engine", fields=["queue"])
    choose_device(device := device_for(where, device))
    folder = RunFolder(run or runs_folder() / f"{Path(data).name}-{model}-{recipe}-seed{seed}")
    if resume:
        config = folder.config()
        dataset = open_data(config.data)
    else:
        dataset = open_data(data)
        overrides = {
            **parse_settings(setting or []),
            "seed": seed,
            **({} if epochs is None else {"epochs": epochs}),
        }
        config = new_run(folder.name, dataset, model, recipe, overrides, split)
    if queue:
        if device != "auto":
            raise BadInput("a queued run takes the GPU where there is one; leave out --device")
        _queue(folder, config, resume, as_json)
        return
    if not resume:
        folder.begin(config)
    done = _follow(folder, dataset, partial(_trained, where, workers or WORKERS, device), quiet=as_json)
    if as_json:
        print_json(_result(folder, done))
    else:
        _report(folder, dataset, done)


def _queue(folder: RunFolder, config: RunConfig, resume: bool, as_json: bool) -> None:
    """Leave the run to the supervisor of the runs folder, where the dashboard sees it too."""
    from streamrec_core.training import manage

    runs = runs_folder()
    if folder.path.resolve() != runs / folder.name:
        raise BadInput(f"only runs in {runs} can be queued; leave out --run, or name a folder there")
    if resume:
        manage.resume(runs, folder.name)
    else:
        manage.start(runs, config)
    if as_json:
        print_json({"run": str(folder.path), "state": "waiting"})
    else:
        people.print(f"{folder.name} is queued. See it with: python -m streamrec_core runs list", markup=False)


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """Settings from `NAME=VALUE`; raises `BadInput` for other forms and unknown names."""
    from streamrec_core.training.new_run import ARCHITECTURE, SETTING_NAMES, TRAINING

    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in (*ARCHITECTURE, *TRAINING, *SETTING_NAMES):
            names = ", ".join(sorted({*ARCHITECTURE, *TRAINING}))
            raise BadInput(f"--set {pair!r} is not NAME=VALUE with a known name; known are {names}")
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value
    return settings


def _trained(
    engine: Engine, workers: int, device: str, folder: RunFolder, dataset: DataSet, should_stop: Callable[[], bool]
) -> Iterator[Event]:
    """Train where the engine says."""
    if engine.remote:
        from streamrec_core.training.ray_training import train_on_ray

        return train_on_ray(folder, dataset, should_stop, workers, engine.address)
    from streamrec_core.training.loop import train

    return train(folder, dataset, should_stop, device)


def _follow(
    folder: RunFolder,
    dataset: DataSet,
    training: Callable[[RunFolder, DataSet, Callable[[], bool]], Iterator[Event]],
    quiet: bool,
) -> Event:
    """Run the training to its end; the last event."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    last: Event | None = None
    with folder.lock():
        for event in _shown(training(folder, dataset, stop.is_set), quiet):
            last = event
    assert last is not None
    return last


def _shown(events: Iterator[Event], quiet: bool) -> Iterator[Event]:
    from streamrec_core.training.events import EpochDone, RunStarted, StepDone
    from streamrec_core.training.validation import NO_VALIDATION, TRAINING_LOSS

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=aside, disable=quiet) as progress:
        task = progress.add_task("preparing", note="")
        for event in events:
            match event:
                case RunStarted():
                    progress.update(task, total=event.epochs * event.steps_per_epoch, completed=event.done_steps)
                    if event.monitor == TRAINING_LOSS:
                        progress.console.print(NO_VALIDATION, highlight=False)
                case StepDone():
                    note = f"loss {event.loss:.3f}  {event.events_per_second:,.0f} events/s"
                    progress.update(task, completed=event.step, description=f"epoch {event.epoch}", note=note)
                case EpochDone():
                    progress.console.print(_epoch_line(event), highlight=False)
            yield event


def _epoch_line(event: EpochDone) -> str:
    metrics = event.metrics
    validation = (
        f"validation {metrics['loss']:.3f}, Hit@10 {with_interval(metrics, 'hit@10')}" if metrics else "no validation"
    )
    best = "  best so far" if event.best else ""
    return f"epoch {event.epoch}: loss {event.train_loss:.3f}, {validation}{best}"


def _result(folder: RunFolder, last: Event) -> dict[str, Any]:
    from streamrec_core.evaluation.baselines import model_warning
    from streamrec_core.models.checkpoint import read_card
    from streamrec_core.training.events import RunDone, RunStopped

    state = "done" if isinstance(last, RunDone) else "stopped"
    summary: dict[str, Any] = {"run": str(folder.path), "state": state}
    if isinstance(last, RunDone):
        summary |= {
            "best_epoch": last.best_epoch,
            "reason": last.reason,
            "monitor": last.monitor,
            "test": last.metrics,
            "warning": model_warning(read_card(folder.best)),
        }
    elif isinstance(last, RunStopped):
        summary |= {"epoch": last.epoch, "step": last.step}
    return summary


def _report(folder: RunFolder, dataset: DataSet, last: Event) -> None:
    from streamrec_core.data.splits import split
    from streamrec_core.evaluation.baselines import few_items_note, model_warning
    from streamrec_core.evaluation.metrics import TABLE_METRICS
    from streamrec_core.models.card import follower_note
    from streamrec_core.models.checkpoint import read_card
    from streamrec_core.training.events import RunDone

    run = shlex.quote(str(folder.path))
    if not isinstance(last, RunDone):
        people.print(f"Stopped. Go on with: python -m streamrec_core train --run {run} --resume", markup=False)
        return
    rows = [(name, with_interval(last.metrics, name)) for name in TABLE_METRICS if last.metrics.get(name) is not None]
    people.print(table(f"Test of epoch {last.best_epoch} ({last.reason})", ("metric", "value [95% CI]"), rows))
    card = read_card(folder.best)
    if note := follower_note(card):
        people.print(note, markup=False, highlight=False, soft_wrap=True)
    if warning := model_warning(card):
        people.print(f"WARNING: {warning}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if note := few_items_note(int((~dataset.catalogue.neutral).sum())):
        people.print(note, markup=False, highlight=False, soft_wrap=True)
    tests = split(dataset, folder.config().split).test
    session = shlex.quote(dataset.log.session_ids[int(tests.sessions[0])]) if len(tests) else "ID"
    command = f"python -m streamrec_core explain --run {run} --session {session}"
    people.print(f"Explain with it: {command}", markup=False, highlight=False, soft_wrap=True)
