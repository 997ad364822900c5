"""Import rating logs: a user is a session, stars are engagement levels, the rarest genre is the category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pydantic import Field

from streamrec_core.data.catalogue import NEUTRAL, Catalogue, IntArray
from streamrec_core.data.importers.again import record_import
from streamrec_core.data.importers.coded import codes
from streamrec_core.data.importers.events import Events
from streamrec_core.data.importers.genres import at_level, joined, rarest
from streamrec_core.data.importers.imported import Imported, ImportReport, ImportSettings, report_of
from streamrec_core.data.importers.rows import BadRows, RowMask, Rows, empty, quoted
from streamrec_core.data.importers.sessions import Cut, cut_sessions, item_rows
from streamrec_core.errors import BadInput

GROUPLENS = (
    "GroupLens data, for research use only; must not be redistributed (its README has the terms; "
    "get it from grouplens.org)"
)
RATINGS_CARD: dict[str, Any] = {
    "kind": "ratings",
    "wording": "ratings",
    "split": "leave-last-out",
    "filter_seen": True,
    "train_positions": "all",
}


class RatingSettings(ImportSettings):
    """Settings of importers that bring their own catalogue file.

    Attributes
    ----------
    min_item_ratings : int
        Items with fewer ratings are left out; 5 is what published results use.
    max_events : int
        Events kept before the target; 0 keeps all, as it should be: how many a model reads is the model's setting.
    """

    min_item_ratings: int = Field(5, ge=1)
    max_events: int = Field(0, ge=0)


@dataclass(frozen=True)
class Items:
    """The catalogue file, checked: ids are distinct, every item has a title."""

    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]


def read_items(rows: Rows, item: str, title: str | None, mask: RowMask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read ids and titles of the good rows; an id that is missing or appears twice is a fault.

    Parameters
    ----------
    rows : Rows
    item : str
        Column of the ids.
    title : str or None
        Column of the titles; None uses the ids.
    mask : RowMask
        Changed in place.

    Returns
    -------
    tuple of two tuples of str
        Ids and titles.
    """
    ids = rows.ids(item)
    mask.reject(empty(ids), lambda row: "no item id")
    numbers, _ = codes(ids)
    _, first = np.unique(numbers, return_index=True)
    again = np.ones(len(ids), np.bool_)
    again[first] = False
    mask.reject(again, lambda row: f"item {quoted(ids[row])} stands twice")
    item_ids = _good_texts(ids, mask)
    titles = item_ids if title is None else _good_texts(one_line(rows.text(title)), mask)
    return item_ids, tuple(name or number for name, number in zip(titles, item_ids, strict=True))


def one_line(text: Any) -> Any:
    """Titles and categories on one line, with single spaces."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"[\s\x00]+", " "))


def catalogue_of(items: Items, rows: IntArray) -> Catalogue:
    """Make the catalogue of the items that have a row, in the order of their file.

    Parameters
    ----------
    items : Items
    rows : (number of items,) int64
        Catalogue row of each item; -1 leaves it out.

    Returns
    -------
    Catalogue
    """
    present = np.flatnonzero(rows >= 0).tolist()
    genres = [items.genres[item] for item in present]
    named = rarest(genres)
    if NEUTRAL in named:
        raise BadInput(f"{NEUTRAL!r} is the word for items such as a home page; rename the genre of that name")
    return build_catalogue(
        tuple(items.item_ids[item] for item in present),
        tuple(items.titles[item] for item in present),
        named,
        genres=joined(genres),
    )


def build_catalogue(
    item_ids: tuple[str, ...],
    titles: tuple[str, ...],
    named: tuple[str, ...],
    genres: tuple[str, ...] = (),
) -> Catalogue:
    """Make a catalogue with its categories in order of name; `neutral` is last, and its items are neutral.

    Parameters
    ----------
    item_ids : tuple of V str
    titles : tuple of V str
    named : tuple of V str
        Category of each item.
    genres : tuple of V str
        All genres of each item joined by `|`; empty where there is one each.

    Returns
    -------
    Catalogue
    """
    categories = sorted(set(named), key=lambda name: (name == NEUTRAL, name))
    number = {name: code for code, name in enumerate(categories)}
    return Catalogue(
        item_ids=item_ids,
        titles=titles,
        category_of=np.array([number[name] for name in named], np.int64),
        categories=tuple(categories),
        neutral=np.array([name == NEUTRAL for name in named], np.bool_),
        genres=genres,
    )


def catalogue_of_categories(
    item_ids: tuple[str, ...], titles: tuple[str, ...], categories: Sequence[tuple[str, ...]], level: int = 0
) -> Catalogue:
    """Make a catalogue of items with several categories each: all are kept, the rarest counts in the measures.

    Parameters
    ----------
    item_ids : tuple of V str
    titles : tuple of V str
    categories : sequence of V tuples of str
        None of them empty.
    level : int
        Level of category paths that counts in the measures, from 1; 0: the rarest, whatever its level.

    Returns
    -------
    Catalogue
    """
    several = any(len(names) > 1 for names in categories)
    named = rarest([at_level(names, level) for names in categories])
    return build_catalogue(item_ids, titles, named, genres=joined(categories) if several else ())


def rated(events: Events, items: Items, settings: RatingSettings, path: Path) -> tuple[Catalogue, Cut]:
    """Leave out rarely rated items and order the events of every user.

    Parameters
    ----------
    events : Events
    items : Items
    settings : RatingSettings
    path : Path
        The log, for messages.

    Returns
    -------
    Catalogue, Cut
    """
    rows = item_rows(events, settings.min_item_ratings)
    if len(events) and (rows < 0).all():
        least = settings.min_item_ratings
        message = f": no item has {least} ratings; choose a smaller least number of ratings"
        raise BadInput(message, path=path, fields=["min_item_ratings"], value=least)
    cut = cut_sessions(events, rows, path, max_events=settings.max_events)
    return catalogue_of(items, rows), cut


def rating_import(
    events: Events, items: Items, settings: RatingSettings, bad: BadRows, card: dict[str, Any]
) -> Imported:
    """Do the last step of importers with a catalogue file.

    Parameters
    ----------
    events : Events
    items : Items
    settings : RatingSettings
    bad : BadRows
    card : dict
        Fields of the card; the path of the log is its `origin`, that of the import its `folder`, and `importer` its
        kind.

    Returns
    -------
    Imported
    """
    catalogue, cut = rated(events, items, settings, card.pop("origin"))
    report: ImportReport = report_of(events, bad, cut)
    record = record_import(card.pop("importer"), [card.pop("folder")], settings, report, card["name"])
    return Imported(catalogue, cut.log, {**card, "skipped_rows": bad.count, "importing": record}, report)


def _good_texts(text: Any, mask: RowMask) -> tuple[str, ...]:
    return tuple(np.asarray(text.to_pylist(), dtype=object)[mask.good].tolist())
