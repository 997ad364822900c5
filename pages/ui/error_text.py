"""Errors of the core in the words of a page: server folders left out, and the controls that fix them named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from streamrec_core.config import PROJECT, checkpoints_folder, workspace
from streamrec_core.errors import StreamRecError


def error_text(error: StreamRecError, controls: Mapping[str, str] | None = None) -> str:
    """The message of an error, followed by the controls of the page that set what is at fault.

    Parameters
    ----------
    controls : mapping of str to str
        Label of a control by the setting that it changes.
    """
    return error.text(shown_path) + controls_note(error.fields, controls or {})


def controls_note(fields: Iterable[str], controls: Mapping[str, str]) -> str:
    """The labels of the controls for these settings in brackets, as in ` (“Encoding”)`; empty where there are none."""
    labels = ", ".join(f"“{label}”" for label in dict.fromkeys(controls[name] for name in fields if name in controls))
    return f" ({labels})" if labels else ""


def shown_path(path: Path) -> str:
    """A path below the folder that visitors know of; of any other path the last part."""
    for folder in (workspace(), checkpoints_folder(), PROJECT):
        if path.is_relative_to(folder):
            return str(path.relative_to(folder))
    return path.name
