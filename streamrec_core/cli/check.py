"""The `check` command: can a model be explained at all, and what is wrong with it; exit code 1 where a fault is."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.output import (
    CheckpointOption,
    DeviceOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    RunOption,
    people,
    print_json,
    shown_progress,
)
from streamrec_core.defaults import CHECK_SESSIONS

if TYPE_CHECKING:
    from pathlib import Path

    from streamrec_core.diagnosis.model_check.finding import ModelCheck, ModelCheckSettings

app = typer.Typer()

STYLES = {"ok": "green", "warning": "yellow", "fault": "bold red", "not checked": "dim"}


@app.command("check")
def check_command(
    checkpoint: CheckpointOption = None,
    run: RunOption = None,
    model_from: ModelFromOption = None,
    data: ModelDataOption = None,
    sessions: Annotated[int, typer.Option(help="Test sessions on which accuracy is measured.")] = CHECK_SESSIONS,
    seed: Annotated[int, typer.Option(help="Seed of the sample and of random changes.")] = 0,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Check whether a model can be explained, and what is wrong with it: lost events, padding, shifted ids, leaks ...

    Exit code 0: no fault (warnings may be); 1: at least one fault; 2: bad input, nothing was checked.

    Example: `streamrec check --run my-run --json`
    """
    from streamrec_core.diagnosis.model_check.finding import ModelCheckSettings

    settings, started = ModelCheckSettings.parse({"sessions": sessions, "seed": seed}, "check"), time.monotonic()
    with shown_progress(quiet=as_json):
        if model_from is None:
            check = _check_checkpoint(run, checkpoint, data, device, settings)
        else:
            check = _check_foreign(model_from, data, settings, alone=run is None and checkpoint is None)
    if as_json:
        print_json(as_plain(check))
    else:
        _print(check)
        people.print(f"Checked in {time.monotonic() - started:.0f} s.", style="dim", markup=False, highlight=False)
    if check.at("fault"):
        raise typer.Exit(1)


def _check_checkpoint(
    run: Path | None, checkpoint: Path | None, data: str | None, device: str, settings: ModelCheckSettings
) -> ModelCheck:
    """Check a model of our own; a checkpoint that does not load is a fault, one that does not exist bad input."""
    from streamrec_core.cli.models import checkpoint_for, open_model, run_folder
    from streamrec_core.data.presets import open_data
    from streamrec_core.diagnosis.model_check.loading import not_loaded
    from streamrec_core.diagnosis.model_check.run import check_model, not_run
    from streamrec_core.errors import StreamRecError
    from streamrec_core.models.checkpoint import load_checkpoint, read_card
    from streamrec_core.models.device import choose_device

    choose_device(device)
    folder = checkpoint_for(run, checkpoint)
    card = read_card(folder)
    dataset = open_data(data or (card.data.name if run is None else run_folder(run).config().data))
    try:
        model, dataset, kind = open_model(run, checkpoint, data, device)
    except StreamRecError as error:
        return not_run(card.name, dataset, settings, not_loaded(error, card.versions))

    def load() -> Any:
        return load_checkpoint(folder, dataset.catalogue, device)

    return check_model(model, dataset, settings, kind, load, card.versions)


def _check_foreign(model_from: str, data: str | None, settings: ModelCheckSettings, alone: bool) -> ModelCheck:
    """Check a model of another library; its own `load`, where it offers one, is how it is loaded again."""
    from streamrec_core.cli.models import open_foreign
    from streamrec_core.config import CALL_SECONDS
    from streamrec_core.diagnosis.model_check.run import check_model

    model, dataset = open_foreign(model_from, data, alone=alone)
    for part in model.left_in_training:  # the check must see the model as it was handed over
        part.training = True
    load_again: Any = getattr(model.scorer, "load", None)

    def load() -> Any:
        from streamrec_core.adapters import open_scorer

        return open_scorer(load_again(), dataset.catalogue, CALL_SECONDS.read())

    return check_model(model, dataset, settings, load=load if callable(load_again) else None)


def as_plain(check: ModelCheck) -> dict[str, Any]:
    """A model check under the names that scripts rely on."""
    return {
        "model": check.model,
        "data": check.data,
        "faults": len(check.at("fault")),
        "warnings": len(check.at("warning")),
        "findings": [asdict(finding) for finding in check.findings],
        "settings": check.settings.model_dump(),
    }


def _print(check: ModelCheck) -> None:
    for finding in check.findings:
        people.print(f"{finding.level:<12}", style=STYLES[finding.level], end="", markup=False, highlight=False)
        people.print(f"{finding.check}: {finding.text}", markup=False, highlight=False, soft_wrap=True)
        if finding.way_out:
            people.print(f"{'':<12}-> {finding.way_out}", markup=False, highlight=False, soft_wrap=True)
    people.print(check.summary()[0], style="bold", markup=False, highlight=False)
