"""Debug: misses and their causes, attention sinks, why not, what-if, head ablation, and flagged cases."""

from __future__ import annotations

import streamlit as st

from pages.debug import attention_sinks, flagged_cases, head_ablation, misses, what_if, why_not
from pages.ui import notices as ui_notices
from pages.ui.tab_title import tab_title
from pages.ui.url_state import SECTION, follow_link, set_url, url_value
from pages.ui.url_widgets import unavailable
from pages.ui.workbench import current_workbench

PARTS = {
    "misses": ("Misses", misses.draw),
    "magnets": ("Attention sinks", attention_sinks.draw),
    "why-not": ("Why not", why_not.draw),
    "what-if": ("What if", what_if.draw),
    "parts-off": ("Head ablation", head_ablation.draw),
    "cases": ("Flagged cases", flagged_cases.draw),
}


def take_part() -> None:
    """Keep the selected part of the page; a second click on it does not deselect it."""
    set_url(SECTION, st.session_state["part"] or url_value(SECTION) or "misses")


follow_link()
bench = current_workbench()
st.title("Debug", anchor=False)
if bench.model is None:
    ui_notices.no_model(bench)
else:
    part = url_value(SECTION) or "misses"
    if part not in PARTS:
        unavailable("Part of this page", part)
        part = "misses"
    set_url(SECTION, part)
    tab_title("Debug", PARTS[part][0].lower())
    st.session_state["part"] = part
    st.segmented_control(
        "Part of this page",
        list(PARTS),
        key="part",
        format_func=lambda name: PARTS[name][0],
        on_change=take_part,
        label_visibility="collapsed",
    )
    ui_notices.bad_model(bench)
    ui_notices.other_events(bench)
    PARTS[part][1](bench)
