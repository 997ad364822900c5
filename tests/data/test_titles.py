"""The invented catalogue: distinct, of the promised sizes, the same everywhere."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from streamrec_core.data.titles import CATEGORIES, LONGEST_TITLE, invent_titles

TITLES_SHA256 = "f7a328717e10d8283b57cc5da393a97dd7d5f04840620c5551c8cdf5b5a70db6"


def test_five_thousand_distinct_titles_in_twenty_categories() -> None:
    invented = invent_titles()
    assert len(invented.titles) == 5_000
    assert len({title.casefold() for title in invented.titles}) == 5_000
    sizes = np.bincount(invented.categories)
    assert len(CATEGORIES) == len(sizes) == 20
    assert sizes.min() >= 120
    assert sizes.max() <= 420


def test_episodes_of_a_series_count_from_one_within_one_category() -> None:
    invented = invent_titles()
    in_series = invented.series >= 0
    assert 0.25 < in_series.mean() < 0.35
    for number in range(invented.series.max() + 1):
        rows = np.flatnonzero(invented.series == number)
        assert sorted(invented.episodes[rows]) == list(range(1, len(rows) + 1))
        assert 4 <= len(rows) <= 12
        assert len(set(invented.categories[rows])) == 1
        assert len({invented.titles[row].split(", Episode")[0] for row in rows}) == 1
    assert not invented.episodes[~in_series].any()
    assert len({invented.categories[row] for row in np.flatnonzero(in_series)}) == 20


def test_titles_read_as_titles() -> None:
    for title in invent_titles().titles:
        assert len(title) <= LONGEST_TITLE + 30, title
        assert "  " not in title, title
        assert title == title.strip(), title
        assert title[0].isupper(), title
        assert not re.search(r"\bA [AEIOU]|\bThe The\b|[{}]", title), title


def test_the_same_titles_in_the_same_order_on_every_machine() -> None:
    joined = "\n".join(invent_titles().titles)
    assert hashlib.sha256(joined.encode()).hexdigest() == TITLES_SHA256
