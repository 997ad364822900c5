"""Texts, tables and evidence links of a report as Streamlit elements: names escaped, figures bold, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui.chart import chart, ink
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, MODEL
from pages.ui.workbench import Workbench
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.data.shown_number import POINTS, POINTS_EXPLAINED
from streamrec_core.report.document import (
    DashboardLink,
    Document,
    Figure,
    Row,
    Section,
    Table,
    in_words,
    interval_in_words,
    pieces,
)

OPEN, CLOSE = "\ue000", "\ue001"
"""Placeholders of a figure while the text around it is escaped; private-use characters that no keyboard writes."""


def formatted(text: str, figures: dict[str, Figure]) -> str:
    """Markdown of a text with `[[id]]` references: escaped, its figures bold."""
    parts = list(pieces(text.replace(OPEN, "").replace(CLOSE, ""), figures))
    marked = "".join(part if isinstance(part, str) else f"{OPEN}{at}{CLOSE}" for at, part in enumerate(parts))
    escaped = plain(marked)
    for at, part in enumerate(parts):
        if isinstance(part, Figure):
            escaped = escaped.replace(f"{OPEN}{at}{CLOSE}", f"**{in_words(part)}**")  # digits and units
    return escaped


def paragraphs(lines: Sequence[str], figures: dict[str, Figure]) -> None:
    """Draw each text as a paragraph."""
    for line in lines:
        st.markdown(formatted(line, figures))


def points(lines: Sequence[str], figures: dict[str, Figure]) -> None:
    """Draw the texts as a list."""
    if lines:
        st.markdown("\n".join(f"- {formatted(line, figures)}" for line in lines))


def draw_section(section: Section, document: Document) -> None:
    """Draw the texts and tables of a section."""
    figures = document.by_id()
    paragraphs(section.says, figures)
    points(section.points, figures)
    for table in section.tables:
        draw_table(table, figures)
    for line in section.after:
        st.caption(formatted(line, figures))


def draw_table(table: Table, figures: dict[str, Figure]) -> None:
    """Draw a table and, where it has effects in points, a chart of them."""
    st.markdown(f"**{plain(table.title)}**")
    effects = _effects(table, figures)
    if effects:
        chart(
            effects_figure(effects, ink=ink()),
            key=f"chart-{table.id}",
            alt=f"{table.title}: " + ", ".join(f"{effect.name} {effect.lost}" for effect in effects),
        )
        st.caption(say(POINTS_EXPLAINED))
    st.table(
        pd.DataFrame(
            [_cells(row, figures) for row in table.rows], columns=[title or " " for title in table.columns]
        ).set_index(table.columns[0] or " ")
    )
    if table.note:
        st.caption(formatted(table.note, figures))


def _cells(row: Row, figures: dict[str, Figure]) -> list[str]:
    name = f"**{plain(row.label)}**" + (f"  \n{plain(row.note)}" if row.note else "")
    return [name, *(_cell(figures[cell]) if cell in figures else plain(cell) or "–" for cell in row.cells)]


def _cell(figure: Figure) -> str:
    span = interval_in_words(figure)
    return f"**{in_words(figure)}**" + (f"  \n{span}" if span else "")


def _effects(table: Table, figures: dict[str, Figure]) -> list[Effect]:
    """Bars in points of the table's column of factors; none for other columns."""
    if table.bar is None:
        return []
    bars = [(row.label, figures.get(f"{row.cells[table.bar]}/points")) for row in table.rows]
    return [Effect(label, figure.value / POINTS, _span(figure)) for label, figure in bars if figure is not None]


def _span(figure: Figure) -> tuple[float, float] | None:
    """The interval of a figure in points, in nats as effects are."""
    return None if figure.low is None or figure.high is None else (figure.low / POINTS, figure.high / POINTS)


def evidence(links: Sequence[DashboardLink], bench: Workbench) -> None:
    """Draw links to the pages that show the evidence."""
    with st.container(horizontal=True, key=f"evidence-{links[0].page}-{links[0].label}"):
        for link in links:
            page_link(
                f"{link.page}/page.py",
                label=plain(link.label, 60),
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={DATA: bench.data_name, MODEL: bench.model_name or "", **link.link},
            )
