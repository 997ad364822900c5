"""`runs`: the runs of the workspace, as the Training page has them: list, stop, resume, rename, delete."""

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
    """Show every run in the workspace, the newest first."""
    from streamrec_core.training.summary import list_runs

    found = list_runs(runs_folder())
    if as_json:
        print_json({"runs": [_as_dict(run) for run in found.runs], "damaged": found.damaged})
        return
    rows = [(run.name, _state(run), run.config.model, run.config.recipe, _hit(run), run.message) for run in found.runs]
    people.print(table("Runs", ("name", "state", "model", "recipe", "Hit@10, validation", "why"), rows))
    for run in found.runs:
        if run.replaced:
            people.print(f"{run.name}: {run.replaced}", markup=False, highlight=False, soft_wrap=True)
    for name, fault in found.damaged.items():
        people.print(f"{name} cannot be read: {fault}", markup=False)


@app.command("stop")
def stop_command(name: NameArgument, as_json: JsonOption = False) -> None:
    """Stop a run after its current step, or take it out of line; it can be resumed."""
    from streamrec_core.training import manage

    manage.stop(runs_folder(), name)
    _say(name, f"{name} stops after its current step.", as_json)


@app.command("resume")
def resume_command(name: NameArgument, as_json: JsonOption = False) -> None:
    """Put a run that stopped or failed in line again; it goes on where it was saved."""
    from streamrec_core.training import manage

    manage.resume(runs_folder(), name)
    _say(name, f"{name} is in line.", as_json)


@app.command("rename")
def rename_command(
    name: NameArgument, new: Annotated[str, typer.Argument(help="The new name.")], as_json: JsonOption = False
) -> None:
    """Give a run, and the model it made, another name."""
    from streamrec_core.training import manage

    manage.rename(runs_folder(), name, new)
    _say(new, f"{name} is called {new} now.", as_json)


@app.command("delete")
def delete_command(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove a run with its checkpoints for good."""
    from streamrec_core.training import manage

    if not yes:
        raise BadInput(f"{name} would be gone with its checkpoints; add --yes to delete it for good")
    manage.delete(runs_folder(), name)
    if as_json:
        print_json({"run": name, "state": "deleted"})
    else:
        people.print(f"{name} is deleted.", markup=False)


def _say(name: str, words: str, as_json: bool) -> None:
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


def _state(run: RunSummary) -> str:
    return f"waiting, number {run.queue_position}" if run.queue_position else run.state


def _hit(run: RunSummary) -> str:
    return with_interval(run.metrics("validation"), "hit@10")
