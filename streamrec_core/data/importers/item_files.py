"""A catalogue given at import: files of items (id, title, category, neutral), or that of a data set or model."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamrec_core.config import checkpoints_folder, data_folder, runs_folder
from streamrec_core.data.catalogue import NEUTRAL, UNCATEGORISED, Catalogue, IntArray
from streamrec_core.data.importers.genres import JOINT, categories_of_cell
from streamrec_core.data.importers.nested import lists_as_json
from streamrec_core.data.importers.preview import PreviewSettings, preview_file
from streamrec_core.data.importers.ratings import catalogue_of_categories, one_line
from streamrec_core.data.importers.rows import Rows
from streamrec_core.data.presets import PRESETS, list_data
from streamrec_core.data.storage import CATALOGUE_FILE, read_catalogue
from streamrec_core.errors import BadInput
from streamrec_core.files import read_text

ITEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "item_id",
        "itemid",
        "item",
        "product_id",
        "movie_id",
        "movieid",
        "aid",
        "track_id",
        "article_id",
        "sku",
    ),
    "title": ("title", "item_title", "name", "product_name", "movie_title", "prod_name"),
    "category": ("category", "categories", "genre", "genres", "category_id", "product_category"),
    "neutral": ("neutral",),
}
"""What a file of items says in which column; of several names the first that is there."""
MODEL_CARD = "card.json"
YES = frozenset({"1", "true", "yes", "y"})

ReadRows = Callable[[Path, dict[str, str]], Rows]
"""Read the columns of one file, given by role."""


@dataclass(frozen=True)
class ItemCells:
    """How the cells of a file of items are understood.

    Attributes
    ----------
    encoding : str
        Empty: UTF-8.
    category_separator : str
        Between the categories of an item.
    category_level : int
        Level of category paths that counts in the measures, from 1; 0: the rarest category.
    unescape_html : bool
        Turn `&amp;` in titles and categories into `&`.
    """

    encoding: str = ""
    category_separator: str = JOINT
    category_level: int = 0
    unescape_html: bool = False


def read_item_files(paths: Sequence[Path], read: ReadRows, cells: ItemCells) -> Catalogue:
    """Read a catalogue from files of items, in their order; of an item that stands twice the first row counts.

    Parameters
    ----------
    paths : sequence of Path
    read : callable
        Reads the columns of a file.
    cells : ItemCells

    Returns
    -------
    Catalogue

    Raises
    ------
    BadInput
        A file has no column of ids, or a row has no id.
    """
    rows_by_id: dict[str, tuple[str, tuple[str, ...]]] = {}
    for path in paths:
        columns = _item_columns(path, cells.encoding)
        rows = read(path, columns)
        if "category" in columns:
            rows = lists_as_json(rows, columns["category"])
        ids = rows.ids(columns["id"]).to_pylist()
        titles, categories, neutral = (
            one_line(rows.text(columns[role])).to_pylist() if role in columns else [""] * len(ids)
            for role in ("title", "category", "neutral")
        )
        if cells.unescape_html:
            titles, categories = ([html.unescape(text) for text in texts] for texts in (titles, categories))
        for row, item in enumerate(ids):
            if not item:
                raise BadInput("no item id; give each item its id", path=path, line=int(rows.line_numbers[row]))
            of_item = categories_of_cell(categories[row], cells.category_separator) or (UNCATEGORISED,)
            rows_by_id.setdefault(item, (titles[row] or item, (NEUTRAL,) if neutral[row].lower() in YES else of_item))
    if not rows_by_id:
        raise BadInput("the files of items hold no item", fields=["items"])
    titles_of, named = zip(*rows_by_id.values(), strict=True)
    return catalogue_of_categories(tuple(rows_by_id), titles_of, named, cells.category_level)


def _item_columns(path: Path, encoding: str) -> dict[str, str]:
    names = {
        name.strip().lower().replace(" ", "_"): name
        for name in reversed(preview_file(path, PreviewSettings(encoding)).usable)
    }
    columns = {
        role: names[name] for role, usual in ITEM_COLUMNS.items() if (name := next(filter(names.get, usual), ""))
    }
    if "id" not in columns:
        message = f"has no column of item ids; call it id (it has {', '.join(names.values())})"
        raise BadInput(message, path=path, fields=["items"])
    return columns


def named_catalogue(name: str) -> Catalogue:
    """The catalogue of a data set or of a model.

    Parameters
    ----------
    name : str
        A preset, a data set of the workspace, a run, a shipped model, or the folder of any of them.

    Returns
    -------
    Catalogue

    Raises
    ------
    BadInput
        Nothing of that name has a catalogue.
    """
    if name in PRESETS:
        return PRESETS[name].catalogue()
    path = Path(name)
    folders = (path, path / "best", data_folder() / name, runs_folder() / name / "best", checkpoints_folder() / name)
    for folder in folders:
        if (folder / CATALOGUE_FILE).is_file():
            return read_catalogue(folder)
    for folder in folders:
        if (folder / MODEL_CARD).is_file():
            origin = _trained_on(folder / MODEL_CARD)
            if origin in list_data():
                return named_catalogue(origin)
    message = f"no data set or model {name!r} with a catalogue; there are the data sets {', '.join(list_data())}"
    raise BadInput(message, fields=["catalogue"], value=name)


def _trained_on(card: Path) -> str:
    """The data set that a model's card names; the card is not checked further, since only its catalogue matters."""
    try:
        return str(json.loads(read_text(card))["data"]["name"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("is damaged; restore the model, or name a data set", path=card, fields=["catalogue"]) from None


def catalogue_names() -> tuple[str, ...]:
    """Data sets, shipped models and runs that `named_catalogue` takes by name."""
    models = (
        *(path.parent.name for path in sorted(checkpoints_folder().glob(f"[!.]*/{MODEL_CARD}"))),
        *(path.parent.parent.name for path in sorted(runs_folder().glob(f"[!.]*/best/{MODEL_CARD}"))),
    )
    return tuple(dict.fromkeys([*list_data(), *models]))


def joined_catalogues(first: Catalogue, second: Catalogue) -> tuple[Catalogue, IntArray]:
    """All items of one catalogue, and behind them those that only another has.

    Parameters
    ----------
    first, second : Catalogue

    Returns
    -------
    Catalogue, (number of items in the second,) int64
        With the row of each item of the second. Where the second has no item of its own it is the first, as it is.

    Examples
    --------
    >>> from streamrec_core.data.importers.ratings import build_catalogue
    >>> first = build_catalogue(("a", "b"), ("A", "B"), ("drama", "crime"))
    >>> both, rows = joined_catalogues(first, build_catalogue(("new", "a"), ("New", "A"), ("news", "news")))
    >>> both.item_ids, both.category(0), rows.tolist()
    (('a', 'b', 'new'), 'drama', [2, 0])
    """
    new = [row for row, item in enumerate(second.item_ids) if item not in first.rows]
    if not new:
        return first, np.array([first.rows[item] for item in second.item_ids], np.int64)
    named = [second.category(row) for row in new]
    names = dict.fromkeys([*first.content_categories, *(name for name in sorted(set(named)) if name != NEUTRAL)])
    if NEUTRAL in first.categories or NEUTRAL in named:
        names[NEUTRAL] = None
    code: Mapping[str, int] = {name: number for number, name in enumerate(names)}
    genres: tuple[str, ...] = ()
    if first.genres or second.genres:
        genres_of = second.genres or tuple(second.category(row) for row in range(len(second)))
        genres = (*(first.genres or map(first.category, range(len(first)))), *(genres_of[row] for row in new))
    both = Catalogue(
        item_ids=(*first.item_ids, *(second.item_ids[row] for row in new)),
        titles=(*first.titles, *(second.titles[row] for row in new)),
        category_of=np.array(
            [*(code[first.category(row)] for row in range(len(first))), *map(code.get, named)], np.int64
        ),
        categories=tuple(names),
        neutral=np.concatenate([first.neutral, second.neutral[new]]),
        genres=genres,
        series=np.concatenate([first.series, second.series[new]]),
        episodes=np.concatenate([first.episodes, second.episodes[new]]),
    )
    return both, np.array([both.rows[item] for item in second.item_ids], np.int64)
