"""The text of a PDF is that of the report: any altered, added or missing word shows, and no line break does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from streamrec_core.report import pdf_text
from streamrec_core.report.pdf import write_pdf
from streamrec_core.report.pdf_text import pdf_fault, why_not_compared

HEADER = "Parameter Effect"
HTML = "<title>Window</title><style>p{}</style><p>The ﬁrst sentence.</p><table><tr><th>Parameter<th>Effect</tr></table>"
HTML += "<p>Recency 2.0 times. Category 1.5 times.</p>"
PAGES = ("The first sentence.\nParameter Effect Recency 2.0", f"2 {HEADER} times. Cat\negory 1.5 times.")


def fault(monkeypatch: pytest.MonkeyPatch, pages: Sequence[str], html: str = HTML) -> str:
    """The fault of a PDF with these pages."""
    monkeypatch.setattr(pdf_text, "_pages", lambda _: map(pdf_text._compact, pages))
    return pdf_fault(Path("report.pdf"), html)


def test_line_breaks_ligatures_page_numbers_and_repeated_headers_are_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fault(monkeypatch, PAGES) == ""
    assert fault(monkeypatch, (PAGES[0] + " 1", PAGES[1].removeprefix("2 ") + " 2")) == ""


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("1.5", "9.5", "page 2: it says"),
        ("sentence", "falsehood", "page 1: it says"),
        ("Recency", "Recency not", "page 1: it says"),
        ("times.", "times. More.", "page 2: it says"),
        (" Cat\negory 1.5 times.", "", "ends before 'Category1.5times.'"),
        (HEADER, "Parameter Guess", "page 1: it says"),
    ],
)
def test_any_altered_added_or_missing_word_is_named(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str, words: str
) -> None:
    pages = [page.replace(before, after) for page in PAGES]
    assert pages != list(PAGES)
    assert words in fault(monkeypatch, pages)


def test_a_missing_page_and_a_file_that_is_no_pdf_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "ends before" in fault(monkeypatch, PAGES[:1])
    monkeypatch.undo()
    path = tmp_path / "report.pdf"
    for content in (b"%PDF-1.4 nothing", b"", b"%PDF-1.7\n" + bytes(range(256)) * 20):
        path.write_bytes(content)
        assert "report.pdf cannot be read" in pdf_fault(path, HTML)


@pytest.mark.parametrize("title", ["עברית", "عربي", "e\u0301e\u0301q\u0301", "हिन्दी", "👩‍👧"])
def test_what_a_pdf_stores_otherwise_is_not_compared_and_said(title: str) -> None:
    assert why_not_compared(HTML) == ""
    assert why_not_compared(f"{HTML}<p>{title}</p>")


def test_a_page_that_chromium_printed_is_compared(
    tmp_path: Path, chromium_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_CHROMIUM", chromium_path)
    (tmp_path / "report.html").write_text(f"<!doctype html><meta charset=utf-8>{HTML}", encoding="utf-8")
    assert write_pdf(tmp_path / "report.html", tmp_path / "report.pdf") == ""
    assert pdf_fault(tmp_path / "report.pdf", HTML) == ""
    assert "page 1: it says" in pdf_fault(tmp_path / "report.pdf", HTML.replace("2.0 times", "3.0 times"))
