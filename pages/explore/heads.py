"""All heads of one explanation on one canvas component, and what a reader must know beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.explore import notices
from pages.explore.attention_view import Shape, View, from_browser, from_link, to_link
from pages.explore.scene import Scene
from pages.explore.strip import events
from pages.explore.url import VIEW_PARAMS
from pages.ui.component import register
from pages.ui.url_state import clear_url, expert, update_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.attention.measures import HEAD_TYPES, HeadReading
from streamrec_core.charts.heads import same_under_uniform, scale_top
from streamrec_core.charts.palette import head_colour
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
class Look:
    """How one heads component is shown.

    Attributes
    ----------
    session : str
        Names the session to the other components of the page.
    owner : bool
        Whether its view stands in the link; a pinned one only follows.
    echo : bool
        Whether the view came from this very component, which then knows better what is on the screen.
    """

    session: str
    view: View
    expert: bool = False
    owner: bool = True
    echo: bool = False


def shape_of(explanation: Explanation) -> Shape:
    """What there is to look at in an explanation."""
    layers, heads, _, length = explanation.maps.shape
    return Shape(layers, heads, length)


@st.fragment
def heads(scene: Scene) -> None:
    """Draw the heads and keep in the link how they are looked at; only this part runs again when that changes."""
    shape = shape_of(scene.found)
    view, faults = asked_view(shape)
    if faults:
        notices.broken_view(faults)
    look = Look(scene.name, view, expert(), echo=st.session_state.get("heads_told") == (scene.name, view))
    sent = payload(scene.found, scene.bench, look)
    _heads(key="heads", data=sent, on_view_change=lambda: take_view(scene.name, sent["key"], shape))


def pinned_heads(scene: Scene, view: View) -> None:
    """Draw the heads of a pinned view: they follow what is lit elsewhere and change nothing in the link."""
    look = Look(scene.name, view, expert(), owner=False)
    _heads(key="heads-pinned", data=payload(scene.found, scene.bench, look), on_view_change=lambda: None)


def asked_view(shape: Shape) -> tuple[View, tuple[str, ...]]:
    """The view that is asked for, and what a link asks for in vain; that part is dropped."""
    asked = {name: text for name in VIEW_PARAMS if (text := url_value(name)) is not None}
    linked = {name: text for name, text in asked.items() if name in st.query_params}
    view, _ = from_link(asked, shape)
    stands = to_link(view, shape)
    clear_url(*(name for name in asked if stands[name] is None))
    return view, from_link(linked, shape)[1]


def take_view(session: str, key: str, shape: Shape) -> None:
    """Keep the view that the browser sent, if it is one and of this session; it is not to be trusted."""
    told = st.session_state["heads"].get("view")
    if not isinstance(told, Mapping) or told.get("key") != key:
        return
    view = from_browser({name: value for name, value in told.items() if name != "key"}, shape)
    if view is not None:
        st.session_state["heads_told"] = (session, view)
        update_url(to_link(view, shape))


def payload(explanation: Explanation, bench: Workbench, look: Look) -> dict[str, Any]:
    """What the component is sent: the predicting row of every head, and the whole maps only for an expert."""
    words = ROWS[explanation.predicts_from]
    whole = look.expert and bool(explanation.maps.size)
    row, maps = quantised(explanation.maps[:, :, -1]), quantised(lower(explanation.maps)) if whole else ""
    return {
        "key": f"{look.session}|{bench.weights[:12]}|{explanation.candidate.row}",
        "stamp": f"{look.session}|{bench.weights[:12]}|{whole}",
        "session": look.session,
        "events": events(explanation, bench.dataset),
        "heads": [_head(number, reading, explanation) for number, reading in enumerate(explanation.heads)],
        "row": row,
        "maps": maps,
        **_added(explanation),
        "top": round(scale_top(explanation.maps), 5),
        "words": asdict(words),
        "recommended": [item.row for item in explanation.recommendations],
        "view": look.view.plain(),
        "echo": look.echo,
        "owner": look.owner,
        "expert": look.expert,
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
    found = reading.measures
    return {
        "name": f"Layer {reading.layer} head {reading.head}",
        "layer": reading.layer,
        "colour": head_colour(number),
        "type": reading.type,
        "meaning": HEAD_TYPES[reading.type].meaning,
        "same_under_uniform": same_under_uniform(reading),
        "effect": round(explanation.head_effect(reading), 4) if explanation.head_effects.size else None,
        "figures": (
            f"entropy {found.entropy:.2f} · recency {found.recency_correlation:+.2f} · "
            f"category {found.same_category_weight:.2f}"
        ),
    }


def lower(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Maps (layers, H, L, L) without what cannot be looked at: (layers, H, L * (L + 1) / 2), row after row."""
    rows, columns = np.tril_indices(maps.shape[-1])
    return maps[:, :, rows, columns]


def quantised(weights: npt.NDArray[np.floating]) -> str:
    """Weights as little-endian 16-bit shares of one, in base64."""
    shares = np.rint(np.clip(weights, 0, 1) * FULL).astype("<u2")
    return base64.b64encode(shares.tobytes()).decode()


ATTENTION = (
    "Each line is one head; a bar is the share of its attention that an event got when the prediction was made. "
    "Attention is where the model looked, which need not be what it used."
)
CONTRIBUTIONS = (
    "Each line is one head; a bar is what it adds to the score of this title because of an event, with its sign. All "
    "bars, popularity and start add up to the score. Where the heads looked is one switch away; it is the same for "
    "every title."
)


def how_to_read(explanation: Explanation, bench: Workbench, expert: bool) -> None:
    """What is drawn, in two sentences, and what each type means."""
    length, most = len(explanation.history), bench.model.max_events if bench.model is not None else 0
    empty = (
        f" The model has room for {most} events; {most - length} empty places are left out." if most > length else ""
    )
    st.caption(
        (ATTENTION if explanation.contributions is None else CONTRIBUTIONS)
        + (
            f" In the whole maps: {ROWS[explanation.predicts_from].explains} Hatched cells cannot be looked at."
            if expert
            else ""
        )
        + (empty if expert else "")
    )
    if explanation.contributions is not None:
        st.caption(side_by_side(*explanation.maps.shape[:2]))
    types = " · ".join(f"**{name}**: {pattern.meaning}" for name, pattern in HEAD_TYPES.items())
    st.caption(f"{types} · **†**: even attention over this session would be called the same")
