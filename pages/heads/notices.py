"""Notice of Heads for a model without attention heads."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain
from pages.ui.notices import why_no_heads
from pages.ui.reach import page_link
from streamrec_core.models.protocol import SessionModel


def no_heads(model: SessionModel, others: list[str]) -> None:
    """The model has no attention heads; `others` are the names of models for the same catalogue."""
    with st.container(border=True):
        st.subheader("This model has no attention heads", anchor=False)
        names = ", ".join(f"**{plain(name, 40)}**" for name in others[:4])
        st.markdown(
            f"{why_no_heads(model) or f'**{plain(model.name, 60)}** is recurrent and has no attention.'} "
            f"{f'Choose a transformer in the sidebar: {names}.' if names else 'Train a transformer to see heads.'} "
            "See Compare for its accuracy."
        )
        page_link("compare/page.py", label="Compare models", icon=":material/arrow_forward:")
