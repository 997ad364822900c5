"""Compare the text of a report's PDF with the report, whatever browser printed it and however its lines break.

A page may begin with its number and with the header of a table that goes on; everything else must stand in the report,
in its order, and nothing of the report may be missing.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

REPEATED = 600
"""Characters that a table header repeated on a new page has at most."""
MOST_PAGES = 2_000
QUOTED = 60
"""Characters of a text that a fault quotes."""


def why_not_compared(html: str) -> str:
    """Why the text of a PDF cannot be compared with this report; empty where it can."""
    if find_spec("pypdf") is None:
        return "pypdf is not installed"
    text = _compact("".join(_visible(html)))
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text):
        return "it has text that is written from right to left, which a PDF stores in another order"
    if any(unicodedata.combining(letter) or ord(letter) > 0xFFFF or 0x0900 <= ord(letter) < 0x1100 for letter in text):
        return "it has characters that a PDF does not store one by one"
    return ""


def pdf_fault(pdf: Path, html: str) -> str:
    """The first difference between a PDF and the report that it was printed from.

    Parameters
    ----------
    pdf : Path
    html : str
        The report.

    Returns
    -------
    str
        Empty where there is none.
    """
    expected, at = _compact("".join(_visible(html))), 0
    try:
        for number, page in enumerate(_pages(pdf), start=1):
            bodies = (page, page.removeprefix(str(number)), page.removesuffix(str(number)))
            rests = (body[cut:] for body in bodies for cut in _cuts(body, expected))
            rest = next((rest for rest in rests if expected.startswith(rest, at)), None)
            if rest is None:
                actual, derived = max((_around(body, expected, at) for body in bodies), key=_same)
                return f"{pdf.name}, page {number}: it says {actual!r}, the report has {derived!r}"
            at += len(rest)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, OSError) as error:
        return f"{pdf.name} cannot be read ({str(error)[:QUOTED]})"
    if at < len(expected):
        return f"{pdf.name} ends before {expected[at : at + QUOTED]!r} of the report"
    return ""


def _pages(pdf: Path) -> Iterator[str]:
    """The compact text of each page."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it finds is told as a fault
    try:
        pages = PdfReader(pdf).pages
        if len(pages) > MOST_PAGES:
            raise ValueError(f"it has {len(pages):,} pages")
        for page in pages:
            yield _compact(page.extract_text())
    except PyPdfError as error:
        raise ValueError(str(error)) from None


def _cuts(page: str, expected: str) -> Iterator[int]:
    """How much of the beginning of a page may be a header that stood in the report before; first, nothing."""
    for cut in range(min(REPEATED, len(page)) + 1):
        if page[:cut] not in expected:
            return
        yield cut


def _around(page: str, expected: str, at: int) -> tuple[str, str]:
    """Both texts from a little before their first difference."""
    cut = max(_cuts(page, expected), key=lambda cut: _same((page[cut:], expected[at:])))
    same = _same((page[cut:], expected[at:]))
    start = max(0, same - QUOTED // 3)
    return page[cut + start : cut + same + QUOTED], expected[at + start : at + same + QUOTED]


def _same(pair: tuple[str, str]) -> int:
    """How many characters two texts have in common at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(*pair, strict=False)) if a != b), min(map(len, pair)))


def _compact(text: str) -> str:
    """Without spaces and line breaks, and ligatures as their letters."""
    return "".join(unicodedata.normalize("NFKC", text).replace("\u00ad", "").split())


def _visible(html: str) -> list[str]:
    parser = _Text()
    parser.feed(html)
    return parser.parts


class _Text(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter an element; styles and the title of the window are not printed."""
        self._hidden += tag in ("style", "title", "script")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._hidden -= tag in ("style", "title", "script")

    def handle_data(self, data: str) -> None:
        """Take in a text."""
        if not self._hidden:
            self.parts.append(data)
