"""Debug: what went wrong and why, items that take the attention, what-if, parts switched off, and marked cases."""

from __future__ import annotations

import streamlit as st

from pages.ui import messages
from pages.ui.components.debug import case_list, magnets, misses, parts_off, whatif
from pages.ui.linked import absent
from pages.ui.state import SECTION, arrive, choose, wanted
from pages.ui.workbench import current

PARTS = {
    "misses": ("Misses", misses.draw),
    "magnets": ("Magnet items", magnets.draw),
    "what-if": ("What if", whatif.draw),
    "parts-off": ("Heads and terms off", parts_off.draw),
    "cases": ("Marked cases", case_list.draw),
}


def take_part() -> None:
    """Keep the chosen part of the page; a click on the chosen one keeps it chosen."""
    choose(SECTION, st.session_state["part"] or wanted(SECTION) or "misses")


arrive()
bench = current()
st.title("Debug", anchor=False)
if bench.model is None:
    messages.no_model(bench)
else:
    asked = wanted(SECTION)
    if asked is not None and asked not in PARTS:
        absent("Part of this page", asked)
    part = asked if asked in PARTS else "misses"
    choose(SECTION, part)
    st.session_state["part"] = part
    st.segmented_control(
        "Part of this page",
        list(PARTS),
        key="part",
        format_func=lambda name: PARTS[name][0],
        on_change=take_part,
        label_visibility="collapsed",
    )
    messages.other_events(bench)
    PARTS[part][1](bench)
