"""The message catalogues: one whole sentence a message, by reader and language, with named places for what varies."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from streamrec_core.errors import BadInput

Reader = Literal["viewer", "analyst", "regulator"]
Language = Literal["en", "de"]
READERS: tuple[Reader, ...] = get_args(Reader)
LANGUAGES: dict[Language, str] = {"en": "English", "de": "Deutsch"}

TITLES_NAMED = 2
"""A list of titles names so many and counts the rest."""


class Messages:
    """The messages of one language.

    A message is a sentence, or a choice between sentences by number (`zero`, `one`, `other`; English and German need
    no more) or by outcome (`falls`: to a worse rank, `weakens`: less likely at the same rank; `both` kinds of random
    edits were tried, `replaced` events alone, `left out` ones alone).
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def say(self, *path: str, count: int = 1, outcome: str = "", **values: str) -> str:
        """The sentence at this path for a count and an outcome, with its places filled."""
        found: Any = self._table
        for name in path:
            found = found[name]
        while not isinstance(found, str):
            found = found[outcome] if outcome in found else found[_plural(count, found)]
        return found.format(count=self.number(count), **values)

    def raw(self, path: str) -> str:
        """The message at a path of `flat`, its places not filled."""
        found: Any = self._table
        for name in path.split("/"):
            found = found[name]
        return str(found)

    def number(self, value: float, digits: int = 0, signed: bool = False) -> str:
        """A number as the language writes it."""
        text = f"{value:{'+' if signed else ''},.{digits}f}"
        own = {",": self._table["format"]["thousands"], ".": self._table["format"]["decimal"], "-": "−"}
        return "".join(own.get(mark, mark) for mark in text)

    def p_value(self, p: float) -> str:
        """A p value with three digits; a smaller one as below them."""
        return f"< {self.number(0.001, 3)}" if p < 0.001 else self.number(p, 3)

    def percent(self, share: float) -> str:
        """A share (0 to 1) with about two figures that count: 12%, 1.2%, 0.12%."""
        if 0 < share < 1e-4:
            return str(self._table["format"]["tiny_percent"])
        digits = 0 if share >= 0.1 or share == 0 else 1 if share >= 0.01 else 2
        return str(self._table["format"]["percent"].format(figure=self.number(100 * share, digits)))

    def titles(self, titles: Sequence[str]) -> str:
        """Titles in quotes: the first two, and how many more there are."""
        quoted = [self._table["format"]["title"].format(title=title) for title in titles]
        if len(quoted) < TITLES_NAMED:
            return "".join(quoted)
        if len(quoted) == TITLES_NAMED:
            return self.say("format", "two", first=quoted[0], second=quoted[1])
        more = len(quoted) - TITLES_NAMED
        return self.say("format", "more", count=more, first=quoted[0], second=quoted[1])

    def flat(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Every sentence's path, and the places it fills."""
        return _flat(self._table, ())


def _plural(count: int, choices: Mapping[str, Any]) -> str:
    if count == 0 and "zero" in choices:
        return "zero"
    return "one" if count == 1 else "other"


def _flat(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    for name, value in table.items():
        if isinstance(value, str):
            places = frozenset(place for _, place, _, _ in string.Formatter().parse(value) if place)
            yield "/".join((*path, name)), places
        else:
            yield from _flat(value, (*path, name))


@lru_cache(maxsize=len(LANGUAGES))
def _read(language: str) -> Messages:
    text = (files("streamrec_core.explain") / f"messages_{language}.json").read_text(encoding="utf-8")
    return Messages(json.loads(text))


def messages(language: str) -> Messages:
    """The messages of a language; raises `BadInput` where there are none."""
    if language not in LANGUAGES:
        raise BadInput(f"no words in the language {language!r}; choose one of {', '.join(LANGUAGES)}")
    return _read(language)


def check_reader(reader: str) -> Reader:
    """The reader of this name; raises `BadInput` for any other."""
    if reader not in READERS:
        raise BadInput(f"unknown reader {reader!r}; choose one of {', '.join(READERS)}")
    return reader
