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
from pages.ui import notices as ui_notices
from pages.ui.component import register
from pages.ui.matrix import matrix_component
from pages.ui.url_state import expert, update_url, url_value
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explanation_view.payload import MatrixOptions, check_payload, matrix_payload, titles_payload

OPEN_DETAIL, TITLES_OF = "matrix_opened_detail", "matrix_titles_of"
FIELDS = ("head", "event", "quantity", "scale")
"""Fields of a view that the matrix shows and changes."""
_check = register("check", '<div class="sr-check"></div>\n', ("bus.js", "check.js"), "check.css")


@st.fragment
@ui_notices.named_faults()
def session_matrix(explained: ExplainedView) -> None:
    """Draw the matrix before its check, which `session_check` brings; only this part runs again for another view."""
    rerun_if_page_changed()
    if st.session_state.pop(OPEN_DETAIL, False):
        st.rerun()  # the maps are drawn outside of this part
    shape = shape_of(explained.explanation)
    view, faults = view_of_link(shape)
    if faults:
        notices.not_available(faults)
    echo = st.session_state.get("matrix_view") == (explained.session_key, view)
    data = payload(explained, view, echo=echo)
    matrix_component(
        key="matrix",
        data=data,
        on_view_change=lambda: take_view(explained.session_key, data["key"], shape),
        on_edit_change=lambda: take_edit(explained, data["key"]),
    )


def session_check(explained: ExplainedView, verified: Verified | None) -> None:
    """Bring the matrix what its check found, and the other titles of the ten; draws nothing itself."""
    _check(key="matrix-check", data={"check": _check_of(explained, verified), "titles": _titles(explained)})


def pinned_matrix(explained: ExplainedView, verified: Verified | None) -> None:
    """Draw the matrix of a pinned view: it follows the highlighted event and changes nothing in the URL."""
    view, _ = view_of_link(shape_of(explained.explanation))
    shown = AttentionView(quantity=view.quantity, scale=view.scale)
    data = payload(explained, shown, editable=False) | _check_of(explained, verified) | {"pending": False}
    matrix_component(key="matrix-pinned", data=data, on_view_change=lambda: None, on_edit_change=lambda: None)


def payload(explained: ExplainedView, view: AttentionView, echo: bool = False, editable: bool = True) -> dict[str, Any]:
    """What the component is sent, its check pending."""
    explanation = explained.explanation
    options = MatrixOptions(
        key=_key(explained),
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
        pending=True,
    )
    parts = cached.parts_above_average(explained)
    return matrix_payload(explanation, explained.bench.dataset, None, parts, options)


def _titles(explained: ExplainedView) -> dict[str, Any] | None:
    """What the heads add to each of the ten, so that another stands at once; None where the browser has it already."""
    titles = cached.titles_above_average(explained)
    session = _key(explained).rpartition("|")[0]
    if titles is None or st.session_state.get(TITLES_OF) == session:
        return None
    st.session_state[TITLES_OF] = session
    return {"session": session, "parts": titles_payload(titles)}


def _check_of(explained: ExplainedView, verified: Verified | None) -> dict[str, Any]:
    return check_payload(_key(explained), verified, explained.bench.dataset.catalogue.words.noun)


def _key(explained: ExplainedView) -> str:
    return f"{explained.session_key}|{explained.bench.weights[:12]}|{explained.explanation.candidate.row}"


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
