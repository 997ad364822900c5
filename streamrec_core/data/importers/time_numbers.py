"""Numbers as time stamps: Unix times of four units, dates written as one number (20240105), and Excel's serial days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import SLICE, BoolArray
from streamrec_core.data.importers.rows import booleans
from streamrec_core.data.long_columns import long_array, steps
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

FloatArray = npt.NDArray[np.float64]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
UNITS: dict[str, tuple[int, int]] = {"s": (MICROSECONDS, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
"""Microseconds in a unit, as a fraction."""
UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
LARGEST = {"s": 1e11, "ms": 1e14, "us": 1e17}
"""With any year accepted, a column whose median is below this is of this unit: in seconds 1e11 is the year 5138."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
FIRST_SECOND, LAST_SECOND = 631_152_000, 4_133_980_800
"""Of 1990 and of 2101."""
DIGITS = {
    8: "dates such as 20240105",
    12: "times such as 202401050937",
    14: "times such as 20240105093700",
    17: "times such as 20240105093700123",
}
"""By number of digits: year, month, day, hour, minute, second, millisecond as one number."""
FIRST_TICK, LAST_TICK = 631_152_000 * 10**9, 662_380_416 * 10**9
"""Nanoseconds of 1990 that are ticks of .NET until 2100."""
EXCEL_EPOCH = 25_569
"""The serial day of 1970-01-01 in Excel."""
FIRST_SERIAL, LAST_SERIAL = 32_874, 73_416
"""Excel's days from 1990 on, and that after 2100."""
EXCEL = "Excel's serial days"
EXCEL_SHARE = 0.95
"""A column is Excel's where so many of its numbers fit, since plain counts pass through the same range."""

WHOLE = r"^-?[0-9]{1,18}$"
NUMBER = r"^-?([0-9]{1,30}[.,]?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?$"


def read_numbers(text: Any, unit: str, any_year: bool) -> tuple[IntArray, BoolArray, dict[str, int]]:
    """Read numbers as times; each is recognised by its size, since the ranges of 1990 to 2100 do not overlap.

    Parameters
    ----------
    text : arrow column of N strings that match `NUMBER`
    unit : str
        s, ms, us, ns or auto.
    any_year : bool
        Whether numbers that fit nothing are of the unit that the median has.

    Returns
    -------
    microseconds : (N,) int64
    readable : (N,) bool
    kinds : dict of str to int
        In words, how many are what.

    Raises
    ------
    BadInput
        All of them may be hours such as 2024010509 as well as seconds.
    """
    numbers = _Numbers(text)
    if unit != "auto":
        for rows in numbers.slices():
            numbers.take_unit(rows, _representable(numbers.sizes(rows), unit), unit)
        return numbers.times()
    _refuse_hours(numbers.integers, numbers.whole)
    _refuse_ticks(numbers.integers)
    for rows in numbers.slices():
        numbers.recognise(rows)
    numbers.recognise_serials()
    if any_year and not numbers.readable.all():
        everything = slice(0, len(text))
        sizes = numbers.sizes(everything)
        name = _median_unit(np.abs(sizes))
        numbers.take_unit(everything, ~numbers.readable & _representable(sizes, name), name)
    return numbers.times()


class _Numbers:
    """Numbers as whole ones, exactly, and as sizes; and what is read of them as times, some rows at a time."""

    def __init__(self, text: Any) -> None:
        self.integers, self.whole = long_array(len(text), np.int64), np.zeros(len(text), np.bool_)
        self.microseconds, self.readable = long_array(len(text), np.int64), np.zeros(len(text), np.bool_)
        self._kinds: dict[str, int] = {}
        fractions = [np.zeros(0, np.float64)]
        for rows in self.slices():
            fractions.append(self._parse(text.slice(rows.start, SLICE), rows))
            report_progress("Reading times", rows.start / len(text))
        self._at, self._fractions = np.flatnonzero(~self.whole), np.concatenate(fractions)

    def _parse(self, text: Any, rows: slice) -> FloatArray:
        """Take in whole numbers; the others are returned."""
        plain = pc.replace_substring_regex(pc.replace_substring(text, ",", "."), r"\.0*$", "")
        whole = booleans(pc.match_substring_regex(plain, WHOLE))
        self.whole[rows] = whole
        self.integers[rows][whole] = plain.filter(pa.array(whole)).cast(pa.int64()).to_numpy()
        return np.array([float(value) for value in plain.filter(pa.array(~whole)).to_pylist()], np.float64)

    def slices(self) -> Iterator[slice]:
        for start in range(0, len(self.whole), SLICE):
            yield slice(start, min(start + SLICE, len(self.whole)))

    def sizes(self, rows: slice) -> FloatArray:
        sizes = self.integers[rows].astype(np.float64)
        first, last = np.searchsorted(self._at, [rows.start, rows.stop])
        sizes[self._at[first:last] - rows.start] = self._fractions[first:last]
        return sizes

    def take(self, rows: slice, mask: BoolArray, microseconds: IntArray, kind: str) -> None:
        """These of the rows are read."""
        if mask.any():
            self.microseconds[rows][mask], self.readable[rows][mask] = microseconds, True
            self._kinds[kind] = self._kinds.get(kind, 0) + int(mask.sum())

    def take_unit(self, rows: slice, mask: BoolArray, unit: str) -> None:
        parts = (self.integers[rows][mask], self.whole[rows][mask], self.sizes(rows)[mask])
        self.take(rows, mask, _scaled(*parts, unit), UNIT_NAMES[unit])

    def recognise(self, rows: slice) -> None:
        """Read each number by its size."""
        integers, sizes = self.integers[rows], self.sizes(rows)
        for name, (times, over) in UNITS.items():
            low, high = (second * MICROSECONDS * over / times for second in (FIRST_SECOND, LAST_SECOND))
            self.take_unit(rows, (sizes >= low) & (sizes < high), name)
        for digits, kind in DIGITS.items():
            least, most = (year * 10 ** (digits - 4) for year in (FIRST_YEAR, LAST_YEAR + 1))
            fits = self.whole[rows] & (integers >= least) & (integers < most)
            microseconds, valid = _calendar(integers[fits], digits)
            fits[fits] = valid
            self.take(rows, fits, microseconds[valid], kind)

    def recognise_serials(self) -> None:
        """Read Excel's serial days, where nearly all numbers are such."""
        fits = {rows.start: _is_serial(self.sizes(rows)) for rows in self.slices()}
        if sum(int(mask.sum()) for mask in fits.values()) < EXCEL_SHARE * len(self.whole):
            return
        for rows in self.slices():
            serials = self.sizes(rows)[fits[rows.start]]
            # a double holds a serial to a millisecond
            milliseconds = np.rint((serials - EXCEL_EPOCH) * 86_400_000).astype(np.int64)
            self.take(rows, fits[rows.start], milliseconds * 1000, EXCEL)

    def times(self) -> tuple[IntArray, BoolArray, dict[str, int]]:
        names = (*UNIT_NAMES.values(), *DIGITS.values(), EXCEL)
        return self.microseconds, self.readable, {name: self._kinds[name] for name in names if name in self._kinds}


def calendar(parts: tuple[IntArray, IntArray, IntArray], microseconds: IntArray) -> tuple[IntArray, BoolArray]:
    """Dates as microseconds since 1970, and which of them exist.

    Parameters
    ----------
    parts : three (N,) int64
        Year, month from 1, day from 1.
    microseconds : (N,) int64
        Of the day.

    Returns
    -------
    (N,) int64, (N,) bool
    """
    year, month, day = parts
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1) & (year <= 9999)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + np.where(valid, day - 1, 0)
    valid &= days.astype("datetime64[D]").astype("datetime64[M]") == months  # no 31 February
    valid &= (microseconds >= 0) & (microseconds < DAY)
    return days * DAY + microseconds, valid


def _is_serial(sizes: FloatArray) -> BoolArray:
    return np.asarray((sizes >= FIRST_SERIAL) & (sizes < LAST_SERIAL), np.bool_)


def _scaled(integers: IntArray, whole: BoolArray, sizes: FloatArray, unit: str) -> IntArray:
    times, over = UNITS[unit]
    # below a microsecond nothing is lost: 1e10 seconds need 54 bits at that resolution, and real stamps fewer
    rounded = np.rint(np.where(whole, 0.0, sizes) * times / over).astype(np.int64)
    return np.where(whole, integers, 0) * times // over + rounded


def _representable(sizes: FloatArray, unit: str) -> BoolArray:
    """Which numbers are between the years 1 and 9999."""
    times, over = UNITS[unit]
    low, high = (second * MICROSECONDS * over / times for second in (-62_135_596_800, 253_402_300_799))
    return np.asarray((sizes >= low) & (sizes <= high), np.bool_)


def _calendar(numbers: IntArray, digits: int) -> tuple[IntArray, BoolArray]:
    """Numbers such as 20240105093700 as microseconds."""
    rest, clock = numbers, np.zeros(len(numbers), np.int64)
    if digits == 17:
        rest, thousandths = np.divmod(rest, 1000)
        clock += thousandths * 1000
    ok = np.ones(len(numbers), np.bool_)
    if digits >= 14:
        rest, second = np.divmod(rest, 100)
        clock, ok = clock + second * MICROSECONDS, ok & (second < 60)
    if digits >= 12:
        rest, minute = np.divmod(rest, 100)
        rest, hour = np.divmod(rest, 100)
        clock, ok = clock + (hour * 60 + minute) * 60 * MICROSECONDS, ok & (minute < 60) & (hour < 24)
    year_month, day = np.divmod(rest, 100)
    year, month = np.divmod(year_month, 100)
    microseconds, valid = calendar((year, month, day), clock)
    return microseconds, valid & ok


def _refuse_hours(integers: IntArray, whole: BoolArray) -> None:
    """Stop where every number is a date with an hour, which are seconds of the years 2033 to 2036 as well."""
    if len(whole) >= 2 and all(_are_hours(integers[part], whole[part]) for part in steps(len(whole))):
        message = (
            f"times such as {integers[0]} may be hours (year, month, day, hour) or seconds; name their format "
            "%Y%m%d%H or their unit s"
        )
        raise BadInput(message, fields=["time_format", "time_unit"], value=int(integers[0]), allowed=["%Y%m%d%H", "s"])


def _refuse_ticks(integers: IntArray) -> None:
    """Stop where every number is nanoseconds in 1990 or, as in .NET, 1e-7 seconds since the year 1."""
    parts = (integers[part] for part in steps(len(integers)))
    if len(integers) >= 2 and all(bool(((part >= FIRST_TICK) & (part < LAST_TICK)).all()) for part in parts):
        message = (
            f"times such as {integers[0]} may be ticks of .NET or nanoseconds in 1990; write ticks as milliseconds, "
            "(ticks - 621355968000000000) / 10000, or name the unit ns"
        )
        raise BadInput(message, fields=["time_unit"], value=int(integers[0]), allowed=["ns"])


def _are_hours(integers: IntArray, whole: BoolArray) -> bool:
    """Whether all numbers are a year, month, day and hour."""
    fits = whole & (integers >= FIRST_YEAR * 10**6) & (integers < (LAST_YEAR + 1) * 10**6)
    if not fits.all():
        return False
    day, hour = np.divmod(integers, 100)
    return bool((_calendar(day, 8)[1] & (hour < 24)).all())


def _median_unit(sizes: FloatArray) -> str:
    middle = float(np.median(sizes)) if len(sizes) else 0.0
    return next((unit for unit, largest in LARGEST.items() if middle < largest), "ns")
