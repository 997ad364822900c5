"""Errors of the core in the words of a page: server folders left out, and the controls that fix them named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from streamrec_core.config import PROJECT, checkpoints_folder, workspace
from streamrec_core.errors import StreamRecError

FILE_NAME = re.compile(r"\S*\.\w{1,8}[,:]?(\s|$)")
WORD = re.compile(r"[a-z]+[,;:]?(\s|$)")


def error_text(error: StreamRecError, controls: Mapping[str, str] | None = None) -> str:
    """The message of an error as a sentence, followed by the controls of the page that set what is at fault.

    Parameters
    ----------
    error : StreamRecError
    controls : mapping of str to str
        Label of a control by the setting that it changes.

    Returns
    -------
    str
    """
    return sentence(error_phrase(error)) + controls_note(error.fields, controls or {})


def error_phrase(error: StreamRecError) -> str:
    """The message of an error for use inside a sentence of the page."""
    return error.text(shown_path)


def sentence(message: str) -> str:
    """Begin a message with a capital letter; a file name is kept as it is, behind the word "File".

    Parameters
    ----------
    message : str

    Returns
    -------
    str

    Examples
    --------
    >>> sentence("there is no session 9")
    'There is no session 9'
    >>> sentence("log.csv, line 3: no item")
    'File log.csv, line 3: no item'
    """
    if FILE_NAME.match(message):
        return f"File {message}"
    return message[:1].upper() + message[1:] if WORD.match(message) else message


def controls_note(fields: Iterable[str], controls: Mapping[str, str]) -> str:
    """The labels of the controls for these settings in brackets, as in ` (“Encoding”)`; empty where there are none."""
    labels = control_labels(fields, controls)
    return f" ({labels})" if labels else ""


def control_labels(fields: Iterable[str], controls: Mapping[str, str]) -> str:
    """The labels of the controls for these settings, as in `“Encoding”, “Quotes”`."""
    return ", ".join(f"“{label}”" for label in dict.fromkeys(controls[name] for name in fields if name in controls))


def shown_path(path: Path) -> str:
    """A path below the folder that visitors know of; of any other path the last part."""
    for folder in (workspace(), checkpoints_folder(), PROJECT):
        if path.is_relative_to(folder):
            return str(path.relative_to(folder))
    return path.name
