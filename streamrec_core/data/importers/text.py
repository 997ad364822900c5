"""Read delimited text files as columns of strings, in any encoding, every row with its line number."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.importers.rows import BadRows, Rows, check_columns, quoted
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

BLOCK = 1 << 22
"""Characters read at a time, so that no arrow column outgrows its 32-bit offsets."""
RECORDS = 200_000

DELIMITERS = ("\t", ";", ",", "|")
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
NO_CHARSETS = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"})
"""Codecs of Python that no file is written in."""
ENCODINGS = ("utf-8", "latin-1", "cp1252")
"""Named as examples where an encoding is unknown."""
BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Layout:
    """How the fields of a text file stand.

    Attributes
    ----------
    delimiter : str
        Several characters are allowed where nothing is quoted.
    names : tuple of str or None
        Column names of a file without a header; None reads them from the first line.
    quoted : bool
        Whether fields may stand in double quotes.
    encoding : str
        As `find_encoding` found it.
    """

    delimiter: str
    names: tuple[str, ...] | None = None
    quoted: bool = False
    encoding: str = "utf-8-sig"


def find_encoding(path: Path, candidates: tuple[str, ...]) -> str:
    """Find the first of the encodings that the whole file can be read in.

    Parameters
    ----------
    path : Path
    candidates : tuple of str
        Names of encodings.

    Returns
    -------
    str
        Name of a codec; UTF-8 with or without a byte order mark is `utf-8-sig`.

    Raises
    ------
    BadInput
        The file is missing or empty, an encoding is unknown, or none of them fits; the message names the line
        and the byte.
    """
    for name in candidates:
        encoding = _text_encoding(name)
        try:
            blank = [text.isspace() for text in _texts(path, encoding, "Checking")]  # to the end: any block may not fit
        except UnicodeError:
            continue
        if all(blank):
            raise BadInput("is empty; give a file with rows in it", path=path)
        return encoding
    raise _undecodable(path, candidates[0])


def find_delimiter(path: Path, encoding: str) -> str:
    """Find the delimiter that is most frequent in the first line; raises `BadInput` where there is none.

    Parameters
    ----------
    path : Path
    encoding : str

    Returns
    -------
    str
    """
    line = _first_line(path, encoding)
    best = max(DELIMITERS, key=line.count)
    if best not in line:
        message = f"none of tab, ; , | divides {quoted(line)} into columns; name the delimiter"
        raise BadInput(message, path=path, line=1, fields=["delimiter"], value=line)
    return best


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
    if layout.names is not None:
        return layout.names
    if not _quotes(path, layout):
        fields = _first_line(path, layout.encoding).split(layout.delimiter)
    else:
        with path.open(encoding=layout.encoding) as handle:
            try:
                fields = next(csv.reader(handle, delimiter=layout.delimiter, strict=True))
            except (csv.Error, StopIteration) as error:
                message = f"the header cannot be read ({error}); fix its quotes"
                raise BadInput(message, path=path, line=1) from None
    return tuple(field.strip() for field in fields)


def read_text(path: Path, layout: Layout, columns_by_role: dict[str, str], bad: BadRows) -> Rows:
    """Read columns of a text file; lines of another width are counted as bad, empty lines passed over.

    Empty lines are passed over.

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
    """
    names = header(path, layout)
    check_columns(path, columns_by_role, names)
    indices = {name: names.index(name) for name in columns_by_role.values()}
    blocks = _quoted_blocks if _quotes(path, layout) else _plain_blocks
    lines: list[Any] = [np.zeros(0, np.int64)]
    chunks: dict[str, list[Any]] = {name: [] for name in indices}
    for numbers, columns in blocks(path, layout, list(indices.values()), len(names), bad):
        lines.append(numbers)
        for name, column in zip(indices, columns, strict=True):
            chunks[name].append(column)
    whole = {name: pa.chunked_array(parts, pa.string()) for name, parts in chunks.items()}
    return Rows(path, np.concatenate(lines), whole)


Block = tuple[Any, list[Any]]
"""Line numbers of the good rows of one block, and its wanted columns."""


def _plain_blocks(path: Path, layout: Layout, columns: list[int], width: int, bad: BadRows) -> Iterator[Block]:
    line = 1
    for text in _whole_lines(path, layout.encoding):
        lines = pc.split_pattern(pa.array([text], pa.string()), "\n").flatten()
        numbers = np.arange(line, line + len(lines), dtype=np.int64)
        line += len(lines)
        filled = np.array(pc.not_equal(lines, ""))
        if layout.names is None and numbers[0] == 1:
            filled[0] = False
        fields = pc.split_pattern(lines, layout.delimiter)
        widths = pc.list_value_length(fields).to_numpy()
        _count_widths(Rows(path, numbers, {}), filled, widths, width, bad)
        good = filled & (widths == width)
        fields = fields.filter(pa.array(good))
        yield numbers[good], [pc.list_element(fields, column) for column in columns]


def _quoted_blocks(path: Path, layout: Layout, columns: list[int], width: int, bad: BadRows) -> Iterator[Block]:
    header_lines = 1 if layout.names is None else 0
    for numbers, records in _record_blocks(path, layout, bad):
        begin = header_lines if numbers[0] == 1 else 0
        lines, block = np.array(numbers[begin:], np.int64), records[begin:]
        widths = np.array([len(fields) for fields in block], np.int64)
        _count_widths(Rows(path, lines, {}), widths > 0, widths, width, bad)
        good = [fields for fields in block if len(fields) == width]
        yield (
            lines[widths == width],
            [pa.array([fields[column] for fields in good], pa.string()) for column in columns],
        )


def _record_blocks(path: Path, layout: Layout, bad: BadRows) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """Records in blocks, each record with the line it begins on.

    While every record stands on a line of its own, whole blocks are divided at once; from the first block on
    where a record goes on over a line end, or quotes are broken, line by line.
    """
    line = 1
    texts = _whole_lines(path, layout.encoding)
    for text in texts:
        lines = text.split("\n")
        records = _one_a_line(lines, layout.delimiter)
        if records is None:
            rest = (part + "\n" for whole in chain((text,), texts) for part in whole.split("\n"))
            yield from _line_by_line(path, rest, line, layout.delimiter, bad)
            return
        yield range(line, line + len(lines)), records
        line += len(lines)


def _one_a_line(lines: list[str], delimiter: str) -> list[list[str]] | None:
    """The fields of each line; None where a record is not exactly one line."""
    try:
        records = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records if len(records) == len(lines) else None


def _line_by_line(
    path: Path, lines: Iterator[str], first: int, delimiter: str, bad: BadRows
) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    records = _records(path, lines, first, delimiter, bad)
    while block := list(islice(records, RECORDS)):
        yield [line for line, _ in block], [fields for _, fields in block]


def _records(
    path: Path, lines: Iterator[str], first: int, delimiter: str, bad: BadRows
) -> Iterator[tuple[int, list[str]]]:
    """Each record with its line; broken quotes spoil one record, not the file."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + first
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bad.add_line(path, line, f"cannot be divided into fields ({error})")


def _count_widths(rows: Rows, filled: Any, widths: Any, width: int, bad: BadRows) -> None:
    wrong = np.flatnonzero(filled & (widths != width))
    bad.add(rows, wrong, lambda row: f"number of fields is {widths[row]}, expected {width}")


def _whole_lines(path: Path, encoding: str) -> Iterator[str]:
    """The file in blocks that end where a line ends."""
    rest = ""
    for text in _texts(path, encoding):
        whole, line_end, rest = (rest + text).rpartition("\n")
        if line_end:
            yield whole
    if rest:
        yield rest


def _texts(path: Path, encoding: str, doing: str = "Reading") -> Iterator[str]:
    """The file in blocks of characters; every kind of line end becomes a line feed."""
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding) as handle:
            while text := handle.read(BLOCK):
                text.encode()  # half a surrogate pair decodes in some encodings and can be kept in none
                report_progress(f"{doing} {path.name}", min(raw.tell() / size, 1.0))
                yield text
    except FileNotFoundError:
        raise BadInput("is missing; check the path", path=path) from None
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror}); give a readable file", path=path) from None


def _first_line(path: Path, encoding: str) -> str:
    return next(_whole_lines(path, encoding), "").split("\n", 1)[0]


def _quotes(path: Path, layout: Layout) -> bool:
    """Whether the slower reader for quoted fields is needed."""
    if not layout.quoted or len(layout.delimiter) != 1:
        return False
    return any('"' in text for text in _texts(path, layout.encoding, "Looking through"))


def _text_encoding(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "".encode(name)
        usable = info.name not in NO_CHARSETS
    except (LookupError, ValueError):
        usable = False
    if not usable:
        message = f"unknown encoding {quoted(name)}; name one such as {', '.join(ENCODINGS)}"
        raise BadInput(message, fields=["encoding"], value=name, allowed=ENCODINGS)
    return "utf-8-sig" if info.name == "utf-8" else info.name


def _undecodable(path: Path, encoding: str) -> BadInput:
    raw = path.read_bytes()
    guess = next((name for mark, name in BYTE_ORDER_MARKS.items() if raw.startswith(mark)), "latin-1")
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        fault = f"byte 0x{raw[error.start]:02x} at {error.start:,} is not {encoding}"
        line: int | None = raw.count(b"\n", 0, error.start) + 1
    except UnicodeError as error:
        fault, line = f"is not {encoding} ({error})", None
    else:
        fault, line = f"cannot be stored as text when read as {encoding}", None
    message = f"{fault}; name the right encoding, for example {guess}"
    return BadInput(message, path=path, line=line, fields=["encoding"], value=encoding, allowed=[guess])
