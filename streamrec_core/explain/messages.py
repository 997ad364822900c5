"""Message catalogue: one whole sentence a message, by reader, with named placeholders."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords
from streamrec_core.data.nouns import in_log_words
from streamrec_core.data.shown_number import shown_number
from streamrec_core.data.shown_text import shown_text
from streamrec_core.errors import BadInput

Reader = Literal["viewer", "analyst", "regulator"]
READERS: tuple[Reader, ...] = get_args(Reader)

TITLES_NAMED = 2
"""Titles that a list names before it counts the rest."""


class Messages:
    """Every message, and how numbers and titles are written in it.

    A message is a sentence, or a choice between sentences by number (`zero`, `one`, `other`) or by outcome (`falls`: to
    a worse rank, `weakens`: less likely at the same rank; `both` kinds of random edits were tried, `replaced` events
    alone, `left out` ones alone).

    Examples
    --------
    >>> messages().number(-1234.5, 1)
    '−1,234.5'
    """

    def __init__(self, table: Mapping[str, Any], words: LogWords = STREAMREC_WORDS) -> None:
        self._table, self._words = table, words

    def say(self, *path: str, count: int = 1, outcome: str = "", **values: str) -> str:
        """Write the sentence at a path of keys.

        Parameters
        ----------
        *path : str
            Keys from the root of the catalogue.
        count : int
            Selects between singular and plural, and fills `{count}`.
        outcome : str
            Selects between sentences by outcome.
        **values : str
            Fill the other placeholders.

        Returns
        -------
        str

        Examples
        --------
        >>> messages().say("format", "more", count=3, first="'A'", second="'B'")
        "'A', 'B' and 3 more"
        """
        message: Any = self._table
        for name in path:
            message = message[name]
        while not isinstance(message, str):
            message = message[outcome] if outcome in message else message[_plural(count, message)]
        return in_log_words(message, self._words).format(count=self.number(count), **values)

    def raw(self, path: str) -> str:
        """Return the message at a path of `flat`, its placeholders not filled."""
        message: Any = self._table
        for name in path.split("/"):
            message = message[name]
        return str(message)

    def number(self, value: float, digits: int = 0, signed: bool = False) -> str:
        """Write a number with commas at thousands and a true minus sign.

        Parameters
        ----------
        value : float
        digits : int
            After the decimal mark.
        signed : bool
            Whether a positive number gets a plus sign.

        Returns
        -------
        str
        """
        return shown_number(value, f"{'+' if signed else ''},.{digits}f")

    def p_value(self, p: float) -> str:
        """Write a p value with three digits; a smaller one as below them."""
        return f"< {self.number(0.001, 3)}" if p < 0.001 else self.number(p, 3)

    def percent(self, share: float) -> str:
        """Write a share (0 to 1) as a percentage with about two significant figures: 12%, 1.2%, 0.12%."""
        if 0 < share < 1e-4:
            return "under 0.01%"
        digits = 0 if share >= 0.1 or share == 0 else 1 if share >= 0.01 else 2
        return f"{self.number(100 * share, digits)}%"

    def titles(self, titles: Sequence[str]) -> str:
        """Quote titles: the first two, long ones cut, and how many more there are."""
        quoted = [f"'{shown_text(title)}'" for title in titles]
        if len(quoted) < TITLES_NAMED:
            return "".join(quoted)
        if len(quoted) == TITLES_NAMED:
            return self.say("format", "two", first=quoted[0], second=quoted[1])
        more = len(quoted) - TITLES_NAMED
        return self.say("format", "more", count=more, first=quoted[0], second=quoted[1])

    def flat(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Iterate over every sentence's path and its placeholders."""
        return _flat(self._table, ())


def _plural(count: int, choices: Mapping[str, Any]) -> str:
    if count == 0 and "zero" in choices:
        return "zero"
    return "one" if count == 1 else "other"


def _flat(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    for name, value in table.items():
        if isinstance(value, str):
            fields = frozenset(field for _, field, _, _ in string.Formatter().parse(value) if field)
            yield "/".join((*path, name)), fields
        else:
            yield from _flat(value, (*path, name))


@lru_cache(maxsize=32)
def messages(words: LogWords = STREAMREC_WORDS) -> Messages:
    """Return the message catalogue, in the words of a data set."""
    text = (files("streamrec_core.explain") / "messages.json").read_text(encoding="utf-8")
    return Messages(json.loads(text), words)


def check_reader(reader: str) -> Reader:
    """Return the reader of this name; raises `BadInput` for an unknown one."""
    if reader not in READERS:
        raise BadInput(f"unknown reader {reader!r}; choose one of {', '.join(READERS)}")
    return reader
