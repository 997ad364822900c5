"""Export of the heads: the maps as a picture and as a page, the attention weights as a table."""

from __future__ import annotations

import re

import streamlit as st

from pages.ui.chart import scheme
from pages.ui.workbench import Workbench
from streamrec_core.charts.export import standalone_html, weights_csv
from streamrec_core.charts.heads import maps_figure, prediction_figure
from streamrec_core.charts.readable import readable
from streamrec_core.charts.rows import ROWS
from streamrec_core.explain.record import Explanation


def export(explanation: Explanation, titles: list[str], bench: Workbench) -> None:
    """Draw the folded part; the figure is drawn only once it is open."""
    part = st.expander("Export: picture, page, table", key="export", on_change="rerun", icon=":material/download:")
    with part:
        if part.open:
            _downloads(explanation, titles, bench)


def _downloads(explanation: Explanation, titles: list[str], bench: Workbench) -> None:
    words, name = ROWS[explanation.predicts_from], file_name(explanation, bench)
    notes = (
        f"Model {bench.model_name}, weights {bench.weights[:12]}; data set {bench.data_name}; "
        f"session {explanation.history.session_id}.",
        f"{words.explains} Columns are the events attended to.",
    )
    with st.container(horizontal=True):
        st.download_button(
            "Page (HTML)",
            data=lambda: standalone_html(
                explanation, [maps_figure(explanation, titles), prediction_figure(explanation, titles)], notes
            ),
            file_name=f"{name}.html",
            mime="text/html",
            on_click="ignore",
            help="One file with all figures; opens offline.",
        )
        st.download_button(
            "Table (CSV)",
            data=lambda: weights_csv(explanation, titles),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            help="Every attention weight of every head, one a row.",
        )
    st.caption("The camera at the upper right of the figure saves it as a PNG file.")
    with st.container(key="maps"):
        st.plotly_chart(
            readable(maps_figure(explanation, titles, scheme()), scheme()),
            config={
                "displayModeBar": True,
                "displaylogo": False,
                "modeBarButtons": [["toImage"]],
                "toImageButtonOptions": {"format": "png", "scale": 2, "filename": name},
            },
            key="heads-maps",
            alt=_alt(explanation),
        )


def file_name(explanation: Explanation, bench: Workbench) -> str:
    """A name that is valid on any disk."""
    raw = f"streamrec-{bench.model_name}-session-{explanation.history.session_id}"
    return re.sub(r"[^A-Za-z0-9_-]+", "-", raw)[:80].strip("-")


def _alt(explanation: Explanation) -> str:
    types = ", ".join(f"layer {head.layer} head {head.head} {head.type}" for head in explanation.heads)
    return f"Attention of {len(explanation.heads)} heads over {len(explanation.history)} events: {types}."
