"""The `runs` commands: list, stop, resume, rename and delete the training runs of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.output import JsonOption, people, print_json, table, with_interval
from streamrec_core.config import runs_folder
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.training.summary import RunSummary

app = typer.Typer(help="List, stop, resume, rename and delete training runs.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the run, as `runs list` shows it.")]


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """List all runs in the workspace, the newest first."""
    from streamrec_core.training.summary import list_runs

    listing = list_runs(runs_folder())
    if as_json:
        damaged = {name: str(error) for name, error in listing.damaged.items()}
        print_json({"runs": [_as_dict(run) for run in listing.runs], "damaged": damaged})
        return
    rows = [
        (
            run.name,
            f"queued, number {run.queue_position}" if run.queue_position else run.state,
            run.config.model,
            run.config.recipe,
            with_interval(run.metrics("validation"), "hit@10"),
            run.message,
        )
        for run in listing.runs
    ]
    people.print(table("Runs", ("name", "state", "model", "recipe", "validation Hit@10", "message"), rows))
    for run in listing.runs:
        if run.replaced:
            people.print(f"{run.name}: {run.replaced}", markup=False, highlight=False, soft_wrap=True)
    for name, fault in listing.damaged.items():
        people.print(f"{name} cannot be read: {fault}", markup=False)


@app.command("stop")
def stop_command(name: NameArgument, as_json: JsonOption = False) -> None:
    """Stop a run after its current step, or remove it from the queue; it can be resumed."""
    from streamrec_core.training import manage

    manage.stop(runs_folder(), name)
    _print_state(name, f"{name} stops after its current step.", as_json)


@app.command("resume")
def resume_command(name: NameArgument, as_json: JsonOption = False) -> None:
    """Queue a stopped or failed run again; it resumes from its last checkpoint."""
    from streamrec_core.training import manage

    manage.resume(runs_folder(), name)
    _print_state(name, f"{name} is queued.", as_json)


@app.command("rename")
def rename_command(
    name: NameArgument, new: Annotated[str, typer.Argument(help="The new name.")], as_json: JsonOption = False
) -> None:
    """Rename a run and its model."""
    from streamrec_core.training import manage

    manage.rename(runs_folder(), name, new)
    _print_state(new, f"Renamed {name} to {new}.", as_json)


@app.command("delete")
def delete_command(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm the deletion.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a run and its checkpoints permanently."""
    from streamrec_core.training import manage

    if not yes:
        raise BadInput(f"deleting {name} and its checkpoints cannot be undone; add --yes to confirm")
    manage.delete(runs_folder(), name)
    if as_json:
        print_json({"run": name, "state": "deleted"})
    else:
        people.print(f"Deleted {name}.", markup=False)


def _print_state(name: str, words: str, as_json: bool) -> None:
    from streamrec_core.training.summary import list_runs

    if as_json:
        run = list_runs(runs_folder()).get(name)
        print_json(_as_dict(run) if run is not None else {"run": name})
    else:
        people.print(words, markup=False)


def _as_dict(run: RunSummary) -> dict[str, Any]:
    return {
        "run": run.name,
        "state": run.state,
        "place": run.queue_position,
        "message": run.message,
        "replaced": run.replaced,
        "epoch": run.epoch,
        "settings": run.settings(),
        "metrics": run.card.metrics if run.card is not None else {},
    }
