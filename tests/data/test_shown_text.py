"""Hostile titles and categories are short and harmless wherever they are shown, and whole where they are data."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pages.ui.escape import LONGEST, plain
from streamrec_core.cli.output import CELL, table
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_text import ELLIPSIS, MARKS, TITLE_LENGTH, distinct_text, one_line, shown_text
from streamrec_core.explain.as_json import plain_values
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.record import candidate_line
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import add_counterfactual, verify
from streamrec_core.explanation_view.page import explanation_page
from streamrec_core.explanation_view.payload import matrix_payload
from streamrec_core.report.collect import collect
from streamrec_core.report.html import to_html
from streamrec_core.report.settings import ReportSettings
from tests.pages.tiny_world import renamed
from tests.report.worlds import build, opened

LONG = (
    "x" * 10_000,
    "word " * 2_000,
    "<b>" + "&" * 9_997,
    "e" + "\u0301" * 9_999,
    "\u202e" + "txt.exe " * 1_250,
    "two\nlines\r\n" * 900,
    "NUL\0 and \x1b]0;title\x07 \x1b[31m" * 400,
    "עברית " * 1_600,
    "👩‍👩‍👧" * 2_000,
)
ACTING = {*map(chr, range(0x20)), "\x7f", "\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\x1b"}


def longest_pile(text: str) -> int:
    """Combining marks that stand on one letter, at most."""
    pile = most = 0
    for letter in text:
        pile = pile + 1 if unicodedata.combining(letter) else 0
        most = max(most, pile)
    return most


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_a_hostile_title_is_short_and_acts_on_nothing(text: str) -> None:
    shown = shown_text(text)
    assert len(shown) <= TITLE_LENGTH
    assert not ACTING & set(shown)
    assert longest_pile(shown) <= MARKS
    assert shown.endswith(ELLIPSIS) or one_line(text) == shown
    assert len(plain(text)) <= 2 * LONGEST + 1


@given(st.text(), st.integers(1, 40))
def test_any_text_is_cut_and_harmless(text: str, width: int) -> None:
    shown = shown_text(text, width)
    assert len(shown) <= width
    assert not ACTING & set(shown)
    assert shown_text(shown, width) == shown
    shown.encode()  # no half of a character is left


@pytest.mark.parametrize(
    "text", ["Straße – größer", "日本語の題名", "ประเทศไทย", "שָׁלוֹם", "Việt", "Ünïcödé 👍🏽", "e\u0301te\u0301"]
)
def test_titles_in_use_stay_as_they_are(text: str) -> None:
    assert shown_text(text) == text


def test_texts_that_are_cut_alike_stay_distinct() -> None:
    first, second = distinct_text(LONG[0] + "1"), distinct_text(LONG[0] + "2")
    assert first != second
    assert max(len(first), len(second)) <= TITLE_LENGTH
    assert distinct_text("Crime") == "Crime"


def strings(values: Any) -> Iterator[str]:
    """Every string within plain values."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from (*strings(key), *strings(value))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from strings(value)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small world of reports, its titles and one category long and hostile."""

    def change(dataset: DataSet) -> DataSet:
        catalogue = dataset.catalogue
        titles = tuple(f"{number} {LONG[number % len(LONG)]}"[:10_000] for number in range(len(catalogue)))
        categories = (LONG[2], LONG[6], *catalogue.categories[2:])
        return renamed(dataset, replace(catalogue, titles=titles, categories=categories))

    return build(tmp_path_factory.mktemp("hostile"), change)


def test_no_text_of_an_explanation_is_long_or_acts(hostile: dict[str, Path]) -> None:
    subject = opened(hostile)
    dataset = subject.dataset
    look = explain_session(subject.model, dataset, dataset.log.session_ids[0])
    verified = add_counterfactual(subject.model, dataset.catalogue, verify(subject.model, dataset, look))
    shown = [candidate_line(look.candidate), explanation_page(look, dataset, verified)]
    for reader in ("viewer", "analyst", "regulator"):
        written = words(verified, dataset.catalogue, reader)
        shown += [written.sentence, written.counterfactual, *(clause.text for clause in written.clauses)]
    shown += [text for text in strings(matrix_payload(look, dataset)) if not text.startswith("#")]
    assert max(map(len, shown)) < 100_000
    for text in shown:
        assert "x" * (TITLE_LENGTH + 1) not in text
        assert not (ACTING - {"\n"}) & set(text)
    whole = [text for text in strings(plain_values(verified, dataset.catalogue)) if len(text) > 9_000]
    assert whole  # JSON is data: the titles are whole


def test_no_text_of_a_report_is_long_or_acts(hostile: dict[str, Path]) -> None:
    document = collect(opened(hostile), ReportSettings(weighed=24, looked_at=10, explained=6))
    for text in strings(document.model_dump(mode="json")):
        assert len(text) < 2_000, text[:100]
        assert not ACTING & set(text)
    html = to_html(document, "")
    assert "x" * (TITLE_LENGTH + 1) not in html
    assert not (ACTING - {"\n"}) & set(html)


def test_a_cell_of_a_terminal_is_cut_and_holds_no_command_of_it() -> None:
    console = Console(file=StringIO(), width=400)
    console.print(table("Titles", ("title", "n"), [(text, "1\n2") for text in LONG]))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "x" * (CELL + 1) not in printed
    assert not (ACTING - {"\n"}) & set(printed)
