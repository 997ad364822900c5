"""The command `streamrec`, also `python -m streamrec_core`: its sub-commands and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

from streamrec_core.cli import (
    audit,
    dashboard,
    data,
    evaluate,
    explain,
    faithfulness,
    models_list,
    report,
    runs,
    study,
    train,
)
from streamrec_core.errors import StreamRecError

app = typer.Typer(
    name="streamrec",
    help="Explain what a session recommender recommends, and check the explanations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
app.add_typer(data.app, name="data")
app.add_typer(study.app, name="study")
app.add_typer(audit.app, name="audit")
app.add_typer(runs.app, name="runs")
app.add_typer(models_list.app, name="models")
app.command("dashboard")(dashboard.dashboard_command)
app.command("train")(train.train_command)
app.command("evaluate")(evaluate.evaluate_command)
app.command("compare")(evaluate.compare_command)
app.command("explain")(explain.explain_command)
app.command("faithfulness")(faithfulness.faithfulness_command)
app.command("report")(report.report_command)


def main() -> None:
    """Run a command; exit code 0 is success, 2 is bad input, with one line on standard error that says what to do."""
    try:
        app()
    except StreamRecError as error:
        sys.stderr.write(f"error: {error}{_options_note(error, sys.argv[1:])}\n")
        sys.exit(2)


def _options_note(error: StreamRecError, arguments: Sequence[str]) -> str:
    """The options of the command that set what is at fault, as in ` (--encoding)`; empty where it has none for it."""
    command: Any = typer.main.get_command(app)
    for word in arguments:
        if word not in getattr(command, "commands", ()):
            break
        command = command.commands[word]
    options = {param.name: param.opts[-1] for param in command.params if param.opts[-1].startswith("--")}
    # A command that takes settings by --set NAME=VALUE takes all that have no option of their own.
    rest = f"{options['setting']} {{}}" if "setting" in options else ""
    names = (options.get(name, rest.format(name)) for name in error.fields)
    note = ", ".join(dict.fromkeys(filter(None, names)))
    return f" ({note})" if note else ""
