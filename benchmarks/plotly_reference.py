"""The reference of benchmarks/interaction.py: the heads of a session as eight separate Plotly charts, and nothing else.

It is a page and not a script: `streamlit run benchmarks/plotly_reference.py`. Run on its own it does nothing.
"""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from streamrec_core.charts.heads import causal
from streamrec_core.charts.labels import event_labels
from streamrec_core.config import checkpoints_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.explain.first_look import explain_session
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel


@st.cache_resource(max_entries=1)
def loaded() -> tuple[DataSet, SessionModel]:
    """The shipped model and its data."""
    dataset = open_data("streamrec")
    return dataset, load_checkpoint(checkpoints_folder() / "streamrec-transformer", dataset.catalogue)


def page() -> None:
    """One chart a head."""
    st.set_page_config(layout="wide")
    dataset, model = loaded()
    session = st.text_input("Session", value=st.query_params.get("session", "17"))
    explanation = explain_session(model, dataset, session)
    labels = event_labels([dataset.catalogue.titles[row] for row in explanation.history.items])
    for layer in range(explanation.maps.shape[0]):
        for head, column in enumerate(st.columns(explanation.maps.shape[1])):
            figure = go.Figure(go.Heatmap(z=causal(explanation.maps[layer, head]), x=labels, y=labels, showscale=False))
            figure.update_layout(title=f"session {session} layer {layer} head {head}", height=300)
            column.plotly_chart(figure, key=f"{layer}-{head}")


if st.runtime.exists():
    page()
