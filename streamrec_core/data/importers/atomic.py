"""Import RecBole atomic files: `X.inter` and `X.item`, tab-separated, with `name:type` headers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.data.importers.encoding import find_encoding
from streamrec_core.data.importers.events import Reading, Roles, read_events
from streamrec_core.data.importers.genres import divided
from streamrec_core.data.importers.imported import Imported, name_of_source
from streamrec_core.data.importers.limits import limited
from streamrec_core.data.importers.ratings import (
    GROUPLENS,
    RATINGS_CARD,
    Items,
    RatingSettings,
    one_line,
    rating_import,
    read_items,
)
from streamrec_core.data.importers.rows import BadRows, RowMask, Rows, name_list
from streamrec_core.data.importers.text import Layout, header, read_text
from streamrec_core.data.importers.times import TimeSettings
from streamrec_core.errors import BadInput

SESSION_NAMES = ("session_id",)
USER_NAMES = ("user_id",)
ITEM_NAMES = ("item_id",)
TIME_NAMES = ("timestamp", "time")
RATING_NAMES = ("rating",)
TITLE_NAMES = ("movie_title", "title", "name", "item_name")
GENRE_NAMES = ("class", "genre", "genres", "categories", "category")
YEAR_NAMES = ("release_year",)

ALWAYS_SEVERAL = ("class", "genre", "genres")
"""Columns that list several genres even where the header says `token`."""
SEPARATORS = ("|", ",", " ")
YEAR = re.compile(r"^[0-9]{4}(\.0*)?$")
LOG_CARD: dict[str, Any] = {"kind": "log", "wording": "events", "split": "session", "filter_seen": False}
OTHER_LICENCE = "as its publisher says; not known to the importer"


def import_atomic(path: Path, settings: RatingSettings) -> Imported:
    """Import RecBole atomic files; with ratings they are treated as MovieLens is.

    Parameters
    ----------
    path : Path
        Folder with one `X.inter` and its `X.item`, or the `X.inter`.
    settings : RatingSettings

    Returns
    -------
    Imported

    Raises
    ------
    BadInput
        A file or column is missing, a row is faulty and `skip_bad_rows` is off, or no session has two events.
    """
    with limited(settings.limits):
        return _import(path, settings)


def _import(path: Path, settings: RatingSettings) -> Imported:
    inter, item = _find_files(path)
    bad = BadRows()
    items = _read_items(item, settings, bad)
    layout, names = _layout(inter, settings)
    roles = _roles(inter, names)
    rows = read_text(inter, layout, roles.named(), bad)
    events = read_events(
        rows,
        roles,
        Reading(items.item_ids, item.name, times=TimeSettings(any_year=settings.any_year)),
        RowMask(rows, bad),
    )
    bad.settle(settings.skip_bad_rows)
    movielens = inter.stem.startswith("ml-")
    card = {
        **(RATINGS_CARD if roles.rating else LOG_CARD),
        "name": settings.name or atomic_name(path),
        "source": f"RecBole atomic files {inter.name} and {item.name}",
        "licence": GROUPLENS if movielens else OTHER_LICENCE,
        "origin": inter,
        "folder": path,
        "importer": "atomic",
    }
    if not roles.rating and not roles.session:
        card["split"] = "leave-last-out"
    return rating_import(events, items, settings, bad, card)


def atomic_name(path: Path) -> str:
    """What the data set is called where nobody names it, which is known before anything is read."""
    inter, _ = _find_files(path)
    return name_of_source(inter.stem)


def _find_files(path: Path) -> tuple[Path, Path]:
    if path.is_file() and path.suffix == ".inter":
        inters = [path]
    elif path.is_dir():
        inters = sorted(path.glob("*.inter")) or sorted(path.glob("*/*.inter"))
    else:
        raise BadInput("is not a folder; give the one with the .inter and .item files", path=path)
    if not inters:
        raise BadInput("holds no .inter file; RecBole atomic files are X.inter and X.item", path=path)
    if len(inters) > 1:
        names = tuple(str(inter.relative_to(path)) for inter in inters)
        raise BadInput(
            f"holds {len(inters)} .inter files; give one of them: {name_list(names)}", path=path, allowed=names
        )
    item = inters[0].with_suffix(".item")
    if not item.is_file():
        way_out = f"without one, import {inters[0].name} as a table with tabs between its columns"
        raise BadInput(f"is missing; atomic files need a catalogue ({way_out})", path=item)
    return inters[0], item


def _layout(path: Path, settings: RatingSettings) -> tuple[Layout, tuple[str, ...]]:
    encoding = find_encoding(path, (settings.encoding or "utf-8",))
    layout = Layout("\t", encoding=encoding)
    return layout, header(path, layout)


def _roles(path: Path, names: tuple[str, ...]) -> Roles:
    session, user = _pick(names, SESSION_NAMES), _pick(names, USER_NAMES)
    item = _pick(names, ITEM_NAMES)
    if item is None or (session is None and user is None):
        missing = "item_id" if item is None else "user_id or session_id"
        raise BadInput(f"has no column {missing}; it has {name_list(names)}", path=path, allowed=names)
    return Roles(
        item=item,
        session=session,
        user=user if session is None else None,
        time=_pick(names, TIME_NAMES),
        rating=_pick(names, RATING_NAMES),
    )


def _pick(names: tuple[str, ...], usual: tuple[str, ...]) -> str | None:
    """The first usual name that the header has, with its type."""
    plain = {name.partition(":")[0].strip().lower(): name for name in reversed(names)}
    return next((plain[name] for name in usual if name in plain), None)


def _read_items(path: Path, settings: RatingSettings, bad: BadRows) -> Items:
    layout, names = _layout(path, settings)
    item = _pick(names, ITEM_NAMES)
    if item is None:
        raise BadInput(f"has no column item_id; it has {name_list(names)}", path=path, allowed=names)
    title, genre, year = (_pick(names, usual) for usual in (TITLE_NAMES, GENRE_NAMES, YEAR_NAMES))
    columns = {"item": item, "title": title, "category": genre, "year": year}
    rows = read_text(path, layout, {role: name for role, name in columns.items() if name}, bad)
    mask = RowMask(rows, bad)
    item_ids, titles = read_items(rows, item, title, mask)
    if title and year:
        titles = _dated(titles, _cells(rows, year, mask))
    genres = _genres(_cells(rows, genre, mask), genre) if genre else tuple(() for _ in item_ids)
    return Items(item_ids, titles, genres)


def _cells(rows: Rows, name: str, mask: RowMask) -> tuple[str, ...]:
    return tuple(np.asarray(one_line(rows.text(name)).to_pylist(), dtype=object)[mask.good].tolist())


def _dated(titles: tuple[str, ...], years: tuple[str, ...]) -> tuple[str, ...]:
    """Titles with the year behind them, as MovieLens itself writes them."""
    return tuple(
        f"{title} ({year[:4]})" if YEAR.match(year) and not title.endswith(f"({year[:4]})") else title
        for title, year in zip(titles, years, strict=True)
    )


def _genres(cells: tuple[str, ...], column: str) -> tuple[tuple[str, ...], ...]:
    name, _, kind = column.partition(":")
    if kind.strip() != "token_seq" and name.strip().lower() not in ALWAYS_SEVERAL:
        return tuple((cell,) if cell else () for cell in cells)
    separator = next((mark for mark in SEPARATORS if any(mark in cell for cell in cells)), SEPARATORS[0])
    return tuple(divided(cell, separator) for cell in cells)
