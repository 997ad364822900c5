"""What each head and each named term contributes to the explained title, by switching it off."""

from __future__ import annotations

import streamlit as st

from pages.ui.chart import chart, ink
from pages.ui.nouns import say
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.explain.parameters import TITLES
from streamrec_core.explain.record import Explanation


def head_effects(explanation: Explanation) -> None:
    """Draw what the title's log-probability loses when each head, and each named term, is switched off."""
    if not explanation.head_effects.size:
        st.caption("A neutral item is never recommended, so no head counts for or against it.")
        return
    heads = [
        Effect(f"Layer {head.layer} head {head.head} ({head.type})", explanation.head_effect(head))
        for head in explanation.heads
    ]
    terms = [Effect(TITLES[name], effect) for name, effect in explanation.term_effects.items()]
    columns = st.columns(2 if terms else 1, gap="large")
    for column, noun, effects in zip(columns, ("head", "named term"), (heads, terms), strict=False):
        with column:
            st.markdown(f"**Without each {noun}**")
            chart(
                effects_figure(effects, ink=ink()),
                key=f"effects-{noun}",
                alt=say(f"Effect of switching off each {noun} on this title: ")
                + ", ".join(f"{effect.name} {effect.lost}" for effect in effects),
            )
    st.caption(
        say(
            "The maps are the same for all ten recommendations; what differs is how much each head counts for the "
            "explained title. Each bar is what its score loses, in points, when that part alone is switched off."
        )
    )
