"""Export of an explanation: as a page of its own, as a table of attention weights, as a picture of all maps."""

from __future__ import annotations

import re

import streamlit as st

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.ui.chart import scheme
from pages.ui.workbench import Workbench
from streamrec_core.charts.export import weights_csv
from streamrec_core.charts.heads import maps_figure
from streamrec_core.charts.readable import readable
from streamrec_core.charts.rows import ROWS
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explanation_view.page import explanation_page


def export(explained: ExplainedView, verified: Verified | None) -> None:
    """Draw what can be taken along: the explanation as a page, every weight as a table, all maps as a picture."""
    explanation, bench, titles = explained.explanation, explained.bench, explained.titles
    session_id = cached.pseudonyms(bench).of(explanation.history.session_id)
    name = file_name(session_id, bench)
    notes = (
        f"Model {bench.model_name}, weights {bench.weights[:12]}; data set {bench.data_name}; session {session_id}.",
        *filter(None, (cached.pseudonyms(bench).note,)),
    )
    parts = cached.parts_above_average(explained)
    with st.container(horizontal=True):
        st.download_button(
            "Page (HTML)",
            data=lambda: explanation_page(explanation, bench.dataset, verified, parts, notes),
            file_name=f"{name}.html",
            mime="text/html",
            on_click="ignore",
            help="The answer, the ten and the matrix in one file that opens offline.",
        )
        st.download_button(
            "Table (CSV)",
            data=lambda: weights_csv(explanation, titles),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            help="Every attention weight of every head, one a row.",
            disabled=not explanation.heads,
        )
    if not explanation.heads:
        return
    st.caption(
        f"{ROWS[explanation.predicts_from].explains} Columns are the events attended to. The camera at the upper "
        "right of the figure saves it as a PNG file."
    )
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


def file_name(session_id: str, bench: Workbench) -> str:
    """A name that is valid on any disk.

    Parameters
    ----------
    session_id : str
        Or its pseudonym.
    bench : Workbench
    """
    raw = f"streamrec-{bench.model_name}-session-{session_id}"
    return re.sub(r"[^A-Za-z0-9_-]+", "-", raw)[:80].strip("-")


def _alt(explanation: Explanation) -> str:
    types = ", ".join(f"layer {head.layer} head {head.head} {head.type}" for head in explanation.heads)
    return f"Attention of {len(explanation.heads)} heads over {len(explanation.history)} events: {types}."
