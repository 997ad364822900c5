"""All heads of one explanation on one canvas component, and how to read it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.explore import notices
from pages.explore.attention_view import AttentionView, Shape, from_browser, from_link, to_link
from pages.explore.explained_view import ExplainedView
from pages.explore.strip import events
from pages.explore.url import VIEW_PARAMS
from pages.ui.component import register
from pages.ui.url_state import clear_url, expert, update_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.attention.measures import HEAD_TYPES, HeadReading
from streamrec_core.charts.heads import same_under_uniform, scale_top
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS
from streamrec_core.charts.rows import ROWS
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.record import Explanation

FULL = 65535
"""Weights travel as 16-bit shares of one: exact to 0.00001, and two bytes each."""

_heads = register(
    "heads",
    '<div class="sr-heads"></div>\n',
    ("bus.js", "weights.js", "paint.js", "heads_view.js", "heads_parts.js", "heads.js"),
    "heads.css",
)


@dataclass(frozen=True)
class HeadsPanel:
    """How one heads component is shown.

    Attributes
    ----------
    session : str
        Names the session to the other components of the page.
    owner : bool
        Whether its view is in the URL; a pinned one only follows.
    echo : bool
        Whether the view came from this very component, which then ignores it.
    """

    session: str
    view: AttentionView
    expert: bool = False
    owner: bool = True
    echo: bool = False


def shape_of(explanation: Explanation) -> Shape:
    """Layers, heads and events of an explanation."""
    layers, heads, _, length = explanation.maps.shape
    return Shape(layers, heads, length)


@st.fragment
def heads(explained: ExplainedView) -> None:
    """Draw the heads and keep their view in the URL; only this part runs again when it changes."""
    shape = shape_of(explained.explanation)
    view, faults = view_of_link(shape)
    if faults:
        notices.not_available(faults)
    session = explained.session_key
    panel = HeadsPanel(session, view, expert(), echo=st.session_state.get("heads_view") == (session, view))
    data = payload(explained.explanation, explained.bench, panel)
    _heads(key="full-maps", data=data, on_view_change=lambda: take_view(session, data["key"], shape))


def pinned_heads(explained: ExplainedView, view: AttentionView) -> None:
    """Draw the heads of a pinned view: they follow what is highlighted elsewhere and leave the URL as it is."""
    panel = HeadsPanel(explained.session_key, view, expert(), owner=False)
    data = payload(explained.explanation, explained.bench, panel)
    _heads(key="full-maps-pinned", data=data, on_view_change=lambda: None)


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
        st.session_state["heads_view"] = (session, view)
        update_url(to_link(view, shape))


def payload(explanation: Explanation, bench: Workbench, panel: HeadsPanel) -> dict[str, Any]:
    """Data of the component: the predicting row of every head, and whole maps only for an expert."""
    words = ROWS[explanation.predicts_from]
    whole = bool(explanation.maps.size)
    row, maps = quantised(explanation.maps[:, :, -1]), quantised(lower(explanation.maps)) if whole else ""
    return {
        "key": f"{panel.session}|{bench.weights[:12]}|{explanation.candidate.row}",
        "stamp": f"{panel.session}|{bench.weights[:12]}|{whole}",
        "session": panel.session,
        "events": events(explanation, bench.dataset),
        "heads": [_head(number, reading, explanation) for number, reading in enumerate(explanation.heads)],
        "row": row,
        "maps": maps,
        **_added(explanation),
        "top": round(scale_top(explanation.maps), 5),
        "words": asdict(words),
        "recommended": [item.row for item in explanation.recommendations],
        "view": panel.view.plain(),
        "echo": panel.echo,
        "owner": panel.owner,
        "expert": panel.expert,
    }


def _added(explanation: Explanation) -> dict[str, Any]:
    """What each head adds to the score because of each event, and what no event decides; None where there is no sum."""
    parts = explanation.contributions
    if parts is None:
        return {"added": None}
    by_head = parts.values[0].reshape(-1, parts.values.shape[-1])
    return {
        "added": [[round(value, 4) for value in values] for values in by_head.tolist()],
        "base": round(float(parts.base[0]), 4),
        "score": round(explanation.score, 4),
    }


def _head(number: int, reading: HeadReading, explanation: Explanation) -> dict[str, Any]:
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
            f"entropy {measures.entropy:.2f} · recency {measures.recency_correlation:+.2f} · "
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


ATTENTION = (
    "Each line is a head; a bar is an event's share of its attention when the prediction was made. Attention shows "
    "where the model looked, which need not be what it used."
)
CONTRIBUTIONS = (
    "Each line is a head; a bar is what it adds to the score of this title because of an event, with its sign. All "
    "bars, popularity and start add up to the score. Switch to attention to see where the heads looked; it is the same "
    "for every title."
)


def how_to_read(explanation: Explanation, bench: Workbench, expert: bool) -> None:
    """Draw how to read the heads, and what each type means."""
    sentences = [ATTENTION if explanation.contributions is None else CONTRIBUTIONS]
    if expert:
        sentences.append(f"In the whole maps: {ROWS[explanation.predicts_from].explains} Hatched cells are masked.")
        empty = bench.loaded_model.max_events - len(explanation.history)
        if empty > 0:
            sentences.append(f"The {empty} unused positions of the model are not shown.")
    st.caption(" ".join(sentences))
    if explanation.contributions is not None:
        st.caption(side_by_side(*explanation.maps.shape[:2]))
    types = " · ".join(f"**{name}**: {pattern.meaning}" for name, pattern in HEAD_TYPES.items())
    st.caption(f"{types} · **†**: uniform attention over this session would be given the same type")
