"""What each head and each named term does for the explained title."""

from __future__ import annotations

import streamlit as st

from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.charts.palette import INK
from streamrec_core.explain.parameters import TITLES
from streamrec_core.explain.record import Explanation

BARE = {"displayModeBar": False}


def parts_of_this(found: Explanation, open_at_first: bool) -> None:
    """Draw, folded, what each head and each named term does for this very candidate; figures only once it is open."""
    part = st.expander(
        "What each head and each named term does for this title", expanded=open_at_first, key="parts", on_change="rerun"
    )
    with part:
        if part.open:
            _effects(found)


def _effects(found: Explanation) -> None:
    if not found.head_effects.size:
        st.caption("A neutral item is never recommended, so no head counts for or against it.")
        return
    heads = [Effect(f"Layer {one.layer} head {one.head} ({one.type})", found.head_effect(one)) for one in found.heads]
    terms = [Effect(TITLES[name], value) for name, value in found.term_effects.items()]
    columns = st.columns(2 if terms else 1, gap="large")
    for column, noun, effects in zip(columns, ("head", "named term"), (heads, terms), strict=False):
        with column:
            st.markdown(f"**Without each {noun}**")
            st.plotly_chart(
                effects_figure(effects, ink=INK[st.context.theme.type or "light"]),
                config=BARE,
                key=f"effects-{noun}",
                alt=f"What switching off each {noun} costs this title: "
                + ", ".join(f"{one.name} {one.value:.2f} nats" for one in effects),
            )
    st.caption(
        "The maps are the same for all ten recommendations; what differs is how much each head counts for the one that "
        "is explained. Each bar is how far this title's log-probability falls when that part alone is switched off."
    )
