"""Import any CSV or Parquet event log by a mapping of its columns."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from streamrec_core.config import LARGEST_NUMBER
from streamrec_core.data.catalogue import NEUTRAL, UNCATEGORISED, Catalogue, IntArray
from streamrec_core.data.dataset import SplitKind
from streamrec_core.data.engagement import STREAMREC_WORDS, WORDS, LogWords
from streamrec_core.data.importers.again import record_import
from streamrec_core.data.importers.coded import SLICE, CodeArray, codes, filtered_codes, first_rows, renamed
from streamrec_core.data.importers.events import Events, Reading, Roles, read_events
from streamrec_core.data.importers.genres import JOINT, categories_of_cell
from streamrec_core.data.importers.imported import Imported, name_of_source, report_of
from streamrec_core.data.importers.item_files import ItemCells, joined_catalogues, named_catalogue, read_item_files
from streamrec_core.data.importers.limits import limited
from streamrec_core.data.importers.log_files import FileSettings, read_file, read_log
from streamrec_core.data.importers.ratings import RATINGS_CARD, catalogue_of_categories, one_line
from streamrec_core.data.importers.rows import BadRows, RowMask, Rows
from streamrec_core.data.importers.sessions import cut_sessions, item_rows
from streamrec_core.data.importers.sources import plain_name
from streamrec_core.data.importers.times import TimeSettings
from streamrec_core.data.long_columns import gathered
from streamrec_core.data.string_column import StringColumn
from streamrec_core.data.usual_words import ONLY_ENGAGEMENT, guess_noun, noun_columns, words_of_log
from streamrec_core.errors import BadInput

ROW_SESSION = "the row"
"""The column of sessions where each row of the file is one."""


class TableSettings(FileSettings):
    """The column mapping and what goes with it; an empty column name means that the log has no such column.

    Attributes
    ----------
    gap_minutes : float or None
        A longer pause than this cuts a user's log into sessions.
    time_unit : str
        Of times that are numbers: s, ms, us or ns; auto goes by the size of each.
    time_format : str
        `strptime` format of all times; empty recognises each.
    order_column : str
        Numbers that order the events of a session or user, those of the same time where there are times.
    collapse_repeats : bool
        Of neighbouring events with the same item and engagement, keep the first.
    row_sessions : bool
        Each row of the file is a session.
    unescape_html : bool
        Turn `&amp;` in titles and categories into `&`.
    engagement_map : dict of str to str
        Words of the log -> StreamRec's engagement types; empty keeps the words of the log.
    engagement_words : dict of str to str
        Words from the weakest to the strongest, and how each is said; empty for the usual phrase.
    noun : str
        What an item is called; empty guesses it from the columns and engagements.
    neutral_category : str
        Items of this category are neutral (a home page): never a target, never recommended.
    category_separator : str
        Between the categories of an item that has several; all are kept, the rarest counts in the measures.
    category_level : int
        Of category paths such as `A > B`, the level that counts in the measures; 0: the rarest.
    items : tuple of str
        Files of the catalogue: id, title, category, neutral. Items of the log that they lack stand behind them.
    catalogue : str
        Data set or model that the catalogue is taken from, so that a model of it fits; in place of `items`.
    split : str or None
        None: leave-last-out where a user is one session, else by session.
    """

    session_column: str = ""
    user_column: str = ""
    time_column: str = ""
    category_column: str = ""
    title_column: str = ""
    engagement_column: str = ""
    rating_column: str = ""
    engagement_map: dict[str, str] = Field(default_factory=dict)
    engagement_words: dict[str, str] = Field(default_factory=dict)
    noun: str = Field("", max_length=40)
    gap_minutes: float | None = Field(None, gt=0, le=LARGEST_NUMBER)
    time_unit: str = "auto"
    time_format: str = ""
    order_column: str = ""
    collapse_repeats: bool = False
    row_sessions: bool = False
    unescape_html: bool = False
    neutral_category: str = ""
    category_separator: str = Field(JOINT, min_length=1)
    category_level: int = Field(0, ge=0)
    min_item_events: int = Field(1, ge=1)
    max_events: int = Field(0, ge=0)
    items: tuple[str, ...] = ()
    catalogue: str = ""
    split: SplitKind | None = None


def import_table(path: Path | Sequence[Path], settings: TableSettings) -> Imported:
    """Import an event log from files and folders: delimited text, JSON, Parquet or Excel, also compressed.

    Parameters
    ----------
    path : Path or sequence of Path
    settings : TableSettings
        Which column is what.

    Returns
    -------
    Imported
        `save` writes it as a data set folder.

    Raises
    ------
    BadInput
        A column, the encoding or an option does not fit the file; a row is faulty and `skip_bad_rows` is off; no
        session has two events.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> log = Path(tempfile.mkdtemp()) / "clicks.csv"
    >>> events = pd.DataFrame({"session": ["a", "a", "b", "b"], "item": ["film", "show", "show", "film"]})
    >>> events.to_csv(log, index=False)
    >>> imported = import_table(log, TableSettings(session_column="session", item_column="item"))
    >>> len(imported.log), imported.catalogue.titles
    (2, ('film', 'show'))
    """
    with limited(settings.limits):
        return _import([path] if isinstance(path, Path) else list(path), settings)


def table_name(path: Path) -> str:
    """What the data set is called where nobody names it, which is known before anything is read."""
    return name_of_source(plain_name(path).stem)


def _import(paths: list[Path], settings: TableSettings) -> Imported:
    roles = _roles(settings)
    bad = BadRows()
    of_items = {"category": settings.category_column, "title": settings.title_column}
    columns = roles.named() | {role: column for role, column in of_items.items() if column}
    path = paths[0]
    rows = read_log(paths, settings, columns, bad)
    if settings.row_sessions:
        rows, roles = _by_row(rows), replace(roles, session=ROW_SESSION)
    mask = RowMask(rows, bad)
    times = TimeSettings(settings.time_unit, settings.time_format, settings.any_year)
    reading = Reading(engagement_map=settings.engagement_map, engagement_words=settings.engagement_words, times=times)
    events = replace(read_events(rows, roles, reading, mask), empty_owners=_empty_owners(rows, roles))
    bad.settle(settings.skip_bad_rows)
    if not len(events) and not bad.count:
        raise BadInput("has column names and no rows; give a file with rows in it", path=path)
    row_of = item_rows(events, settings.min_item_events)
    if len(events) and (row_of < 0).all():
        least = settings.min_item_events
        message = f": no item has {least:,} events, so that none is left; choose a smaller least number of events"
        raise BadInput(message, path=path, fields=["min_item_events"], value=least)
    catalogue = _catalogue(rows, mask, events, row_of, settings)
    lines = {name: getattr(rows, name) for name in ("comment_lines", "joined_lines", "empty_rows", "empty_files")}
    del rows, mask  # the text of a large log takes more than its events
    pa.default_memory_pool().release_unused()
    cut = cut_sessions(events, row_of, path, settings.gap_minutes, settings.max_events, settings.collapse_repeats)
    log = cut.log
    unlisted = 0
    if settings.items or settings.catalogue:
        of_log = catalogue
        listed = _listed(settings)
        catalogue, row_in_both = joined_catalogues(listed, of_log)
        log, unlisted = replace(log, items=gathered(row_in_both, log.items, np.int32)), len(catalogue) - len(listed)
    card = {
        **_treatment(settings),
        "words": _words(events.words, len(events), settings),
        "name": settings.name or table_name(path),
        "source": f"imported from {path.name}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else ""),
        "licence": "as its owner says; not known to the importer",
        "skipped_rows": bad.count,
    }
    counts = report_of(events, bad, cut)
    report = replace(counts, unlisted_items=unlisted, **lines)
    card["importing"] = record_import("table", paths, settings, report, card["name"])
    return Imported(catalogue, log, card, report)


def _by_row(rows: Rows) -> Rows:
    """The same with the number of each row as its session."""
    empty = rows.without_items and _by_row(rows.without_items)
    return replace(rows, columns={**rows.columns, ROW_SESSION: _row_numbers(rows)}, without_items=empty)


def _empty_owners(rows: Rows, roles: Roles) -> frozenset[str]:
    """Sessions, or else users, of rows that list no item."""
    column = roles.session or roles.user or ""
    if rows.without_items is None or column not in rows.without_items.columns:
        return frozenset()
    return frozenset(rows.without_items.ids(column).dictionary.to_pylist())


def _row_numbers(rows: Rows) -> pa.Array:
    """Session ids where each row of a file is a session: its number, after that of the file where there are several."""
    numbers = pa.array(rows.line_numbers).cast(pa.string())
    if rows.file_of is None:
        return numbers
    return pc.binary_join_element_wise(pa.array(rows.file_of + 1).cast(pa.string()), numbers, "-")


def _listed(settings: TableSettings) -> Catalogue:
    """The catalogue given at import: of files, or of a data set or model."""
    if settings.items and settings.catalogue:
        message = "items come from files or from a catalogue by name, not from both; leave one out"
        raise BadInput(message, fields=["items", "catalogue"])
    if settings.catalogue:
        return named_catalogue(settings.catalogue)
    bare = settings.model_copy(update={"delimiter": "", "header": True, "comment": "", "sheet": ""})

    def read(path: Path, columns: dict[str, str]) -> Rows:
        return read_file(path, bare, columns, BadRows())

    cells = ItemCells(settings.encoding, settings.category_separator, settings.category_level, settings.unescape_html)
    return read_item_files([Path(path) for path in settings.items], read, cells)


def _roles(settings: TableSettings) -> Roles:
    """Check that the options go together."""
    if settings.row_sessions and settings.session_column:
        message = "rows and a column cannot both be the sessions; leave one of them out"
        raise BadInput(message, fields=["row_sessions", "session_column"])
    if not settings.session_column and not settings.user_column and not settings.row_sessions:
        message = "a log needs sessions or users; name the column of one of them"
        raise BadInput(message, fields=["session_column", "user_column"])
    if settings.engagement_column and settings.rating_column:
        message = "engagement and ratings cannot both be the engagement; leave one of the columns out"
        raise BadInput(message, fields=["engagement_column", "rating_column"])
    if settings.engagement_map and settings.engagement_words:
        message = "words are mapped onto other types, or kept in an order of their own, not both; leave one out"
        raise BadInput(message, fields=["engagement_map", "engagement_words"])
    if settings.gap_minutes is not None and (settings.session_column or not settings.time_column):
        message = "gaps cut a user's log by time; they need a user column and a time column, and no session column"
        raise BadInput(message, fields=["gap_minutes", "user_column", "time_column", "session_column"])
    if settings.split == "time" and not settings.time_column:
        raise BadInput("a split by time needs times; name their column", fields=["time_column", "split"])
    for meaning in settings.engagement_map.values():
        STREAMREC_WORDS.code(meaning)
    return Roles(
        item=settings.item_column,
        session=settings.session_column or None,
        user=settings.user_column or None,
        time=settings.time_column or None,
        order=settings.order_column or None,
        engagement=settings.engagement_column or None,
        rating=settings.rating_column or None,
    )


def _treatment(settings: TableSettings) -> dict[str, Any]:
    """What the card says of kind, wording, split and seen items."""
    whole_user = not (settings.session_column or settings.row_sessions) and settings.gap_minutes is None
    split = settings.split or ("leave-last-out" if whole_user else "session")
    if settings.rating_column:
        return {**RATINGS_CARD, "split": split}
    return {"kind": "log", "wording": "events", "split": split, "filter_seen": False}


def _words(words: LogWords, events: int, settings: TableSettings) -> LogWords | None:
    """Engagements and noun of the log; None where they are StreamRec's own, or those of ratings."""
    noun = settings.noun.strip() or guess_noun(noun_columns(settings.model_dump()), words.phrases)
    if not settings.engagement_column and not settings.rating_column and noun in ONLY_ENGAGEMENT:
        words = words_of_log({ONLY_ENGAGEMENT[noun]: events})
    changed = words.model_copy(update={"noun": noun})
    return None if changed in WORDS.values() else changed


def _catalogue(rows: Rows, mask: RowMask, events: Events, row_of: IntArray, settings: TableSettings) -> Catalogue:
    """The items of the log by first appearance, each with its usual category and its first title."""
    present = np.flatnonzero(row_of >= 0)
    item_ids = tuple(events.item_names.take(present))
    categories: dict[int, tuple[str, ...]] = {}
    titles: dict[int, str] = {}
    if settings.category_column:
        values, names = _cells(rows, settings.category_column, mask, settings)
        of_name = {name: categories_of_cell(name, settings.category_separator) for name in names}
        # The same categories in another order are the same cell.
        first_order: dict[frozenset[str], int] = {}
        same_cell = [first_order.setdefault(frozenset(of_name[name]), number) for number, name in enumerate(names)]
        usual = _usual(events.items, gathered(np.array(same_cell, np.int32), values), names)
        categories = {item: of_name[name] for item, name in usual.items()}
    if settings.title_column:
        titles = _first(events.items, *_cells(rows, settings.title_column, mask, settings))
    return catalogue_of_categories(
        item_ids,
        tuple(titles.get(number, name) for number, name in zip(present.tolist(), item_ids, strict=True)),
        [_named(categories.get(number) or (UNCATEGORISED,), settings.neutral_category) for number in present.tolist()],
        settings.category_level,
    )


def _cells(rows: Rows, column: str, mask: RowMask, settings: TableSettings) -> tuple[CodeArray, tuple[str, ...]]:
    coded = rows.coded(column)
    coded = renamed(coded.indices, one_line(coded.dictionary))
    numbers, names = codes(coded if mask.good.all() else filtered_codes(coded, mask.good))
    if settings.unescape_html:
        names = StringColumn(" ".join(html.unescape(name).split()) for name in names)
    return numbers, tuple(names)


def _named(categories: tuple[str, ...], neutral: str) -> tuple[str, ...]:
    """The categories of an item, or the reserved word for that of neutral items."""
    if neutral and neutral in categories:
        return (NEUTRAL,)
    if NEUTRAL in categories:
        message = (
            f"category {NEUTRAL!r} is reserved for items such as a home page; "
            "name it as the neutral category if these are such items, else rename it"
        )
        raise BadInput(message, fields=["neutral_category"], value=NEUTRAL)
    return categories


def _usual(items: CodeArray, values: CodeArray, names: tuple[str, ...]) -> dict[int, str]:
    """The name each item has most often; of equally frequent ones the first in the file, empty ones apart."""
    filled, size = np.array([name != "" for name in names], np.bool_), max(len(names), 1)
    pairs, counts, firsts = (np.zeros(0, np.int64) for _ in range(3))
    for start in range(0, len(items), SLICE):  # distinct pairs are few, whatever the number of events
        rows = start + np.flatnonzero(filled[values[start : start + SLICE]])
        of_slice, first, often = np.unique(
            items[rows].astype(np.int64) * size + values[rows], return_index=True, return_counts=True
        )
        merged, number = np.unique(np.concatenate([pairs, of_slice]), return_inverse=True)
        counts = np.bincount(number, np.concatenate([counts, often]), len(merged)).astype(np.int64)
        all_firsts = np.concatenate([firsts, rows[first]])
        firsts = np.full(len(merged), len(items), np.int64)
        np.minimum.at(firsts, number, all_firsts)
        pairs = merged
    of_item, of_name = np.divmod(pairs, size)
    order = np.lexsort((firsts, -counts, of_item))
    winners, first_of_item = np.unique(of_item[order], return_index=True)
    return {int(item): names[of_name[order[row]]] for item, row in zip(winners, first_of_item, strict=True)}


def _first(items: CodeArray, values: CodeArray, names: tuple[str, ...]) -> dict[int, str]:
    """The first name of each item that is not empty."""
    if not len(items):
        return {}
    filled = np.array([name != "" for name in names], np.bool_)[values]
    firsts = first_rows(items, int(items.max()) + 1, filled)
    return {item: names[values[row]] for item, row in enumerate(firsts.tolist()) if row < len(items)}
