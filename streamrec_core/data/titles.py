"""Generate titles: 5,000 fictional films, series episodes and documentaries."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

SEED = 7
SERIES_SHARE = 0.3
SHORTEST_SERIES, LONGEST_SERIES = 4, 12
LONGEST_TITLE = 45
"""Without the words for the episode."""

_WORDS: dict[str, Any] = json.loads((files("streamrec_core.data") / "title_words.json").read_text(encoding="utf-8"))
CATEGORIES: tuple[str, ...] = tuple(_WORDS["categories"])
"""The 20 categories, in fixed order."""

# Every second title comes from the general forms, the rest from those of its category.
GENERAL_FORMS = ("The {adjective} {noun}", "The {adjective} {noun}", "{adjective} {noun}", "The {noun} of {place}")


@dataclass(frozen=True, eq=False)
class InventedTitles:
    """The titles by catalogue row.

    Attributes
    ----------
    titles : tuple of V str
        Distinct, also when letter case is ignored.
    categories : (V,) int16
        Rows of `CATEGORIES`.
    series : (V,) int32
        Number of the series; -1 where a title stands alone.
    episodes : (V,) int16
        1, 2, ... within a series; 0 where a title stands alone.
    """

    titles: tuple[str, ...]
    categories: npt.NDArray[np.int16]
    series: npt.NDArray[np.int32]
    episodes: npt.NDArray[np.int16]


@dataclass(frozen=True)
class _Entry:
    title: str
    category: int
    series: int
    episode: int


@lru_cache(maxsize=1)
def invent_titles() -> InventedTitles:
    """Invent the whole catalogue; always the same, and in shuffled order."""
    chance = random.Random(SEED)
    entries: list[_Entry] = []
    taken: set[str] = set()
    for code, name in enumerate(CATEGORIES):
        names = _distinct(_forms(name, chance), taken)
        entries += _series(code, names, chance, first=1 + max((entry.series for entry in entries), default=-1))
        singles = _WORDS["categories"][name]["size"] - sum(entry.category == code for entry in entries)
        entries += [_Entry(next(names), code, -1, 0) for _ in range(singles)]
    chance.shuffle(entries)
    return InventedTitles(
        tuple(entry.title for entry in entries),
        np.array([entry.category for entry in entries], np.int16),
        np.array([entry.series for entry in entries], np.int32),
        np.array([entry.episode for entry in entries], np.int16),
    )


def _series(code: int, names: Iterator[str], chance: random.Random, first: int) -> list[_Entry]:
    """Episodes of as many series as make up the category's share of them."""
    size = round(_WORDS["categories"][CATEGORIES[code]]["size"] * SERIES_SHARE)
    entries: list[_Entry] = []
    number = first
    while len(entries) < size - SHORTEST_SERIES:
        episodes = min(chance.randint(SHORTEST_SERIES, LONGEST_SERIES), size - len(entries))
        name = next(title for title in names if len(title) <= 32 and not set(title) & set("?!:"))
        words = chance.sample(_WORDS["episode_words"], episodes)
        entries += [
            _Entry(f"{name}, Episode {episode}: {word}", code, number, episode)
            for episode, word in enumerate(words, start=1)
        ]
        number += 1
    return entries


def _forms(category: str, chance: random.Random) -> Iterator[str]:
    """Titles in the manner of a category, without end; some come twice."""
    words = _WORDS["categories"][category]
    while True:
        form = chance.choice(GENERAL_FORMS if chance.random() < 0.55 else words["templates"])
        yield form.format(
            adjective=chance.choice(words["adjectives"]),
            noun=chance.choice(words["nouns"]),
            place=chance.choice(_WORDS["places"]),
            name=chance.choice(_WORDS["names"]),
        )


def _distinct(titles: Iterator[str], taken: set[str]) -> Iterator[str]:
    """Titles that were not given before, letter case ignored, that fit a line and do not say `A Elopement`."""
    for title in titles:
        if title.casefold() not in taken and len(title) <= LONGEST_TITLE and not re.search(r"\bA [AEIOU]", title):
            taken.add(title.casefold())
            yield title
