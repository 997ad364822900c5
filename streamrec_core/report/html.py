"""The report as one HTML file: without script or requests, every text escaped, ready for print."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from streamrec_core.charts.palette import DIVERGING, LIGHT_GROUND, SEQUENTIAL_LIGHT, shade, text_on
from streamrec_core.data.nouns import in_noun
from streamrec_core.data.shown_number import POINTS_EXPLAINED, points_text
from streamrec_core.report.bars import WIDTH, Bar, bars
from streamrec_core.report.document import CaseFile, Document, Figure, Table, in_words, interval_in_words, pieces

FOR = (LIGHT_GROUND, *DIVERGING[len(DIVERGING) // 2 :])
AGAINST = (LIGHT_GROUND, *DIVERGING[: len(DIVERGING) // 2][::-1])
"""Colours of cells of a matrix from nothing to the largest, for the title and against it."""


def to_html(document: Document, content: str = "") -> str:
    """Render a report.

    Parameters
    ----------
    document : Document
    content : str
        The content hash, to be named in the page and its title; empty for the page that it is computed on.

    Returns
    -------
    str
    """
    figures = document.by_id()
    numbers = {section.key: number for number, section in enumerate(document.sections, start=1)}

    def text(words: str) -> list[tuple[str, Figure | None]]:
        return [("", piece) if isinstance(piece, Figure) else (piece, None) for piece in pieces(words, figures)]

    def home(figure: Figure) -> str:
        """Key of the section with a figure."""
        part = figure.id.partition("/")[0]
        return part if part in numbers else "explanations"

    def drawn(table: Table) -> Iterator[tuple[object, Bar | None]]:
        column = [figures.get(row.cells[table.bar]) if table.bar is not None else None for row in table.rows]
        return zip(table.rows, bars(column), strict=True)

    def case_bars(case: object, method: str) -> list[Bar | None]:
        return bars([figures.get(getattr(event, method)) for event in case.events])  # type: ignore[attr-defined]

    return _template().render(
        document=document,
        figures=figures,
        numbers=numbers,
        text=text,
        home=home,
        drawn=drawn,
        case_bars=case_bars,
        in_words=in_words,
        interval_in_words=interval_in_words,
        bar_width=WIDTH,
        content=content,
        content_label=content_label,
        cell_colour=_cell_colour,
        cell_words=_cell_words,
        text_on=text_on,
        points_explained=in_noun(POINTS_EXPLAINED, document.noun),
    )


def _cell_colour(case: CaseFile, value: float) -> str:
    """Colour of a cell of a case's matrix, on one scale for all its heads, as in the dashboard."""
    most = max((abs(cell) for event in case.events for cell in event.heads), default=0.0) or 1.0
    if case.adds:
        return shade(FOR if value > 0 else AGAINST, abs(value) / most)
    return shade(SEQUENTIAL_LIGHT, value / most)


def _cell_words(case: CaseFile, value: float) -> str:
    if not case.adds:
        return f"{value:.0f}%"
    return points_text(value)


def content_label(content: str) -> str:
    """The content hash in short, as in the title of the page; a browser copies it to the PDF."""
    return f"content {content[:16]}"


@lru_cache(maxsize=1)
def _template() -> Template:
    return Environment(
        loader=PackageLoader("streamrec_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("pack.html")
