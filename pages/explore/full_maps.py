"""The full attention maps of all heads of one explanation, on one canvas component, and how to read them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.explore import notices
from pages.explore.attention_view import AttentionView, Shape, from_browser, from_link, to_link
from pages.explore.explained_view import ExplainedView
from pages.explore.url import VIEW_PARAMS
from pages.ui.component import register
from pages.ui.url_state import clear_url, expert, update_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.attention.measures import HEAD_TYPES, HeadReading
from streamrec_core.charts.heads import same_under_uniform, scale_top
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS
from streamrec_core.charts.rows import ROWS
from streamrec_core.data.shown_number import shown_number
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.record import Explanation
from streamrec_core.explanation_view.payload import event_rows
from streamrec_core.models.protocol import context_of

FULL = 65535
"""Weights travel as 16-bit shares of one: exact to 0.00001, and two bytes each."""

_maps = register(
    "maps",
    '<div class="sr-maps"></div>\n',
    ("bus.js", "weights.js", "paint.js", "maps_view.js", "maps_parts.js", "maps.js"),
    "maps.css",
)


def shape_of(explanation: Explanation) -> Shape:
    """Layers, heads and events of an explanation."""
    layers, heads, _, length = explanation.maps.shape
    return Shape(layers, heads, length, explanation.history.start)


def full_maps(explained: ExplainedView) -> None:
    """Draw the maps and keep their view in the URL."""
    shape = shape_of(explained.explanation)
    view, faults = view_of_link(shape)
    if faults:
        notices.not_available(faults)
    session = explained.session_key
    data = payload(explained, view, echo=st.session_state.get("maps_view") == (session, view))
    _maps(key="full-maps", data=data, on_view_change=lambda: take_view(session, data["key"], shape))


def view_of_link(shape: Shape) -> tuple[AttentionView, tuple[str, ...]]:
    """The view in the URL, and the parts of a link that are not available; those are cleared."""
    values = {name: text for name in VIEW_PARAMS if (text := url_value(name)) is not None}
    linked = {name: text for name, text in values.items() if name in st.query_params}
    view, _ = from_link(values, shape)
    link = to_link(view, shape)
    clear_url(*(name for name in values if link[name] is None))
    return view, from_link(linked, shape)[1]


def take_view(session: str, key: str, shape: Shape) -> None:
    """Keep the view that the browser sent, if it is valid and of this session."""
    message = st.session_state["full-maps"].get("view")
    if not isinstance(message, Mapping) or message.get("key") != key:
        return
    view = from_browser({name: value for name, value in message.items() if name != "key"}, shape)
    if view is not None:
        st.session_state["maps_view"] = (session, view)
        update_url(to_link(view, shape))


def payload(explained: ExplainedView, view: AttentionView, echo: bool = False) -> dict[str, Any]:
    """What the component is sent; `echo` where the view came from this very component, which then ignores it."""
    explanation, bench = explained.explanation, explained.bench
    return {
        "key": f"{explained.session_key}|{bench.weights[:12]}|{explanation.candidate.row}",
        "session": explained.session_key,
        "events": event_rows(explanation, bench.dataset),
        "heads": [_head(reading, explanation) for reading in explanation.heads],
        "maps": quantised(lower(explanation.maps)),
        "top": round(scale_top(explanation.maps), 5),
        "words": asdict(ROWS[explanation.predicts_from]),
        "composed": explanation.contributions is None,
        "view": view.plain(),
        "echo": echo,
        "expert": expert(),
    }


def _head(reading: HeadReading, explanation: Explanation) -> dict[str, Any]:
    measures = reading.measures
    return {
        "name": f"Layer {reading.layer} head {reading.head}",
        "layer": reading.layer,
        "colour": HEAD_TYPE_COLOURS[reading.type],
        "type": reading.type,
        "meaning": HEAD_TYPES[reading.type].meaning,
        "same_under_uniform": same_under_uniform(reading),
        "effect": round(explanation.head_effect(reading), 4) if explanation.head_effects.size else None,
        "figures": (
            f"entropy {measures.entropy:.2f} · recency {shown_number(measures.recency_correlation, '+.2f')} · "
            f"category {measures.same_category_weight:.2f}"
        ),
    }


def lower(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Maps (layers, H, L, L) without the masked half: (layers, H, L * (L + 1) / 2), row after row."""
    rows, columns = np.tril_indices(maps.shape[-1])
    return maps[:, :, rows, columns]


def quantised(weights: npt.NDArray[np.floating]) -> str:
    """Weights as little-endian 16-bit shares of one, in base64."""
    shares = np.rint(np.clip(weights, 0, 1) * FULL).astype("<u2")
    return base64.b64encode(shares.tobytes()).decode()


def how_to_read(explanation: Explanation, bench: Workbench) -> None:
    """Draw how to read the maps, and what each type means."""
    sentences = [
        ROWS[explanation.predicts_from].explains,
        "Hatched cells are masked.",
        "Attention shows where the model looked, which need not be what it used.",
    ]
    empty = bench.loaded_model.max_events - len(explanation.history)
    if expert() and empty > 0:
        sentences.append(f"The {empty} unused positions of the model are not shown.")
    if explanation.contributions is not None:
        layers, heads = explanation.maps.shape[:2]
        sentences.append(side_by_side(layers, heads, context_of(bench.loaded_model)))
    st.caption(" ".join(sentences))
    types = " · ".join(f"**{name}**: {pattern.meaning}" for name, pattern in HEAD_TYPES.items())
    st.caption(f"{types} · **†**: uniform attention over this session would be given the same type")
