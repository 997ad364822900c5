"""Import MovieLens in its three formats: ML-100K, ML-1M (and 10M), ML-20M and later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamrec_core.data.importers.encoding import find_encoding
from streamrec_core.data.importers.events import Reading, Roles, read_events
from streamrec_core.data.importers.genres import JOINT, NO_GENRE, divided
from streamrec_core.data.importers.imported import Imported, name_of_source
from streamrec_core.data.importers.limits import limited
from streamrec_core.data.importers.ratings import (
    GROUPLENS,
    RATINGS_CARD,
    Items,
    RatingSettings,
    rating_import,
    read_items,
)
from streamrec_core.data.importers.rows import BadRows, RowMask, Rows, quoted
from streamrec_core.data.importers.text import Layout, read_text
from streamrec_core.data.importers.times import TimeSettings
from streamrec_core.errors import BadInput

GENRES_100K = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
"""The order of the flags in `u.item`, where `u.genre` does not say it."""


@dataclass(frozen=True)
class Format:
    """The two files of a format, and how to read them.

    Attributes
    ----------
    columns : tuple of str
        Of the ratings: user, item, rating and time stamp, as the header or as the order says.
    item_columns : tuple of str
        Of the catalogue: id, title and the rest.
    encodings : tuple of str
        Tried in this order.
    """

    title: str
    ratings_file: str
    items_file: str
    ratings: Layout
    items: Layout
    columns: tuple[str, str, str, str]
    item_columns: tuple[str, ...]
    encodings: tuple[str, ...]


USER, ITEM, RATING, TIME = "userId", "movieId", "rating", "timestamp"
_COLUMNS = (USER, ITEM, RATING, TIME)
_ITEM_COLUMNS = (ITEM, "title", "genres")
_FLAGGED = (ITEM, "title", "release date", "video release date", "URL")

FORMATS: tuple[Format, ...] = (
    Format(
        "MovieLens-100K",
        "u.data",
        "u.item",
        Layout("\t", _COLUMNS),
        Layout("|", _FLAGGED),
        _COLUMNS,
        _FLAGGED,
        ("utf-8", "latin-1"),
    ),
    Format(
        "MovieLens-1M",
        "ratings.dat",
        "movies.dat",
        Layout("::", _COLUMNS),
        Layout("::", _ITEM_COLUMNS),
        _COLUMNS,
        _ITEM_COLUMNS,
        ("utf-8", "latin-1"),
    ),
    Format(
        "MovieLens-20M or later",
        "ratings.csv",
        "movies.csv",
        Layout(",", quotes="auto"),
        Layout(",", quotes="auto"),
        _COLUMNS,
        _ITEM_COLUMNS,
        ("utf-8",),
    ),
)


def import_movielens(path: Path, settings: RatingSettings) -> Imported:
    """Import a MovieLens folder; the format is recognised by its files.

    Parameters
    ----------
    path : Path
        The folder, or the one above it.
    settings : RatingSettings

    Returns
    -------
    Imported

    Raises
    ------
    BadInput
        A file is missing, cannot be decoded or is empty; a row is faulty and `skip_bad_rows` is off; no user has
        two ratings.
    """
    with limited(settings.limits):
        return _import(path, settings)


def _import(path: Path, settings: RatingSettings) -> Imported:
    form, folder = find_format(path)
    bad = BadRows()
    items = _read_items(form, folder, settings, bad)
    ratings_path = folder / form.ratings_file
    rows = _read(ratings_path, form.ratings, _COLUMNS, form, settings, bad)
    mask = RowMask(rows, bad)
    roles = Roles(user=USER, item=ITEM, rating=RATING, time=TIME)
    events = read_events(
        rows, roles, Reading(items.item_ids, form.items_file, times=TimeSettings(any_year=settings.any_year)), mask
    )
    bad.settle(settings.skip_bad_rows)
    del rows, mask  # the text of a large log takes more than its events
    card = {
        **RATINGS_CARD,
        "name": settings.name or movielens_name(path),
        "source": f"{form.title} ({form.ratings_file}, {form.items_file})",
        "licence": GROUPLENS,
        "origin": ratings_path,
        "folder": path,
        "importer": "movielens",
    }
    return rating_import(events, items, settings, bad, card)


def movielens_name(path: Path) -> str:
    """What the data set is called where nobody names it, which is known before anything is read."""
    return name_of_source(path.resolve().name)


def find_format(path: Path) -> tuple[Format, Path]:
    """The format of a folder, and the folder that holds its two files; raises `BadInput` naming what is missing."""
    if not path.is_dir():
        way_out = "unzip it first" if path.suffix == ".zip" else "give the folder that GroupLens's archive unpacks to"
        raise BadInput(f"is not a folder; {way_out}", path=path)
    folders = [path, *sorted(child for child in path.iterdir() if child.is_dir())]
    present = [
        (form, folder, [name for name in (form.ratings_file, form.items_file) if (folder / name).is_file()])
        for folder in folders
        for form in FORMATS
    ]
    whole = [(form, folder) for form, folder, names in present if len(names) == 2]
    if len(whole) == 1 or (whole and whole[0][1] == path and [f for _, f in whole].count(path) == 1):
        return whole[0]
    if whole:
        ratings_files = [str((folder / form.ratings_file).relative_to(path)) for form, folder in whole]
        message = f"holds more than one MovieLens data set ({', '.join(ratings_files)}); give the folder of one"
        raise BadInput(message, path=path, allowed=ratings_files)
    for form, folder, names in present:
        if names:
            lacking = form.items_file if form.ratings_file in names else form.ratings_file
            raise BadInput(f"is missing; {form.title} needs it beside {names[0]}", path=folder / lacking)
    pairs = ", ".join(f"{form.ratings_file} and {form.items_file}" for form in FORMATS)
    raise BadInput(f"holds no MovieLens files; one of these pairs is needed: {pairs}", path=path)


def _read(
    path: Path, layout: Layout, columns: tuple[str, ...], form: Format, settings: RatingSettings, bad: BadRows
) -> Rows:
    candidates = (settings.encoding,) if settings.encoding else form.encodings
    layout = replace(layout, encoding=find_encoding(path, candidates))
    return read_text(path, layout, {name: name for name in columns}, bad)


def _read_items(form: Format, folder: Path, settings: RatingSettings, bad: BadRows) -> Items:
    path = folder / form.items_file
    flags: tuple[str, ...] = ()
    layout, columns = form.items, form.item_columns
    if form.item_columns == _FLAGGED:
        flags = _genre_names(folder, settings)
        columns = (*_FLAGGED, *flags)
        layout = replace(layout, names=columns)
    rows = _read(path, layout, columns, form, settings, bad)
    mask = RowMask(rows, bad)
    genres = _flagged(rows, flags, mask) if flags else _listed(rows)
    item_ids, titles = read_items(rows, ITEM, "title", mask)
    good = np.flatnonzero(mask.good).tolist()
    return Items(item_ids, titles, tuple(genres(row) for row in good))


def _listed(rows: Rows) -> Callable[[int], tuple[str, ...]]:
    cells = rows.text("genres").to_pylist()
    return lambda row: tuple(name for name in divided(cells[row], JOINT) if name != NO_GENRE)


def _flagged(rows: Rows, flags: tuple[str, ...], mask: RowMask) -> Callable[[int], tuple[str, ...]]:
    """(rows, genres) flags, each 0 or 1."""
    table = np.zeros((len(rows), len(flags)), np.bool_)
    for number, name in enumerate(flags):
        cells = rows.text(name)
        table[:, number] = np.array(cells.to_pylist(), dtype=object) == "1"
        zero = np.array(cells.to_pylist(), dtype=object) == "0"
        mask.reject(
            ~(table[:, number] | zero.astype(np.bool_)),
            lambda row, name=name, cells=cells: f"flag {quoted(cells[row])} of genre {name} is neither 0 nor 1",  # type: ignore[misc]
        )
    return lambda row: tuple(name for name, flag in zip(flags, table[row], strict=True) if flag)


def _genre_names(folder: Path, settings: RatingSettings) -> tuple[str, ...]:
    path = folder / "u.genre"
    if not path.is_file():
        return GENRES_100K
    bad = BadRows()
    encoding = find_encoding(path, (settings.encoding,) if settings.encoding else ("utf-8", "latin-1"))
    rows = read_text(path, Layout("|", ("genre", "number"), encoding=encoding), {"genre": "genre"}, bad)
    bad.settle(skip=False)
    names = tuple(rows.text("genre").to_pylist())
    if len(set(names) | set(_FLAGGED)) != len(names) + len(_FLAGGED):
        raise BadInput(": a genre stands twice; restore the file", path=path)
    return names
