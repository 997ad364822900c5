"""The beginning of a text file: blank lines, a `sep=` line and comment lines before the header, and its delimiter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from streamrec_core.data.importers.encoding import line_blocks

DELIMITERS = ("\t", ";", ",", "|", "\x01")
"""The last is that of Hive."""
MARK = "\ufeff"
"""A byte order mark; files that were put together may have it twice, or before any line."""
LOOKED_AT = 500
"""Lines among which the header is looked for."""
SEPARATOR_LINE = re.compile(r'^"?sep=(.|\\t)"?[;,\t]*$', re.IGNORECASE)
"""Excel's own first line."""
COMMENT = "#"


@dataclass(frozen=True)
class Start:
    """What stands before the rows.

    Attributes
    ----------
    header : str
        The line with the column names (or the first row, where there are none).
    skipped_lines : int
        Lines before it.
    delimiter : str
        As a `sep=` line says; else empty.
    comment : str
        Beginning of comment lines; empty: there are none.
    comment_is_set : bool
        The user named it: then every such line is a comment, else only one that is no row.
    comment_lines : int
        Comments among the skipped lines.
    """

    header: str = ""
    skipped_lines: int = 0
    delimiter: str = ""
    comment: str = ""
    comment_is_set: bool = False
    comment_lines: int = 0


def find_start(path: Path, encoding: str, comment: str = "") -> Start:
    """Look for the header.

    Parameters
    ----------
    path : Path
    encoding : str
    comment : str
        Beginning of comment lines; empty: `#`, where the file begins with such lines.

    Returns
    -------
    Start
    """
    text = next(line_blocks(path, encoding), "")
    lines = list(islice(text.split("\n", LOOKED_AT), LOOKED_AT))
    number, delimiter, comments = 0, "", 0
    while number < len(lines) and not lines[number].strip():
        number += 1
    if number < len(lines) and (match := SEPARATOR_LINE.match(lines[number].strip(" "))):
        delimiter = match[1].replace("\\t", "\t")
        number += 1
    prefix = comment or COMMENT
    first_comment = number
    while number < len(lines) and (not lines[number].strip() or lines[number].startswith(prefix)):
        comments += lines[number].startswith(prefix)
        number += 1
    if number == len(lines):  # nothing but comments: the first of them may be a header
        number, comments = first_comment, 0
    elif comments and not comment and _is_header(lines[number - 1], lines[number]):
        name_line = lines[number - 1].removeprefix(COMMENT).lstrip()
        return Start(name_line, number - 1, delimiter, COMMENT if comments > 1 else "", False, comments - 1)
    line = lines[number] if number < len(lines) else ""
    line = line.lstrip(MARK)
    line += _trailing(line, [row for row in lines[number + 1 :] if row.strip()])
    return Start(line, number, delimiter, prefix if comment or comments else "", bool(comment), comments)


def delimiter_of(line: str) -> str:
    """The most frequent of the usual delimiters in a line, or `::`; empty where there is none.

    Examples
    --------
    >>> delimiter_of("session;item;time")
    ';'
    """
    best = max(DELIMITERS, key=line.count)
    return best if best in line else "::" if "::" in line else ""


def _trailing(header: str, rows: list[str]) -> str:
    """The delimiter that ends every row and not the header; empty where there is none."""
    delimiter = delimiter_of(header)
    if not delimiter or '"' in header or header.endswith(delimiter) or len(rows) < 2:
        return ""
    in_every = all(row.endswith(delimiter) for row in rows)
    return delimiter if in_every and rows[0].count(delimiter) == header.count(delimiter) + 1 else ""


def _is_header(line: str, row: str) -> bool:
    """Whether the last comment has as many fields as the first row."""
    delimiter = delimiter_of(row)
    return bool(delimiter) and line.startswith(COMMENT) and line.count(delimiter) == row.count(delimiter)
