"""Read events from the rows of any log: session or user, item, time and engagement, each row validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.engagement import CLICK, ENGAGEMENTS, STREAMREC_WORDS, WORDS, LogWords
from streamrec_core.data.importers.coded import SLICE, BoolArray, CodeArray, codes, filtered_codes, first_rows
from streamrec_core.data.importers.rows import MOSTLY_DIFFERENT, RowMask, Rows, booleans, empty, quoted
from streamrec_core.data.importers.time_numbers import NUMBER
from streamrec_core.data.importers.times import AUTO, TimeSettings, read_times
from streamrec_core.data.log import EngagementArray
from streamrec_core.data.long_columns import LongColumn, code_counts, filtered, gathered, steps
from streamrec_core.data.string_column import StringColumn
from streamrec_core.data.usual_words import words_of_log
from streamrec_core.errors import BadInput

LOWEST, HIGHEST = 0.5, 5.0
"""Ratings; half stars round up to the next of the five levels."""
RATING = r"^[0-9]{1,2}([.,][0-9]{0,6})?$"


@dataclass(frozen=True)
class Roles:
    """Which column says what; None where the log has no such column.

    A session, or else a user, owns an event; `order` is a number that orders events of the same time.
    """

    item: str
    session: str | None = None
    user: str | None = None
    time: str | None = None
    order: str | None = None
    engagement: str | None = None
    rating: str | None = None

    def named(self) -> dict[str, str]:
        """Role -> column, of the roles that have one."""
        return {role: column for role, column in vars(self).items() if column is not None}


@dataclass(frozen=True)
class Reading:
    """How the cells of a log are to be understood.

    Attributes
    ----------
    known_items : tuple of str or None
        Ids of the catalogue; an item outside it is a fault of the row. None takes any item.
    catalogue_file : str
        Where the catalogue came from, for that message.
    engagement_map : mapping of str to str
        Words of the log -> StreamRec's engagement types; empty keeps the words of the log.
    engagement_words : mapping of str to str
        Words from the weakest to the strongest, and how each is said; see `words_of_log`.
    times : TimeSettings
    """

    known_items: tuple[str, ...] | None = None
    catalogue_file: str = ""
    engagement_map: Mapping[str, str] = field(default_factory=dict)
    engagement_words: Mapping[str, str] = field(default_factory=dict)
    times: TimeSettings = AUTO


@dataclass(frozen=True, eq=False)
class Events:
    """E good events in file order.

    Attributes
    ----------
    owners, items : (E,) int32
        Numbers of session (or user) and item, in order of first appearance; with `known_items`, `items` are
        its rows.
    owner_names, item_names : StringColumn
    microseconds : (E,) int64 or None
    order : (E,) float64 or None
        Orders the events of an owner, after the time.
    time_kinds : dict of str to int
        In words, what the time stamps are, and how many of each.
    engagements : (E,) int8
        Codes into `words`.
    words : LogWords
    users : StringColumn or None
        User of each owner.
    faulty_owners : frozenset of str
        Owners of rows that cannot be used.
    empty_owners : frozenset of str
        Owners of rows without items.
    """

    owners: CodeArray
    owner_names: StringColumn
    items: CodeArray
    item_names: StringColumn
    microseconds: IntArray | None
    engagements: EngagementArray
    users: StringColumn | None
    order: npt.NDArray[np.float64] | None = None
    time_kinds: Mapping[str, int] = field(default_factory=dict)
    faulty_owners: frozenset[str] = frozenset()
    words: LogWords = STREAMREC_WORDS
    empty_owners: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.items)


def read_events(rows: Rows, roles: Roles, reading: Reading, mask: RowMask) -> Events:
    """Check every row, and number owners and items; faulty rows are taken out of the mask.

    Parameters
    ----------
    rows : Rows
    roles : Roles
        Which column says what.
    reading : Reading
        How cells are understood.
    mask : RowMask
        Rows that are good so far; changed in place.

    Returns
    -------
    Events

    Raises
    ------
    BadInput
        No time lies between 1990 and 2100, there are too many engagement words, or a session has events of two users.
    """
    columns = roles.named()
    pa.default_memory_pool().release_unused()  # what reading a large file took beside its columns
    ids = _ids(rows, columns, mask)
    names = {
        role: rows.text(column) if role in MOSTLY_DIFFERENT else rows.coded(column)
        for role, column in columns.items()
        if role not in ids
    }
    microseconds, time_kinds = _times(rows, roles.time, names, reading, mask)
    order = _order(names, mask)
    if "engagement" in names:
        _reject_empty(rows, columns["engagement"], names["engagement"], mask)
    engagements, words = _engagements(names, reading, mask)
    if reading.known_items is not None:
        _reject_unknown(ids["item"], reading, mask)
    good_rows = mask.good
    all_good = bool(good_rows.all())  # as is usual: nothing is copied then
    good = {role: column if all_good else filtered_codes(column, good_rows) for role, column in ids.items()}
    owner = "session" if "session" in ids else "user"
    owners, owner_names = codes(good[owner])
    items, item_names = codes(good["item"])
    if reading.known_items is not None:
        items = _in_catalogue(good["item"], reading.known_items)
        item_names = StringColumn(reading.known_items)
    return Events(
        owners=owners,
        owner_names=owner_names,
        items=items,
        item_names=item_names,
        microseconds=microseconds if all_good or microseconds is None else filtered(microseconds, good_rows),
        engagements=engagements if all_good else filtered(engagements, good_rows),
        users=_users(good, owners, owner_names),
        order=None if order is None else filtered(order, good_rows),
        time_kinds=time_kinds,
        faulty_owners=frozenset(pc.unique(ids[owner].filter(pa.array(~good_rows))).to_pylist()),
        words=words,
    )


def _ids(rows: Rows, columns: Mapping[str, str], mask: RowMask) -> dict[str, Any]:
    """Ids of session, user and item, of those that the log has; a row that lacks one is rejected."""
    ids = {role: rows.ids(columns[role]) for role in ("session", "user", "item") if role in columns}
    for role, column in ids.items():
        if role == "user" and "session" in ids:
            continue  # a visitor who is not logged in
        mask.reject(
            empty(column),
            lambda row, role=role: f"no {role}{rows.missing_word(columns[role], row)}",  # type: ignore[misc]
            ["missing_values"] if rows.missing else [],
        )
    return ids


def stars_of(names: StringColumn) -> tuple[npt.NDArray[np.float64], BoolArray]:
    """Ratings as numbers, and which of them lie between half a star and five."""
    numeric = np.array(pc.match_substring_regex(names.array, RATING), np.bool_)
    number = np.array(
        [float(name.replace(",", ".")) if fits else 0.0 for name, fits in zip(names, numeric, strict=True)], np.float64
    )
    return number, (number >= LOWEST) & (number <= HIGHEST)


def levels(stars: npt.NDArray[np.float64]) -> EngagementArray:
    """The five engagement levels of ratings: 1 -> 0 ... 5 -> 4, half stars rounded up."""
    return (np.clip(np.floor(stars + 0.5), 1, len(ENGAGEMENTS)) - 1).astype(np.int8)


def _times(
    rows: Rows, column: str | None, names: Mapping[str, Any], reading: Reading, mask: RowMask
) -> tuple[IntArray | None, Mapping[str, int]]:
    if column is None:
        return None, {}
    text = names["time"]
    times = read_times(rows.columns[column], text, reading.times)
    if len(text) and times.unusual.all():
        message = (
            f"no time is between the years 1990 and 2100 (the first is {quoted(text[0])}); where the column counts "
            "steps, it is the order of the events and not their time"
        )
        fields = ["order_column", "time_column", "time_format", "any_year"]
        raise BadInput(message, path=rows.path, fields=fields, value=str(text[0]))
    mask.reject(
        times.unusual,
        lambda row: f"time {quoted(text[row])} is not between the years 1990 and 2100",
        ["time_unit", "time_format", "any_year", "order_column"],
    )
    mask.reject(empty(text), lambda row: f"no time{rows.missing_word(column, row)}")
    pattern = reading.times.pattern
    no_form = f"is not written as {pattern}" if pattern else "is in no form that is recognised"
    mask.reject(
        ~times.readable,
        lambda row: f"time {quoted(text[row])} {no_form}; name the format of the times",
        ["time_format"],
    )
    return times.microseconds, times.kinds


def _order(names: Mapping[str, Any], mask: RowMask) -> npt.NDArray[np.float64] | None:
    if "order" not in names:
        return None
    text = names["order"]
    numeric = booleans(pc.match_substring_regex(text, NUMBER))
    mask.reject(~numeric, lambda row: f"order {quoted(text[row])} is not a number", ["order_column"])
    numbers = LongColumn(np.float64)
    for start in range(0, len(text), SLICE):
        part = pc.if_else(pa.array(numeric[start : start + SLICE]), text.slice(start, SLICE), "0")
        numbers.add(np.asarray(pc.replace_substring(part, ",", ".").cast(pa.float64()).to_numpy(), np.float64))
    return numbers.whole()


def _engagements(names: Mapping[str, Any], reading: Reading, mask: RowMask) -> tuple[EngagementArray, LogWords]:
    if "rating" in names:
        text = names["rating"]
        values, names_of_ratings = codes(text)
        stars, within = stars_of(names_of_ratings)
        mask.reject(
            ~within[values],
            lambda row: (
                f"rating {quoted(text[row])} is not a number between {LOWEST} and {HIGHEST:.0f}; bring all ratings to "
                "that scale, or take the column as the engagement"
            ),
        )
        return gathered(levels(stars), values), WORDS["ratings"]
    if "engagement" not in names:
        return np.full(len(mask.rows), CLICK, np.int8), STREAMREC_WORDS
    text = names["engagement"]
    values, spellings = codes(text)
    words = _words(spellings, code_counts(values, len(spellings)).tolist(), reading)
    mapped = {word: reading.engagement_map.get(word, word) for word in spellings}
    meaning = gathered(np.array([words.find(mapped[word]) for word in spellings], np.int8), values)
    mask.reject(
        meaning < 0,
        lambda row: (
            f"unknown engagement {quoted(text[row])}; map it to one of "
            f"{', '.join(ENGAGEMENTS)} (as in view=partial_view)"
        ),
        ["engagement_map"],
    )
    return meaning, words


def _reject_empty(rows: Rows, column: str, text: Any, mask: RowMask) -> None:
    mask.reject(empty(text), lambda row: f"no engagement{rows.missing_word(column, row)}")


def _words(spellings: Sequence[str], counts: Sequence[int], reading: Reading) -> LogWords:
    """StreamRec's own words where the log has no other or is mapped onto them, else those of the log."""
    counted = {word: count for word, count in zip(spellings, counts, strict=True) if word}
    if reading.engagement_map or (
        not reading.engagement_words and all(STREAMREC_WORDS.find(word) >= 0 for word in counted)
    ):
        return STREAMREC_WORDS
    return words_of_log(counted, reading.engagement_words)


def _reject_unknown(items: Any, reading: Reading, mask: RowMask) -> None:
    item_rows = _in_catalogue(items, reading.known_items or ())
    mask.reject(item_rows < 0, lambda row: f"item {quoted(items[row])} is not in {reading.catalogue_file}")


def _in_catalogue(items: Any, item_ids: tuple[str, ...]) -> CodeArray:
    row_of_name = pc.index_in(items.dictionary, value_set=pa.array(item_ids, pa.string())).fill_null(-1)
    return gathered(row_of_name.to_numpy(), items.indices.to_numpy(), np.int32)


def _users(good: Mapping[str, Any], owners: CodeArray, owner_names: StringColumn) -> StringColumn | None:
    """The user of each owner, one and the same in all events of a session; empty where no event names one."""
    if "user" not in good:
        return None
    if "session" not in good:
        return owner_names
    users, names = codes(good["user"])
    is_named = ~empty(good["user"])
    first = first_rows(owners, len(owner_names), is_named)
    of_owner = np.full(len(owner_names), -1, np.int64)
    of_owner[first < len(owners)] = users[first[first < len(owners)]]
    for part in steps(len(owners)):
        differs = is_named[part] & (of_owner[owners[part]] != users[part])
        if not differs.any():
            continue
        row = part.start + int(differs.argmax())
        session, other = owners[row], users[row]
        raise BadInput(
            f"session {quoted(owner_names[session])} has events of two users, {quoted(names[of_owner[session]])} and "
            f"{quoted(names[other])}; make session ids distinct, or cut the users' logs at long gaps instead",
            fields=["session_column", "gap_minutes"],
            value=owner_names[session],
        )
    return StringColumn(names.array.take(pa.array(of_owner, mask=of_owner < 0)).fill_null(""))
