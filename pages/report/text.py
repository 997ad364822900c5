"""Texts and tables of a pack as the page shows them: every name harmless, every figure bold, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui.escape import plain
from pages.ui.url_state import DATA, MODEL
from pages.ui.workbench import Workbench
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.charts.palette import INK
from streamrec_core.report.document import (
    Document,
    Evidence,
    Figure,
    Row,
    Section,
    Table,
    in_words,
    interval_in_words,
    pieces,
)

BARE = {"displayModeBar": False}
OPEN, CLOSE = "\ue000", "\ue001"
"""Marks that stand for a figure while the words around it are made harmless; no keyboard writes them."""


def said(text: str, known: dict[str, Figure]) -> str:
    """Markdown of a text, its figures bold."""
    found = list(pieces(text.replace(OPEN, "").replace(CLOSE, ""), known))
    figures = [piece for piece in found if isinstance(piece, Figure)]
    numbers = iter(range(len(figures)))
    marked = "".join(piece if isinstance(piece, str) else f"{OPEN}{next(numbers)}{CLOSE}" for piece in found)
    harmless = plain(marked)
    for number, figure in enumerate(figures):
        harmless = harmless.replace(f"{OPEN}{number}{CLOSE}", f"**{in_words(figure)}**")  # digits and units
    return harmless


def paragraphs(lines: Sequence[str], known: dict[str, Figure]) -> None:
    """Draw texts one below the other."""
    for line in lines:
        st.markdown(said(line, known))


def points(lines: Sequence[str], known: dict[str, Figure]) -> None:
    """Draw a list."""
    if lines:
        st.markdown("\n".join(f"- {said(line, known)}" for line in lines))


def told(section: Section, document: Document) -> None:
    """Draw everything that a section says."""
    known = document.by_id()
    paragraphs(section.says, known)
    points(section.points, known)
    for table in section.tables:
        tabled(table, known)
    for line in section.after:
        st.caption(said(line, known))


def tabled(table: Table, known: dict[str, Figure]) -> None:
    """Draw a table and, where its bars are factors, the chart of them."""
    st.markdown(f"**{plain(table.title)}**")
    effects = _effects(table, known)
    if effects:
        st.plotly_chart(
            effects_figure(effects, ink=INK[st.context.theme.type or "light"]),
            config=BARE,
            key=f"chart-{table.id}",
            alt=f"{table.title}: " + ", ".join(f"{one.name} {one.value:.2f} nats" for one in effects),
        )
    st.table(
        pd.DataFrame(
            [_cells(row, known) for row in table.rows], columns=[title or " " for title in table.columns]
        ).set_index(table.columns[0] or " ")
    )
    if table.note:
        st.caption(said(table.note, known))


def _cells(row: Row, known: dict[str, Figure]) -> list[str]:
    name = f"**{plain(row.label)}**" + (f"  \n{plain(row.note)}" if row.note else "")
    return [name, *(_cell(known.get(cell)) for cell in row.cells)]


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    span = interval_in_words(figure)
    return f"**{in_words(figure)}**" + (f"  \n{span}" if span else "")


def _effects(table: Table, known: dict[str, Figure]) -> list[Effect]:
    """Bars in nats of a column of factors; none for other columns."""
    if table.bar is None:
        return []
    found = [(row.label, known.get(f"{row.cells[table.bar]}/nats")) for row in table.rows]
    return [Effect(name, one.value, _span(one)) for name, one in found if one is not None]


def _span(figure: Figure) -> tuple[float, float] | None:
    return None if figure.low is None or figure.high is None else (figure.low, figure.high)


def evidence(found: Sequence[Evidence], bench: Workbench) -> None:
    """Draw where the dashboard shows what this rests on, one click away."""
    with st.container(horizontal=True, key=f"evidence-{found[0].page}-{found[0].label}"):
        for one in found:
            st.page_link(
                f"{one.page}/page.py",
                label=plain(one.label, 60),
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={DATA: bench.data_name, MODEL: bench.model_name or "", **one.link},
            )
