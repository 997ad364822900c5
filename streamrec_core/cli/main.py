"""The command `streamrec`, also `python -m streamrec_core`: its sub-commands and exit codes."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import typer
from pydantic import ValidationError

from streamrec_core.cli import (
    audit,
    check,
    controls,
    dashboard,
    data,
    diff,
    evaluate,
    explain,
    faithfulness,
    models_list,
    report,
    report_check,
    runs,
    study,
    train,
    why_not,
)
from streamrec_core.config import settings_fault
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import disk_fault
from streamrec_core.recovery import recover_workspace

LARGEST = 2**31 - 1
"""The largest whole number that an option takes."""

app = typer.Typer(
    name="streamrec",
    help="Explain what a session recommender recommends, and check the explanations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
for module in (dashboard, train, evaluate, diff, explain, why_not, faithfulness, controls, check, report, report_check):
    app.add_typer(module.app)
for name, group in (("data", data), ("models", models_list), ("runs", runs), ("audit", audit), ("study", study)):
    app.add_typer(group.app, name=name)


def main() -> None:
    """Run a command; exit code 0 is success, 1 a fault that a check finds, 2 bad input.

    Bad input gives one line on standard error that says what to do.
    """
    sys.argv[1:] = map(_expand_home, sys.argv[1:])
    try:
        _check_numbers(sys.argv[1:])
        _check_paths(sys.argv[1:])
        recover_workspace()
        _root()()
    except StreamRecError as error:
        fault: StreamRecError = error
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        fault = disk_fault(error)
    except RuntimeError as error:
        if "Symlink loop" not in str(error):  # what Path.resolve of Python 3.11 and 3.12 says
            raise
        fault = disk_fault(OSError(errno.ELOOP, "", str(error).partition("'")[2].rstrip("'")))
    except ValidationError as error:
        fault = settings_fault(error)
    except OverflowError as error:
        fault = BadInput(f"a number is out of range: {error}; choose a smaller one")
    except MemoryError:
        fault = BadInput("there is not enough memory for this; choose smaller numbers or a smaller log")
    else:
        return
    sys.stderr.write(f"error: {fault}{_options_note(fault, sys.argv[1:])}\n")
    sys.exit(2)


def _expand_home(argument: str) -> str:
    """An argument with ~ as the home folder, which shells leave as it is in `--out=~/packs`."""
    option, equals, value = argument.partition("=")
    if option.startswith("--") and equals:
        return f"{option}={os.path.expanduser(value)}"
    return os.path.expanduser(argument)


def _check_numbers(arguments: Sequence[str]) -> None:
    """Refuse whole numbers that no library below can hold."""
    whole = {option for param in _command_of(arguments).params if _is_whole(param) for option in param.opts}
    for option, value in _values(arguments):
        if option in whole and re.fullmatch(r"[+-]?\d+", value) and abs(int(value[:40])) > LARGEST:
            raise BadInput(f"{option} {value[:20]} is out of range; choose a number between -{LARGEST} and {LARGEST}")


def _check_paths(arguments: Sequence[str]) -> None:
    """Refuse an empty path, which would mean this folder (an unset variable of a shell), and the sign for a pipe."""
    paths = {option for param in _command_of(arguments).params if _is_of(param, "Path") for option in param.opts}
    for option, path in _values(arguments):
        if option in paths and path in ("", "-"):
            written = "is empty" if not path else "- (a pipe) is not read or written"
            raise BadInput(f"{option}: the path {written}; name a file or folder")


def _values(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Options with the word that follows each."""
    words = [
        part for argument in arguments for part in (argument.split("=", 1) if argument[:2] == "--" else [argument])
    ]
    return list(pairwise(words))


def _is_whole(param: Any) -> bool:
    """Whether an option takes a whole number; versions of typer keep its type in different places."""
    return _is_of(param, "int")


def _is_of(param: Any, name: str) -> bool:
    """Whether an option takes values of a type; versions of typer keep it in different places."""
    kind = getattr(param, "type", None) or getattr(param, "type_descriptor", None)
    words = re.findall(r"\w+", str(getattr(kind, "annotation", "")))
    return name.capitalize() in type(kind).__name__ or name in words


@cache
def _root() -> Any:
    """All commands; typer takes 30 ms to build them."""
    return typer.main.get_command(app)


def _command_of(arguments: Sequence[str]) -> Any:
    """The command that the arguments call."""
    command = _root()
    for word in arguments:
        if word not in getattr(command, "commands", ()):
            break
        command = command.commands[word]
    return command


def _options_note(error: StreamRecError, arguments: Sequence[str]) -> str:
    """The options of the command that set what is at fault, as in ` (--encoding)`; empty where it has none for it."""
    command = _command_of(arguments)
    options = {param.name: param.opts[-1] for param in command.params if param.opts[-1].startswith("--")}
    # A command that takes settings by --set NAME=VALUE takes all that have no option of their own.
    rest = f"{options['setting']} {{}}" if "setting" in options else ""
    names = (options.get(name, rest.format(name)) for name in error.fields)
    note = ", ".join(dict.fromkeys(filter(None, names)))
    return f" ({note})" if note else ""
