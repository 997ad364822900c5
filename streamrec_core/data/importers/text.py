"""Read delimited text files as columns of strings, in any encoding, every row with its line number."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.importers.coded import TextEncoder
from streamrec_core.data.importers.encoding import line_blocks
from streamrec_core.data.importers.limits import budget
from streamrec_core.data.importers.quoting import (
    SAMPLE,
    RowShape,
    divided_lines,
    is_quoted,
    quoted_records,
    row_shape,
)
from streamrec_core.data.importers.rows import MOSTLY_DIFFERENT, BadRows, Rows, check_columns, quoted
from streamrec_core.data.importers.start import MARK, Start, delimiter_of, find_start
from streamrec_core.data.long_columns import LongColumn, LongTexts
from streamrec_core.errors import BadInput

RECORDS = 200_000
HEADER_LINES = 50
"""Lines that a quoted header may go over."""

DELIMITER_NAMES = {
    **{"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "},
    **{"\\x01": "\x01", "\\001": "\x01", "^A": "\x01"},
}
NO_DELIMITERS = frozenset("\n\r\0")
JSON_TEXT = re.compile(r'\s*(\[\s*)?\{\s*("|\}|$)')
Quotes = Literal["auto", "always", "never"]
AT_ONCE = Start()
"""The header is the first line."""


@dataclass(frozen=True)
class Layout:
    """How the fields of a text file stand.

    Attributes
    ----------
    delimiter : str
        Several characters are allowed where nothing is quoted.
    names : tuple of str or None
        Column names of a file without a header; None reads them from the first line.
    quotes : str
        Whether double quotes enclose fields: auto looks at the file.
    encoding : str
        As `find_encoding` found it.
    start : Start
        Lines before the header, and comment lines.
    """

    delimiter: str
    names: tuple[str, ...] | None = None
    quotes: Quotes = "never"
    encoding: str = "utf-8-sig"
    start: Start = AT_ONCE


def find_layout(path: Path, encoding: str, delimiter: str = "", quotes: Quotes = "auto", comment: str = "") -> Layout:
    """Find where the header is and what divides it.

    Parameters
    ----------
    path : Path
    encoding : str
    delimiter : str
        A character or its name; empty: found in the file.
    quotes : str
        auto, always or never.
    comment : str
        Beginning of comment lines; empty: `#` where the file begins with such lines.

    Returns
    -------
    Layout

    Raises
    ------
    BadInput
        None of the usual delimiters is in the header, or the delimiter cannot divide fields.
    """
    start = find_start(path, encoding, comment)
    _refuse_other_text(start, path)
    delimiter = DELIMITER_NAMES.get(delimiter, delimiter) or start.delimiter or delimiter_of(start.header)
    if not delimiter:
        message = f"none of tab ; , | divides {quoted(start.header)} into columns; name the delimiter"
        raise BadInput(message, path=path, line=start.skipped_lines + 1, fields=["delimiter"], value=start.header)
    if delimiter == '"' or set(delimiter) & NO_DELIMITERS:
        message = f"delimiter {delimiter!r} cannot divide fields; give a character such as , or ; or tab"
        raise BadInput(message, fields=["delimiter"], value=delimiter)
    return Layout(delimiter, quotes=quotes, encoding=encoding, start=start)


def _refuse_other_text(start: Start, path: Path) -> None:
    """Text files that often stand where a log should be: what a failed download left, JSON, another encoding."""
    first_line = start.header
    if "\0" in first_line:
        guess = "utf-16-be" if first_line.startswith("\0") else "utf-16-le"
        message = f"every second character is a zero byte; name the right encoding, for example {guess}"
        raise BadInput(message, path=path, line=start.skipped_lines + 1, fields=["encoding"], allowed=[guess])
    if JSON_TEXT.match(first_line):
        raise BadInput("holds JSON and is no table; rename it to .jsonl (an object a line) or .json", path=path)
    if first_line.startswith("version https://git-lfs"):
        raise BadInput("is a pointer of Git LFS and not the file; fetch the file with git lfs pull", path=path)
    if first_line.lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise BadInput("is a web page or XML and not a table; download the log again, as CSV or JSON lines", path=path)


def header(path: Path, layout: Layout) -> tuple[str, ...]:
    """Read the column names; those of the first line without spaces around them.

    Parameters
    ----------
    path : Path
    layout : Layout

    Returns
    -------
    tuple of str
    """
    return _header(path, layout)[0]


def numbered_columns(path: Path, layout: Layout) -> Layout:
    """The layout of a file without a header: columns are called 1, 2, 3, ...

    Parameters
    ----------
    path : Path
    layout : Layout
        As of a file with a header.

    Returns
    -------
    Layout
    """
    width = len(header(path, layout))
    return replace(layout, names=tuple(str(number + 1) for number in range(width)))


def read_text(path: Path, layout: Layout, columns_by_role: dict[str, str], bad: BadRows) -> Rows:
    """Read columns of a text file; lines that cannot be divided are counted as bad, empty lines are passed over.

    Parameters
    ----------
    path : Path
    layout : Layout
    columns_by_role : dict of str to str
        What each column is for -> its name.
    bad : BadRows
        Receives the lines that cannot be used.

    Returns
    -------
    Rows
        Columns hold each different text once, but for times. Its counts say how many lines are comments or continue
        a row.
    """
    names, first = _header(path, layout)
    check_columns(path, columns_by_role, names)
    indices = {name: names.index(name) for name in columns_by_role.values()}
    reader = _Reader(path, layout, tuple(indices.values()), len(names), first, bad)
    lines = LongColumn(np.int64)
    plain = {name for role, name in columns_by_role.items() if role in MOSTLY_DIFFERENT}
    texts = {name: LongTexts(pa.string()) for name in plain}
    coded = {name: TextEncoder() for name in indices if name not in plain}
    for block in reader.blocks():
        numbers, columns = block if layout.names else _without_headers(block, tuple(indices), path, bad)
        lines.add(numbers)
        for name, column in zip(indices, columns, strict=True):
            (texts if name in plain else coded)[name].add(column)
    whole = {name: (texts if name in plain else coded)[name].column() for name in indices}
    return Rows(path, lines.whole(), whole, reader.comment_lines, reader.joined_lines)


Block = tuple[Any, list[Any]]
"""Line numbers of the good rows of one block, and its columns that are needed."""


def _without_headers(block: Block, names: tuple[str, ...], path: Path, bad: BadRows) -> Block:
    """A block without the rows that repeat the column names, as files have that were put together from several."""
    numbers, columns = block
    if len(names) < 2 or not pc.any(pc.match_substring(columns[0], names[0])).as_py():
        return block
    repeats = np.ones(len(numbers), np.bool_)
    for name, column in zip(names, columns, strict=True):
        trimmed = pc.utf8_trim(pc.utf8_trim_whitespace(column), MARK)
        repeats &= np.asarray(pc.equal(trimmed, name))
    bad.add(Rows(path, numbers, {}), np.flatnonzero(repeats), lambda row: "repeats the column names")
    return numbers[~repeats], [column.filter(pa.array(~repeats)) for column in columns]


@dataclass(eq=False)
class _Reader:
    """Reads the rows of one file from line `first` on."""

    path: Path
    layout: Layout
    columns: tuple[int, ...]
    width: int
    first: int
    bad: BadRows
    comment_lines: int = 0
    joined_lines: int = 0

    def blocks(self) -> Iterator[Block]:
        self.comment_lines = self.layout.start.comment_lines
        if not _has_quotes(self.path, self.layout):
            return self._plain()
        shape = row_shape(islice(self._lines(), SAMPLE), self.layout.delimiter, self.width)
        if self.layout.quotes != "always" and not is_quoted(self._lines("Looking through"), shape):
            return self._plain()
        return self._quoted(shape)

    def _texts(self, doing: str = "Reading") -> Iterator[tuple[int, list[str]]]:
        """Lines of each block from `first` on, with the number of the first of them."""
        number, total = 1, budget()
        for text in line_blocks(self.path, self.layout.encoding, doing):
            lines = text.split("\n")
            total.count_rows(self.path, number + len(lines) - self.first)
            skipped = max(self.first - number, 0)
            if skipped < len(lines):
                yield number + skipped, lines[skipped:]
            number += len(lines)

    def _lines(self, doing: str = "Reading") -> Iterator[str]:
        return chain.from_iterable(lines for _, lines in self._texts(doing))

    def _plain(self) -> Iterator[Block]:
        for number, texts in self._texts():
            lines = pa.array(texts, pa.string())
            numbers = np.arange(number, number + len(lines), dtype=np.int64)
            fields = pc.split_pattern(lines, self.layout.delimiter)
            widths = pc.list_value_length(fields).to_numpy()
            filled = np.array(pc.not_equal(lines, ""))
            filled &= ~self._comments(lines, widths)
            wrong = np.flatnonzero(filled & (widths != self.width))
            self.bad.add(Rows(self.path, numbers, {}), wrong, self._width_fault(widths))
            good = filled & (widths == self.width)
            fields = fields.filter(pa.array(good))
            yield numbers[good], [pc.list_element(fields, column) for column in self.columns]

    def _width_fault(self, widths: Any) -> Callable[[int], str]:
        return lambda row: f"number of fields is {widths[row]}, expected {self.width}"

    def _comments(self, lines: Any, widths: Any) -> Any:
        """(lines,) whether a line is a comment; counts them."""
        start = self.layout.start
        if not start.comment:
            return np.zeros(len(lines), np.bool_)
        comments = np.array(pc.starts_with(lines, start.comment))
        if not start.comment_is_set:
            comments &= widths != self.width
        self.comment_lines += int(comments.sum())
        return comments

    def _quoted(self, shape: RowShape) -> Iterator[Block]:
        """While every record stands on a line of its own, whole blocks are divided at once, then line by line."""
        texts = self._texts()
        for number, lines in texts:
            records = divided_lines(lines, shape)
            if records is None or any(len(fields) not in (0, self.width) for fields in records):
                rest = chain(lines, chain.from_iterable(more for _, more in texts))
                yield from self._line_by_line(rest, number, shape)
                return
            numbers = np.arange(number, number + len(lines), dtype=np.int64)
            yield self._block(numbers, records)

    def _line_by_line(self, lines: Iterable[str], first: int, shape: RowShape) -> Iterator[Block]:
        records = quoted_records(lines, first, shape, trust=self.layout.quotes == "always")
        while block := list(islice(records, RECORDS)):
            good = []
            for record in block:
                self.joined_lines += record.lines - 1
                if record.fields is None:
                    self.bad.add_line(self.path, record.line, record.fault)
                else:
                    good.append(record)
            yield self._block(np.array([record.line for record in good], np.int64), [r.fields or [] for r in good])

    def _block(self, numbers: Any, records: list[list[str]]) -> Block:
        filled = [fields for fields in records if fields]
        keep = np.array([bool(fields) for fields in records], np.bool_)
        return numbers[keep], [pa.array([fields[column] for fields in filled], pa.string()) for column in self.columns]


def _header(path: Path, layout: Layout) -> tuple[tuple[str, ...], int]:
    """The column names, and the line that the first row is on."""
    first = layout.start.skipped_lines + 1
    if layout.names is not None:
        return layout.names, first
    line, lines = layout.start.header, 1
    if not layout.start.skipped_lines and not line:
        line = next(line_blocks(path, layout.encoding), "").split("\n", 1)[0]
    if '"' not in line or layout.quotes == "never" or len(layout.delimiter) != 1:
        fields = line.split(layout.delimiter)
    else:
        fields, lines = _quoted_header(path, layout, first)
    return tuple(field.strip().lstrip(MARK) for field in fields), first + lines


def _quoted_header(path: Path, layout: Layout, first: int) -> tuple[list[str], int]:
    texts = chain.from_iterable(text.split("\n") for text in line_blocks(path, layout.encoding))
    lines = [line.lstrip(MARK) + "\n" for line in islice(texts, first - 1, first - 1 + HEADER_LINES)]
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration) as error:
        message = f"the header cannot be read ({error}); fix its quotes"
        raise BadInput(message, path=path, line=first) from None


def _has_quotes(path: Path, layout: Layout) -> bool:
    """Whether the slower reader for quoted fields is needed."""
    if layout.quotes == "never" or len(layout.delimiter) != 1:
        return False
    return any('"' in text for text in line_blocks(path, layout.encoding, "Looking through"))
