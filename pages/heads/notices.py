"""What Heads says of a model without attention heads."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain


def no_heads(model: str, others: list[str]) -> None:
    """The model has no attention, so there are no heads to speak of."""
    with st.container(border=True):
        st.subheader("This model has no heads", anchor=False)
        names = ", ".join(f"**{plain(name, 40)}**" for name in others[:4])
        way_on = f"Others that know this catalogue: {names}." if names else "Train a transformer to have one."
        st.markdown(
            f"**{plain(model, 60)}** carries its memory from event to event and attends to nothing. Choose a "
            f"transformer in the sidebar to see what heads do. {way_on} How good this model is stands on Compare."
        )
        st.page_link("compare/page.py", label="Compare it with the others", icon=":material/arrow_forward:")
