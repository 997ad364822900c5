"""One way to draw a Plotly chart on a page: without a mode bar, with readable text on the visitor's ground."""

from __future__ import annotations

from typing import Any

import streamlit as st

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.palette import INK, Scheme
from streamrec_core.charts.readable import readable


def chart(figure: go.Figure, key: str, alt: str, **more: Any) -> None:
    """Draw a chart.

    Parameters
    ----------
    figure : Figure
    key, alt : str
        Of the element, and its text for screen readers.
    **more
        Further arguments of `st.plotly_chart`.
    """
    st.plotly_chart(readable(figure, scheme()), config={"displayModeBar": False}, key=key, alt=alt, **more)


def scheme() -> Scheme:
    """Whether the visitor reads on a light or a dark ground."""
    return "dark" if st.context.theme.type == "dark" else "light"


def ink() -> str:
    """The colour of text and fine lines on the visitor's ground."""
    return INK[scheme()]
