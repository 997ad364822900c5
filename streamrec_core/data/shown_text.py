"""Texts from data as they are shown: on one line, cut with an ellipsis, and without characters that act on their own.

Titles and categories come from logs that anyone may have written: they may have 10,000 characters, reverse the text
after them, bury the lines around them under combining marks, or hold the commands of a terminal.
"""

from __future__ import annotations

import hashlib
import re

ELLIPSIS = "…"
TITLE_LENGTH = 160
"""Characters of a title or category within a sentence, a cell or a line."""
MARKS = 4
"""Combining marks on one letter; no script in use needs more."""
_ACTING = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\ud800-\udfff]"
)
"""Controls of terminals, of the direction of writing and of annotations, and halves of characters."""
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
_PILED = re.compile(f"({_MARK}{{{MARKS}}}){_MARK}+")
_MARKS_BEHIND = re.compile(f"{_MARK}+$")


def one_line(text: str) -> str:
    r"""A text on one line, without characters that would act on what stands around it.

    Examples
    --------
    >>> one_line("Night\nShift\x00 \u202etxt")
    'Night Shift txt'
    """
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return _PILED.sub(r"\1", " ".join(_ACTING.sub("", line).split()))


def shown_text(text: str, width: int = TITLE_LENGTH) -> str:
    """A text on one line, cut to a width.

    Parameters
    ----------
    text : str
    width : int
        Characters at most, an ellipsis included.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_text("The Night Shift", 10)
    'The Night…'
    """
    line = one_line(text)
    return line if len(line) <= width else _MARKS_BEHIND.sub("", line[: width - 1]).rstrip() + ELLIPSIS


def distinct_text(text: str, width: int = TITLE_LENGTH) -> str:
    """As `shown_text`, with a part of its hash where it is changed, so that different texts stay different.

    Parameters
    ----------
    text : str
    width : int
        Characters at most.

    Returns
    -------
    str

    Examples
    --------
    >>> distinct_text("Night Shift")
    'Night Shift'
    >>> distinct_text("The Night Shift", 14)
    'The… e7a9be0f'
    """
    shown = shown_text(text, width)
    if shown == text:
        return text
    number = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
    return f"{shown_text(text, width - len(number) - 1)} {number}"
