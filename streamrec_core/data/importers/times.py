"""Parse time stamps of any usual kind as whole microseconds since 1970, exact where the source is exact.

Each row is recognised by itself, so that seconds among milliseconds come out right; what does not lie between 1990 and
2100 is refused unless the user accepts any year.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import BoolArray
from streamrec_core.data.importers.rows import booleans
from streamrec_core.data.importers.time_numbers import MICROSECONDS, NUMBER, UNITS, read_numbers
from streamrec_core.data.importers.time_texts import read_texts
from streamrec_core.data.long_columns import LongColumn, long_array, steps
from streamrec_core.errors import BadInput

EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""Seconds of the years 1 and 9999."""
USUAL = (631_152_000, 4_133_980_799)
"""Seconds of the years 1990 to 2100, inclusive."""
SLICE = 500_000
"""Rows that are parsed at a time."""
A_SECOND = {"d": 1 / 86_400, "s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}
OUTSIDE = (LATEST + 1) * MICROSECONDS
"""Stands for every date that is not between the years 1 and 9999."""


@dataclass(frozen=True)
class TimeSettings:
    """How time stamps are to be read.

    Attributes
    ----------
    unit : str
        Of numbers: s, ms, us or ns; `auto` decides by the size of each.
    pattern : str
        `strptime` format of all stamps, as in `%d.%m.%Y %H:%M`; empty recognises each.
    any_year : bool
        Accept years outside 1990 to 2100.
    """

    unit: str = "auto"
    pattern: str = ""
    any_year: bool = False


AUTO = TimeSettings()


@dataclass(frozen=True, eq=False)
class Times:
    """R time stamps.

    Attributes
    ----------
    microseconds : (R,) int64
        0 where `readable` is false.
    readable : (R,) bool
    unusual : (R,) bool
        Not readable only because of the year.
    kinds : dict of str to int
        In words, what the readable stamps are, and how many of each.
    """

    microseconds: IntArray
    readable: BoolArray
    unusual: BoolArray
    kinds: dict[str, int] = field(default_factory=dict)


def read_times(column: Any, text: Any, settings: TimeSettings = AUTO) -> Times:
    """Read time stamps: dates of a Parquet file, text in a usual form, or numbers (`978300760`, `20240105`).

    Whole numbers never pass through floating point. Text without a zone is taken as UTC.

    Parameters
    ----------
    column, text : arrow columns
        The values as they are, and as trimmed strings.
    settings : TimeSettings

    Returns
    -------
    Times

    Raises
    ------
    BadInput
        The unit or format is unknown, or day and month cannot be told apart.
    """
    if settings.unit != "auto" and settings.unit not in UNITS:
        message = f"unknown time unit {settings.unit!r}; choose auto, {', '.join(UNITS)}"
        raise BadInput(message, fields=["time_unit"], value=settings.unit, allowed=["auto", *UNITS])
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _checked(*_dates(column), {}, settings)
    if settings.pattern:
        return _checked(*_by_pattern(text, settings.pattern), {}, settings)
    numeric = booleans(pc.match_substring_regex(text, NUMBER))
    if len(text) and numeric.all():
        return _checked(*read_numbers(text, settings.unit, settings.any_year), settings, numeric)
    if not numeric.any():
        return _checked(*read_texts(text), settings)
    microseconds = long_array(len(text), np.int64)
    readable = np.zeros(len(text), np.bool_)
    numbers, words = text.filter(pa.array(numeric)), text.filter(pa.array(~numeric))
    microseconds[numeric], readable[numeric], kinds = read_numbers(numbers, settings.unit, settings.any_year)
    microseconds[~numeric], readable[~numeric], text_kinds = read_texts(words)
    return _checked(microseconds, readable, kinds | text_kinds, settings, numeric)


def _checked(
    microseconds: IntArray,
    readable: BoolArray,
    kinds: dict[str, int],
    settings: TimeSettings,
    numeric: BoolArray | None = None,
) -> Times:
    """Numbers that are readable as nothing are of an unusual year; so are stamps outside the usual years."""
    first, last = (EARLIEST, LATEST) if settings.any_year else USUAL
    unusual = np.zeros(len(readable), np.bool_)
    for part in steps(len(readable)):
        stamps, was_readable = microseconds[part], readable[part]
        within = (stamps >= first * MICROSECONDS) & (stamps < (last + 1) * MICROSECONDS)
        unusual[part] = was_readable & ~within
        if numeric is not None and not settings.any_year:
            unusual[part] |= numeric[part] & ~was_readable
        readable[part] = was_readable & within
        stamps[~readable[part]] = 0
    return Times(microseconds, readable, unusual, kinds)


def _dates(column: Any) -> tuple[IntArray, BoolArray]:
    microseconds, readable = LongColumn(np.int64), LongColumn(np.bool_)
    for start in range(0, len(column), SLICE):
        stamps, valid = _dates_of_slice(column.slice(start, SLICE))
        microseconds.add(stamps)
        readable.add(valid)
    return microseconds.whole(), readable.whole()


def _dates_of_slice(column: Any) -> tuple[IntArray, BoolArray]:
    readable = booleans(column.is_valid())
    zone = getattr(column.type, "tz", None)
    unit = getattr(column.type, "unit", "d" if pa.types.is_date32(column.type) else "ms")
    whole = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column.cast(pa.int64())
    try:
        stamps = column.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64()).fill_null(0)
    except pa.ArrowException as error:
        message = f"the time column of type {column.type} cannot be read ({error}); store it as text"
        raise BadInput(message, fields=["time_column"]) from None
    # Arrow wraps around what does not fit into microseconds: such a year is after 9999 or before 1.
    sizes = np.asarray(whole.fill_null(0).to_numpy(), np.float64) / A_SECOND[unit]
    outside = (sizes > LATEST) | (sizes < EARLIEST)
    return np.where(outside, OUTSIDE, np.asarray(stamps.to_numpy(), np.int64)), readable


def _by_pattern(text: Any, pattern: str) -> tuple[IntArray, BoolArray]:
    microseconds, readable = LongColumn(np.int64), LongColumn(np.bool_)
    for start in range(0, max(len(text), 1), SLICE):
        words = pd.Series(text.slice(start, SLICE).to_pylist(), dtype=object)
        try:
            if "%" not in pattern:
                raise ValueError("it has no % sign")
            stamps = pd.to_datetime(words, format=pattern, errors="coerce", utc=True, exact=True)
        except ValueError as error:
            message = f"unknown time format {pattern!r} ({error}); write it as in %d.%m.%Y %H:%M:%S"
            raise BadInput(message, fields=["time_format"], value=pattern) from None
        valid = stamps.notna().to_numpy()
        microseconds.add(np.where(valid, stamps.dt.as_unit("us").astype("int64").to_numpy(), 0))
        readable.add(valid)
    return microseconds.whole(), readable.whole()
