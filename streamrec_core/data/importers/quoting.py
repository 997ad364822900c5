"""Divide lines into fields: decide whether a file is quoted, and never take rows for the inside of a quoted field."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

MOST_JOINED = 1000
"""Lines that one quoted field may go over."""
SAMPLE = 1000
"""Lines that show which columns hold numbers or dates."""
USUAL_SHARE = 0.95


@dataclass(frozen=True)
class TextRecord:
    """One row as it stands in the file.

    Attributes
    ----------
    line : int
        Line it begins on, from 1.
    fields : list of str or None
        None where the line cannot be divided; `fault` says why.
    lines : int
        Lines it goes over.
    """

    line: int
    fields: list[str] | None
    fault: str = ""
    lines: int = 1


@dataclass(frozen=True)
class RowShape:
    """How a row of the file looks without quotes.

    Attributes
    ----------
    delimiter : str
    width : int
        Number of fields.
    digits, enclosed : tuple of int
        Columns that begin with a digit, and those that stand in quotes.
    spaced : bool
        A space stands before the quotes that open a field, as in `1, "a"`.
    """

    delimiter: str
    width: int
    digits: tuple[int, ...] = ()
    enclosed: tuple[int, ...] = ()
    spaced: bool = False

    def fits(self, line: str) -> bool:
        """Whether a line by itself looks like a row."""
        cells = line.split(self.delimiter)
        return len(cells) == self.width and all(_begins_with_digit(cells[column]) for column in self.digits)


def row_shape(lines: Iterable[str], delimiter: str, width: int) -> RowShape:
    """Learn the shape of rows from lines that have the right number of fields without quotes.

    Parameters
    ----------
    lines : iterable of str
    delimiter : str
    width : int
        Number of fields.

    Returns
    -------
    RowShape

    Examples
    --------
    >>> row_shape(["a,x,1", "b,y,2"], ",", 3).digits
    (2,)
    """
    sample = list(islice(lines, SAMPLE))
    table = [cells for line in sample if len(cells := line.split(delimiter)) == width]
    spaced = sum(f'{delimiter} "' in line for line in sample) > sum(f'{delimiter}"' in line for line in sample)
    digits, enclosed = (_usual_columns(table, width, fits) for fits in (_begins_with_digit, _is_enclosed))
    return RowShape(delimiter, width, digits, enclosed, spaced)


def _usual_columns(table: list[list[str]], width: int, fits: Callable[[str], bool]) -> tuple[int, ...]:
    """Columns of which nearly all cells fit."""
    least = max(USUAL_SHARE * len(table), 1)
    return tuple(column for column in range(width) if sum(fits(cells[column]) for cells in table) >= least)


def is_quoted(lines: Iterable[str], shape: RowShape) -> bool:
    """Decide whether quotes in a file enclose fields, by what most lines with quotes show.

    A column whose cells all stand in quotes decides. Else a line speaks for it when only its quotes give it the right
    number of fields, and against it when it has the right number of fields only without them.

    Parameters
    ----------
    lines : iterable of str
        Without header.
    shape : RowShape

    Returns
    -------
    bool
    """
    if shape.enclosed:
        return True
    votes = 0
    for record, text in _divided(lines, 1, shape, shape.fits):
        plain = text.count(shape.delimiter) + 1 == shape.width
        if record.fields is None:
            votes -= plain
        elif record.lines > 1 or not plain:
            votes += 1
    return votes >= 0


def quoted_records(lines: Iterable[str], first: int, shape: RowShape, trust: bool = False) -> Iterator[TextRecord]:
    """Divide the lines of a quoted file, each line or group of lines into one record; none is passed over.

    A field may go over several lines where none of those lines looks like a row by itself.

    Parameters
    ----------
    lines : iterable of str
    first : int
        Number of the first line.
    shape : RowShape
    trust : bool
        Let a field also go over lines that look like rows.

    Yields
    ------
    TextRecord
        An empty line has no fields.
    """
    for record, _ in _divided(lines, first, shape, (lambda line: False) if trust else shape.fits):
        yield record


def csv_reader(lines: Iterable[str], shape: RowShape, **dialect: Any) -> Iterator[list[str]]:
    """Python's reader of quoted lines, which raises `csv.Error` where quotes do not fit.

    Parameters
    ----------
    lines : iterable of str
    shape : RowShape
    **dialect
        As of `csv.reader`.

    Returns
    -------
    iterator of list of str
    """
    return csv.reader(lines, delimiter=shape.delimiter, strict=True, skipinitialspace=shape.spaced, **dialect)


def divided_lines(lines: list[str], shape: RowShape) -> list[list[str]] | None:
    """Divide lines all at once; None where a record is not exactly one line.

    Parameters
    ----------
    lines : list of str
    shape : RowShape
        Its delimiter is one character.

    Returns
    -------
    list of lists of str, or None
    """
    try:
        records = list(csv_reader(lines, shape))
    except csv.Error:
        return None
    return records if len(records) == len(lines) else None


def _divided(
    lines: Iterable[str], first: int, shape: RowShape, is_row: Callable[[str], bool]
) -> Iterator[tuple[TextRecord, str]]:
    """Each record with its first line."""
    source = iter(lines)
    ahead: deque[str] = deque()
    number = first
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        record = _one_line(line, number, shape)
        if record.fields is None and record.fault == OPEN:
            record = _several_lines(line, record, (source, ahead), shape, is_row)
        for _ in range(record.lines - 1):
            ahead.popleft()
        yield record, line
        number += record.lines


OPEN = "cannot be divided into fields (a quote opens a field and is not closed in the row)"


def _one_line(line: str, number: int, shape: RowShape) -> TextRecord:
    try:
        fields = next(csv_reader([line], shape), [])
    except csv.Error as error:
        is_open = "end of data" in str(error)
        fields = _escaped(line, shape)
        if not fields:
            return TextRecord(number, None, OPEN if is_open else f"cannot be divided into fields ({error})")
    if fields and len(fields) != shape.width:
        fields = _escaped(line, shape) or fields
    if fields and len(fields) != shape.width:
        return TextRecord(number, None, f"number of fields is {len(fields)}, expected {shape.width}")
    return TextRecord(number, fields)


def _escaped(line: str, shape: RowShape) -> list[str]:
    r"""Fields of a line that writes a quote inside quotes as `\"`; none where that does not fit."""
    if '\\"' not in line:
        return []
    try:
        fields = next(csv_reader([line], shape, escapechar="\\", doublequote=False), [])
    except csv.Error:
        return []
    return fields if len(fields) == shape.width else []


def _several_lines(
    line: str,
    record: TextRecord,
    coming: tuple[Iterator[str], deque[str]],
    shape: RowShape,
    is_row: Callable[[str], bool],
) -> TextRecord:
    """The record that begins with `line` and goes on until its quotes are even; else the line alone, as it was."""
    source, ahead = coming
    quotes = line.count('"')
    for joined in range(1, MOST_JOINED):
        if len(ahead) < joined:
            following = next(source, None)
            if following is None:
                return record
            ahead.append(following)
        if is_row(ahead[joined - 1]):
            return record
        quotes += ahead[joined - 1].count('"')
        if '"' in ahead[joined - 1] and quotes % 2 == 0:
            break
    else:
        return record
    text = [line, *islice(ahead, joined)]
    try:
        records = list(csv_reader((part + "\n" for part in text), shape))
    except csv.Error:
        return record
    if len(records) != 1 or len(records[0]) != shape.width:
        return record
    return TextRecord(record.line, records[0], lines=joined + 1)


def _is_enclosed(cell: str) -> bool:
    cell = cell.strip(" ")
    return len(cell) > 1 and cell.startswith('"') and cell.endswith('"')


def _begins_with_digit(cell: str) -> bool:
    return cell.lstrip(' "-')[:1].isdecimal()
