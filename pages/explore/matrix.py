"""The matrix of the explained session: events as rows, heads as columns; what visitors do with it goes into the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.explore import cached, notices, what_if
from pages.explore.attention_view import AttentionView, Shape, from_browser, to_link
from pages.explore.explained_view import ExplainedView
from pages.explore.full_maps import shape_of, view_of_link
from pages.explore.rerun import rerun_if_page_changed
from pages.explore.url import DETAIL
from pages.ui.matrix import matrix_component
from pages.ui.url_state import expert, update_url, url_value
from streamrec_core.explain.verified import Verified
from streamrec_core.explanation_view.payload import MatrixOptions, matrix_payload

FIELDS = ("head", "event", "quantity", "scale")
"""Fields of a view that the matrix shows and changes."""
OPEN_DETAIL = "matrix_opened_detail"


@st.fragment
def session_matrix(explained: ExplainedView, verified: Verified | None) -> None:
    """Draw the matrix; only this part runs again when its view changes, the page when the session or a detail does."""
    rerun_if_page_changed()
    if st.session_state.pop(OPEN_DETAIL, False):
        st.rerun()  # the maps are drawn outside of this part
    shape = shape_of(explained.explanation)
    view, faults = view_of_link(shape)
    if faults:
        notices.not_available(faults)
    echo = st.session_state.get("matrix_view") == (explained.session_key, view)
    data = payload(explained, verified, view, echo=echo)
    matrix_component(
        key="matrix",
        data=data,
        on_view_change=lambda: take_view(explained.session_key, data["key"], shape),
        on_edit_change=lambda: take_edit(explained, data["key"]),
    )


def pinned_matrix(explained: ExplainedView, verified: Verified | None) -> None:
    """Draw the matrix of a pinned view: it follows the highlighted event and changes nothing in the URL."""
    view, _ = view_of_link(shape_of(explained.explanation))
    data = payload(explained, verified, AttentionView(quantity=view.quantity, scale=view.scale), editable=False)
    matrix_component(key="matrix-pinned", data=data, on_view_change=lambda: None, on_edit_change=lambda: None)


def payload(
    explained: ExplainedView, verified: Verified | None, view: AttentionView, echo: bool = False, editable: bool = True
) -> dict[str, Any]:
    """What the component is sent."""
    explanation = explained.explanation
    options = MatrixOptions(
        key=f"{explained.session_key}|{explained.bench.weights[:12]}|{explanation.candidate.row}",
        session=explained.session_key,
        quantity=view.quantity,
        scale=view.scale,
        head=view.head,
        event=view.event,
        expert=expert(),
        echo=echo,
        editable=editable,
        ghosts=what_if.ghosts(explained),
        edited=bool(explained.edits),
    )
    parts = cached.parts_above_average(explained) if explanation.contributions is not None else None
    return matrix_payload(explanation, explained.bench.dataset, verified, parts, options)


def take_view(session: str, key: str, shape: Shape) -> None:
    """Keep the view that the browser sent, if it is one and of this session; it is not to be trusted."""
    sent = st.session_state["matrix"].get("view")
    if not isinstance(sent, Mapping) or sent.get("key") != key:
        return
    before, _ = view_of_link(shape)
    view = from_browser({**before.plain(), **{name: sent.get(name) for name in FIELDS}}, shape)
    if view is None:
        return
    st.session_state["matrix_view"] = (session, view)
    update_url(to_link(view, shape))
    if view.head is not None and view.head != before.head and url_value(DETAIL) != "maps":
        update_url({DETAIL: "maps"})
        st.session_state[OPEN_DETAIL] = True


def take_edit(explained: ExplainedView, key: str) -> None:
    """Make the edit that the browser sent, if it is one and of this session."""
    sent = st.session_state["matrix"].get("edit")
    if isinstance(sent, Mapping) and sent.get("key") == key and isinstance(sent.get("edit"), str):
        what_if.edit(explained, sent["edit"])
