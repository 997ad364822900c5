"""Parse time stamps of any usual kind as whole microseconds since 1970, exact where the source is exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.rows import BoolArray, booleans
from streamrec_core.errors import BadInput

MICROSECONDS = 1_000_000
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""Seconds of the years 1 and 9999."""

UNITS: dict[str, tuple[int, int]] = {"s": (MICROSECONDS, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
"""Microseconds in a unit, as a fraction."""
LARGEST = {"s": 1e11, "ms": 1e14, "us": 1e17}
"""A number below this is of this unit when nothing is said: in seconds 1e11 is the year 5138."""

WHOLE = r"^-?[0-9]{1,18}$"
NUMBER = r"^-?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?$"


@dataclass(frozen=True, eq=False)
class Times:
    """R time stamps; `microseconds` is 0 where `readable` is false."""

    microseconds: IntArray
    readable: BoolArray


def read_times(column: Any, text: Any, unit: str = "auto") -> Times:
    """Read time stamps: dates of a Parquet file, ISO 8601 text, or numbers (`978300760`, `978300760.0`).

    Whole numbers never pass through floating point. Text without a zone is taken as UTC.

    Parameters
    ----------
    column, text : arrow columns
        The values as they are, and as trimmed strings.
    unit : str
        Of numbers: s, ms, us or ns; `auto` decides by the size of the median.
    """
    if unit != "auto" and unit not in UNITS:
        message = f"unknown time unit {unit!r}; choose auto, {', '.join(UNITS)}"
        raise BadInput(message, fields=["time_unit"], value=unit, allowed=["auto", *UNITS])
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _dates(column)
    numeric = booleans(pc.match_substring_regex(text, NUMBER))
    if numeric.sum() * 2 > len(numeric):
        return _numbers(text, numeric, unit)
    return _iso(text)


def _dates(column: Any) -> Times:
    zone = getattr(column.type, "tz", None)
    readable = booleans(column.is_valid())
    try:
        stamps = column.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64()).fill_null(0)
    except pa.ArrowException as error:
        message = f"the time column of type {column.type} cannot be read ({error}); store it as text"
        raise BadInput(message, fields=["time_column"]) from None
    return _in_range(np.asarray(stamps.to_numpy(), np.int64), readable)


def _iso(text: Any) -> Times:
    stamps = pd.to_datetime(pd.Series(text.to_pylist(), dtype=object), format="ISO8601", errors="coerce", utc=True)
    readable = stamps.notna().to_numpy()
    microseconds = np.where(readable, stamps.dt.as_unit("us").astype("int64").to_numpy(), 0)
    return _in_range(microseconds, readable)


def _numbers(text: Any, numeric: BoolArray, unit: str) -> Times:
    plain = pc.replace_substring_regex(text, r"\.0*$", "")
    whole = booleans(pc.match_substring_regex(plain, WHOLE)) & numeric
    broken = numeric & ~whole
    integers = np.zeros(len(numeric), np.int64)
    integers[whole] = plain.filter(pa.array(whole)).cast(pa.int64()).to_numpy()
    fractions = np.zeros(len(numeric), np.float64)
    fractions[broken] = [float(value) for value in text.filter(pa.array(broken)).to_pylist()]
    sizes = np.where(whole, integers.astype(np.float64), fractions)
    times, over = UNITS[_unit(np.abs(sizes[numeric])) if unit == "auto" else unit]
    low, high = (seconds * MICROSECONDS * over / times for seconds in (EARLIEST, LATEST))
    readable = numeric & (sizes >= low) & (sizes <= high)
    exact = np.where(readable & whole, integers, 0) * times // over
    # below a microsecond nothing is lost: 1e10 seconds need 54 bits at that resolution, and real stamps fewer
    rounded = np.rint(np.where(readable & broken, fractions, 0.0) * times / over).astype(np.int64)
    return Times(exact + rounded, readable)


def _unit(sizes: Any) -> str:
    middle = float(np.median(sizes)) if len(sizes) else 0.0
    return next((unit for unit, largest in LARGEST.items() if middle < largest), "ns")


def _in_range(microseconds: IntArray, readable: BoolArray) -> Times:
    readable = readable & (microseconds >= EARLIEST * MICROSECONDS) & (microseconds <= LATEST * MICROSECONDS)
    return Times(np.where(readable, microseconds, 0), readable)
