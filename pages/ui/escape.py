"""Text from data made harmless for widgets that render markdown: titles, ids, names that anyone may have written."""

from __future__ import annotations

import re

from streamrec_core.data.shown_text import shown_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>&])")
# A word joiner breaks what has no escape of its own: directives, emoji shortcodes and bare addresses.
_JOINER = "\u2060"
_BARE = re.compile(r"(:|@|w(?=w))", re.IGNORECASE)

LONGEST = 2_000
"""Characters that a page shows of a text, whatever it is."""


def plain(text: str, width: int | None = None) -> str:
    """The text on one line, shown by a markdown widget exactly as it stands.

    Parameters
    ----------
    text : str
    width : int or None
        Longest length before escaping, `LONGEST` when None; a longer text ends with an ellipsis, an empty one is
        "untitled".
    """
    line = shown_text(text, width or LONGEST) or "untitled"
    return _BARE.sub(rf"\1{_JOINER}", _SPECIAL.sub(r"\\\1", line))
