"""Encodings of text files: find the one that fits, decode in blocks of whole lines, and name a likely one."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path

from streamrec_core.data.importers.limits import LONGEST_LINE, budget, regular_file
from streamrec_core.data.importers.rows import quoted
from streamrec_core.data.importers.sources import FAULTS, open_plain
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

BLOCK = 1 << 22
"""Characters read at a time, so that no arrow column outgrows its 32-bit offsets."""
NO_CHARSETS = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"})
"""Codecs of Python that no file is written in."""
ENCODINGS = ("utf-8", "latin-1", "cp1252")
"""Named as examples where an encoding is unknown."""
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins with that of UTF-16, and so comes first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LATIN_1 = frozenset({"iso8859-1", "latin-1"})
WINDOWS_CHARACTERS = re.compile("[\x80\x82\x84\x85\x8a-\x8c\x91-\x97\x99-\x9c]")
"""Control characters of latin-1 that no text holds, at the bytes of quotes, dashes and the euro in cp1252."""
SAMPLE = 4096
"""Bytes that show whether a file is of 16 bits a character."""
OTHER_SCRIPT = re.compile("[\udc80-\udcff]{3}")
"""Three bytes in a row that are no UTF-8: words of a script that latin-1 does not write."""
SCRIPTS = {"cp1251": "Cyrillic", "gb18030": "Chinese", "shift_jis": "Japanese", "euc-kr": "Korean"}
NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"


def find_encoding(path: Path, candidates: tuple[str, ...]) -> str:
    """Find the first of the encodings that the whole file can be read in.

    Parameters
    ----------
    path : Path
    candidates : tuple of str
        Names of encodings; before UTF-8 the one that a byte order mark names is tried.

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
    if _text_encoding(candidates[0]) == "utf-8-sig":
        candidates = (*_marked(path), *candidates)
    for name in candidates:
        encoding = _text_encoding(name)
        try:
            blank = []
            for text in text_blocks(path, encoding, "Checking"):  # to the end: any may not fit
                blank.append(text.isspace())
                if encoding in LATIN_1 and WINDOWS_CHARACTERS.search(text):
                    raise _windows_text(path, name)
        except UnicodeError:
            continue
        if all(blank):
            raise BadInput("is empty; give a file with rows in it", path=path)
        return encoding
    raise _undecodable(path, candidates[0])


def _marked(path: Path) -> tuple[str, ...]:
    """The encoding that a byte order mark names; none where there is no such mark."""
    regular_file(path)
    try:
        with path.open("rb") as raw:
            start = open_plain(raw, path).read(4)
    except FAULTS:  # the reader itself says what is wrong
        return ()
    return tuple(name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark))[:1]


def text_blocks(path: Path, encoding: str, doing: str = "Reading") -> Iterator[str]:
    """Decode a file in blocks of characters; every kind of line end becomes a line feed.

    Parameters
    ----------
    path : Path
    encoding : str
    doing : str
        What the progress says.

    Yields
    ------
    str
    """
    regular_file(path)
    try:
        size = max(path.stat().st_size, 1)
        budget().count_bytes(path, size)  # of a compressed file, what it unpacks to is counted as it is read
        with path.open("rb") as raw, io.TextIOWrapper(open_plain(raw, path), encoding=encoding) as handle:
            while text := handle.read(BLOCK):
                text.encode()  # half a surrogate pair decodes in some encodings and can be kept in none
                report_progress(f"{doing} {path.name}", min(raw.tell() / size, 1.0))
                yield text
    except UnicodeError:
        raise
    except FAULTS as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot be read ({why}); give a readable file", path=path) from None


def line_blocks(path: Path, encoding: str, doing: str = "Reading") -> Iterator[str]:
    """Decode a file in blocks that end where a line ends, without the last line feed.

    Parameters
    ----------
    path : Path
    encoding : str
    doing : str
        What the progress says.

    Yields
    ------
    str
    """
    rest: list[str] = []
    length, lines = 0, 0
    for text in text_blocks(path, encoding, doing):
        whole, line_end, end = text.rpartition("\n")
        if line_end:
            block = "".join([*rest, whole])
            lines += block.count("\n") + 1
            yield block
            rest, length = [], 0
        rest.append(end)
        length += len(end)
        if length > LONGEST_LINE:
            message = (
                f"is longer than {LONGEST_LINE:,} characters, so that it is no row of a log; end each row by a line"
            )
            raise BadInput(message, path=path, line=lines + 1)
    if length:
        yield "".join(rest)


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
    decoder = codecs.getincrementaldecoder(encoding)()
    fault, line, start, size, lines = "", None, b"", 0, 0
    bytes_seen: set[int] = set()
    other_script = False
    with path.open("rb") as file:
        content = open_plain(file, path)
        while block := content.read(BLOCK):
            start = start or block[:SAMPLE]
            if not fault:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:  # its bytes begin with what the decoder kept of the block before
                    offset = size + len(block) - len(error.object) + error.start
                    fault = f"byte 0x{error.object[error.start]:02x} at {offset:,} is not {encoding}"
                    line = lines + error.object.count(b"\n", 0, error.start) + 1
                except UnicodeError as error:
                    fault = f"is not {encoding} ({error})"
            bytes_seen.update(block)
            other_script = other_script or bool(OTHER_SCRIPT.search(block.decode("utf-8", "surrogateescape")))
            size += len(block)
            lines += block.count(b"\n")
    if not fault:
        fault, line = _unfinished(decoder, encoding, size, lines)
    likely = _likely(start, bytes_seen)
    guesses = SCRIPTS | {likely: "Western"} if other_script else {likely: ""}
    shown = [f"{name} ({script})" if script else name for name, script in guesses.items()]
    message = f"{fault}; name the right encoding, for example {', '.join(shown)}"
    return BadInput(message, path=path, line=line, fields=["encoding"], value=encoding, allowed=list(guesses))


def _unfinished(decoder: codecs.IncrementalDecoder, encoding: str, size: int, lines: int) -> tuple[str, int | None]:
    """The fault of a text that ends within a character, and its line; else that it cannot be stored."""
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        return f"byte 0x{byte:02x} at {size - len(error.object) + error.start:,} is not {encoding}", lines + 1
    except UnicodeError as error:
        return f"is not {encoding} ({error})", None
    return f"cannot be stored as text when read as {encoding}", None


def _windows_text(path: Path, encoding: str) -> BadInput:
    message = f"read as {encoding}, the text holds control characters; name the right encoding, for example cp1252"
    return BadInput(f": {message}", path=path, fields=["encoding"], value=encoding, allowed=["cp1252"])


def _likely(start: bytes, bytes_seen: set[int]) -> str:
    """An encoding that these bytes fit; cp1252 has quotes and the euro where latin-1 has control characters."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return name
    if start.count(0) * 3 > len(start):
        return "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"
    special = {byte for byte in range(0x80, 0xA0) if byte in bytes_seen}
    return "cp1252" if special and special.isdisjoint(NOT_IN_CP1252) else "latin-1"
