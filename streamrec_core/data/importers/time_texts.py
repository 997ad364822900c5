"""Text as time stamps: ISO 8601 with zones, and the forms of Germany, the USA, e-mail, web servers and browsers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import BoolArray
from streamrec_core.data.importers.rows import booleans, quoted
from streamrec_core.data.importers.time_numbers import MICROSECONDS, calendar
from streamrec_core.data.long_columns import long_array
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

SLICE = 200_000
"""Rows that are parsed at a time."""

ISO = r"^[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2})?([T ]|$|[+Z-])"
USUAL_ISO = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?$"
ZONED_ISO = USUAL_ISO.removesuffix(")?$") + r")(Z|[+-][0-9]{2}:[0-9]{2})$"
"""What Arrow itself reads, ten times as fast as pandas; it refuses a column with a day that does not exist."""
NAMED_ZONE = r":[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?|\s[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)$"
ISO_KIND, WITHOUT_ZONE, WITH_ZONE = "ISO 8601", "ISO 8601 without a zone (read as UTC)", "ISO 8601 with a zone"
"""The first where all are alike."""
REGION = r"\s(?P<region>[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)$"
OFFSETS = {
    **{"CET": "+01:00", "MEZ": "+01:00", "CEST": "+02:00", "MESZ": "+02:00"},
    **{"EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00"},
    **{"MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00"},
}
"""Abbreviations of RFC 2822 and of Central Europe; others are used for several zones."""
NORMAL = (
    (r"\s*\([A-Za-z .+-]{2,60}\)$", ""),  # (Central European Standard Time)
    (r"([+-][0-9]{2}:?[0-9]{2}|Z)\[[^\]]+\]$", r"\1"),  # +01:00[Europe/Berlin]
    (r"(:[0-9]{2}(?:\.[0-9]+)?)\[([A-Z][A-Za-z_]+/[A-Za-z_/+-]+)\]$", r"\1 \2"),  # 09:37:00[Europe/Berlin]
    (r"(?:UTC|GMT) ?([+-][0-9]{2}:?[0-9]{2})$", r"\1"),
    (r"([+-][0-9]{2}:?[0-9]{2}) ?(?:UTC|GMT|[A-Z]{3,5})$", r"\1"),
    (r"\s*(?:UTC|GMT|Z)$", "Z"),
    (r"\s+([+-][0-9]{2}:?[0-9]{2})$", r"\1"),
    (r"(:[0-9]{2}),([0-9]{1,9})", r"\1.\2"),
    *((rf"\s+{name}$", offset) for name, offset in OFFSETS.items()),
    (r"(:[0-9]{2}) (?:UTC|GMT) ([0-9]{4})$", r"\1Z \2"),  # Java: Fri Jan 05 09:37:00 UTC 2024
    *((rf"(:[0-9]{{2}}) {name} ([0-9]{{4}})$", rf"\1{offset} \2") for name, offset in OFFSETS.items()),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})", r"\1-\2-\3T\4:\5:\6"),
    (r"^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})([T ]|$)", r"\1-\2-\3\4"),
)
"""Zones in one form, and a dot before fractions of a second."""

CLOCK = (
    r"(?:[ T,:]+(?:at |um )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d{1,9})?))?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?: Uhr)?)?"
)
ZONE = r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
WEEKDAY = r"(?:[A-Za-z]{2,9}[,.]{0,2}\s+)?"
MONTH = r"(?P<name>[A-Za-zäÄ]{3,9})\.?"
FORMS = {
    "German dates": rf"^(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d{{2}}){CLOCK}{ZONE}$",
    "dates with slashes": rf"^(?P<first>\d{{1,2}})[/-](?P<then>\d{{1,2}})[/-](?P<year>\d{{4}}|\d{{2}}){CLOCK}{ZONE}$",
    "dates with a month's name": (
        rf"^\[?{WEEKDAY}(?P<day>\d{{1,2}})[ /.-]+{MONTH}[ /.-]+(?P<year>\d{{4}}){CLOCK}{ZONE}\]?$"
    ),
    "dates as in the USA": (
        rf"^{WEEKDAY}{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){CLOCK}{ZONE}$"
    ),
    "dates as of Unix": (
        rf"^{WEEKDAY}{MONTH}\s+(?P<day>\d{{1,2}})\s+(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}}):(?P<second>\d{{2}})"
        rf"{ZONE}\s+(?P<year>\d{{4}})$"
    ),
}
SLASHED_DAYS = r"^(?P<first>[0-9]{1,2})[/-](?P<then>[0-9]{1,2})[/-](?:[0-9]{4}|[0-9]{2})(?:[ T,]|$)"
SHORT_DATES = r"^(?P<first>[0-9]{2})[/-](?P<then>[0-9]{2})[/-](?P<last>[0-9]{2})(?:[ T,]|$)"
"""Two digits each: the year may be the first or the last."""
MONTHS = {
    **{"jan": 1, "jän": 1, "feb": 2, "mar": 3, "mär": 3, "mrz": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12},
}
"""By the first three letters, in English and German."""


def read_texts(text: Any) -> tuple[IntArray, BoolArray, dict[str, int]]:
    """Read texts as times; without a zone they are UTC.

    Parameters
    ----------
    text : arrow column of N strings

    Returns
    -------
    microseconds : (N,) int64
    readable : (N,) bool
    kinds : dict of str to int
        In words, how many are what.

    Raises
    ------
    BadInput
        Dates such as 01/05/2024 do not show whether the day or the month is first.
    """
    day_first = _day_first(text)
    microseconds = long_array(len(text), np.int64)
    readable = np.zeros(len(text), np.bool_)
    kinds: dict[str, int] = {}
    for start in range(0, len(text), SLICE):
        part = text.slice(start, SLICE)
        part = part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part
        here = slice(start, start + len(part))
        microseconds[here], readable[here], of_part = _read_slice(part, day_first)
        for kind, count in of_part.items():
            kinds[kind] = kinds.get(kind, 0) + count
        report_progress("Reading times", start / len(text))
    if WITH_ZONE in kinds and WITHOUT_ZONE not in kinds:
        kinds = {ISO_KIND if kind == WITH_ZONE else kind: count for kind, count in kinds.items()}
    elif WITH_ZONE not in kinds:
        kinds = {ISO_KIND if kind == WITHOUT_ZONE else kind: count for kind, count in kinds.items()}
    return microseconds, readable, kinds


def _read_slice(text: Any, day_first: bool) -> tuple[IntArray, BoolArray, dict[str, int]]:
    microseconds = np.zeros(len(text), np.int64)
    readable = np.zeros(len(text), np.bool_)
    for form, zone in ((USUAL_ISO, None), (ZONED_ISO, "UTC")):
        fits = booleans(pc.match_substring_regex(text, form))
        if fits.any() and (stamps := _by_arrow(text if fits.all() else text.filter(pa.array(fits)), zone)) is not None:
            microseconds[fits], readable[fits] = stamps, True
    kinds = _iso_kinds(text, readable)
    if readable.all():
        return microseconds, readable, kinds
    rest = np.flatnonzero(~readable)
    microseconds[rest], readable[rest], of_rest = _read_any(text.take(pa.array(rest)), day_first)
    for kind, count in of_rest.items():
        kinds[kind] = kinds.get(kind, 0) + count
    return microseconds, readable, kinds


def _iso_kinds(text: Any, readable: BoolArray) -> dict[str, int]:
    """How many of the readable texts name their zone, and how many do not."""
    zoned = int((readable & booleans(pc.match_substring_regex(text, NAMED_ZONE))).sum())
    counts = {WITHOUT_ZONE: int(readable.sum()) - zoned, WITH_ZONE: zoned}
    return {kind: count for kind, count in counts.items() if count}


def _by_arrow(text: Any, zone: str | None) -> IntArray | None:
    """Times of the usual form; None where one of them does not exist."""
    try:
        return np.asarray(text.cast(pa.timestamp("us", tz=zone)).cast(pa.int64()).to_numpy(), np.int64)
    except pa.ArrowInvalid:
        return None


def _read_any(text: Any, day_first: bool) -> tuple[IntArray, BoolArray, dict[str, int]]:
    normal = text
    for pattern, replacement in NORMAL:
        normal = pc.replace_substring_regex(normal, pattern, replacement)
    microseconds = np.zeros(len(text), np.int64)
    readable = np.zeros(len(text), np.bool_)
    kinds: dict[str, int] = {}
    iso = booleans(pc.match_substring_regex(normal, ISO))
    if iso.any():
        microseconds[iso], readable[iso] = _iso(normal.filter(pa.array(iso)))
        kinds |= _iso_kinds(normal, readable)
    for kind, form in FORMS.items():
        rest = np.flatnonzero(~iso & ~readable)
        if not len(rest):
            break
        parts = pd.Series(normal.take(pa.array(rest)).to_pylist(), dtype=object).str.extract(form)
        fits = parts["year"].notna().to_numpy()
        stamps, valid = _from_parts(parts[fits], day_first)
        rows = rest[fits][valid]
        microseconds[rows], readable[rows] = stamps[valid], True
        if len(rows):
            kinds[kind] = len(rows)
    return microseconds, readable, kinds


def _iso(text: Any) -> tuple[IntArray, BoolArray]:
    words = pd.Series(text.to_pylist(), dtype=object)
    regions = booleans(pc.match_substring_regex(text, REGION))
    if not regions.any():
        return _stamps(pd.to_datetime(words, format="ISO8601", errors="coerce", utc=True))
    out, readable = np.zeros(len(words), np.int64), np.zeros(len(words), np.bool_)
    plain = np.flatnonzero(~regions)
    out[plain], readable[plain] = _stamps(
        pd.to_datetime(words.iloc[plain], format="ISO8601", errors="coerce", utc=True)
    )
    named = words[regions].str.extract(rf"^(?P<local>.*?){REGION}")
    for region, local in named.groupby("region")["local"]:
        rows = local.index.to_numpy()
        stamps = pd.to_datetime(local, format="ISO8601", errors="coerce")
        try:
            stamps = stamps.dt.tz_localize(str(region), ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
        except (KeyError, ValueError, TypeError, AttributeError):  # no such region, or a zone stands twice
            continue
        out[rows], readable[rows] = _stamps(stamps)
    return out, readable


def _stamps(stamps: Any) -> tuple[IntArray, BoolArray]:
    readable = stamps.notna().to_numpy()
    return np.where(readable, stamps.dt.as_unit("us").astype("int64").to_numpy(), 0), readable


def _from_parts(parts: Any, day_first: bool) -> tuple[IntArray, BoolArray]:
    """Day, month, year and clock, each as text or missing, as microseconds, and which of them exist."""
    if "first" in parts:
        order = ("first", "then") if day_first else ("then", "first")
        day, month = (_whole(parts[name]) for name in order)
    else:
        day = _whole(parts["day"])
        month = _whole(parts["month"]) if "month" in parts else _months(parts["name"])
    year = _whole(parts["year"])
    year = np.where(year < 100, year + np.where(year < 70, 2000, 1900), year)
    hour, minute = _whole(parts["hour"]), _whole(parts["minute"])
    seconds = pd.to_numeric(parts["second"]).fillna(0.0).to_numpy(np.float64)
    valid = (hour < 24) & (minute < 60) & (seconds < 60)
    if "half" in parts:
        half = parts["half"].str.lower()
        valid &= half.isna().to_numpy() | ((hour >= 1) & (hour <= 12))
        hour = np.where(half.notna(), hour % 12 + np.where(half == "p", 12, 0), hour)
    clock = (hour * 60 + minute) * 60 * MICROSECONDS + np.rint(seconds * MICROSECONDS).astype(np.int64)
    microseconds, exists = calendar((year, month, day), clock)
    return microseconds - _offset(parts["zone"]), valid & exists


def _whole(column: Any) -> IntArray:
    return pd.to_numeric(column).fillna(0).to_numpy(np.int64)


def _months(names: Any) -> IntArray:
    return names.str.lower().str[:3].map(MONTHS).fillna(0).to_numpy(np.int64)


def _offset(zones: Any) -> IntArray:
    """Microseconds that a zone such as +0130 is ahead of UTC."""
    digits = zones.str.replace(r"[^0-9]", "", regex=True)
    hours, minutes = (pd.to_numeric(digits.str[part]).fillna(0).to_numpy(np.int64) for part in (slice(2), slice(2, 4)))
    sign = np.where(zones.str.startswith("-").fillna(False).to_numpy(np.bool_), -1, 1)
    return sign * (hours * 60 + minutes) * 60 * MICROSECONDS


def _day_first(text: Any) -> bool:
    """Whether dates with slashes begin with the day; false where there are none."""
    slashed = text.filter(pc.match_substring_regex(text, SLASHED_DAYS))
    if not len(slashed):
        return False
    slashed = slashed.combine_chunks() if isinstance(slashed, pa.ChunkedArray) else slashed
    _refuse_years_in_front(slashed)
    groups = pc.extract_regex(slashed, SLASHED_DAYS)
    first, then = (int(pc.max(groups.field(name).cast(pa.int64())).as_py()) for name in ("first", "then"))
    if first > 12 >= then:
        return True
    if then > 12 >= first:
        return False
    sample = str(slashed[0])
    formats = [_format(sample, day_first) for day_first in (False, True)]
    message = (
        f"times such as {quoted(sample)} may begin with the month or with the day; name their format, "
        f"{formats[0]} or {formats[1]}"
    )
    raise BadInput(message, fields=["time_format"], value=sample, allowed=formats)


def _refuse_years_in_front(slashed: Any) -> None:
    """Dates such as 24-01-31 begin with the year where fewer numbers stand in front than at the end; a log has few."""
    short = slashed.filter(pc.match_substring_regex(slashed, SHORT_DATES))
    if not len(short):
        return
    groups = pc.extract_regex(short, SHORT_DATES)
    then, last = (int(pc.max(groups.field(name).cast(pa.int64())).as_py()) for name in ("then", "last"))
    in_front, at_end = (len(pc.unique(groups.field(name))) for name in ("first", "last"))
    if then > 12 or last > 31 or in_front > at_end:
        return
    sample = str(short[0])
    formats = [_format(sample, True, year_first=True), _format(sample, True), _format(sample, False)]
    message = (
        f"times such as {quoted(sample)} may begin with the year, the day or the month; name their format, "
        f"{formats[0]}, {formats[1]} or {formats[2]}"
    )
    raise BadInput(message, fields=["time_format"], value=sample, allowed=formats)


def _format(sample: str, day_first: bool, year_first: bool = False) -> str:
    """The `strptime` format of a date with slashes."""
    mark = "-" if "-" in sample[:3] else "/"
    date, _, clock = sample.partition(" ")
    year = "%Y" if len(date.rpartition(mark)[2]) == 4 else "%y"
    half = clock.upper().endswith("M")
    words = [("%I" if half else "%H"), "%M", "%S"][: clock.count(":") + 1] if clock else []
    days = ("%d", "%m") if day_first else ("%m", "%d")
    parts = ("%y", "%m", "%d") if year_first else (*days, year)
    return mark.join(parts) + (" " + ":".join(words) if words else "") + (" %p" if half else "")
