"""What a visitor has chosen: the address bar is the truth, so that a copied link shows the same view.

Streamlit clears the query string when a visitor changes pages; a copy in the session brings the choice back.
"""

from __future__ import annotations

import streamlit as st

DATA, MODEL, SESSION, ITEM = "data", "model", "session", "item"
NAMES = (DATA, MODEL, SESSION, ITEM)


def wanted(name: str) -> str | None:
    """What the address bar asks for or, failing that, what was chosen before on this visit."""
    asked = st.query_params.get(name)
    return asked if asked is not None else st.session_state.get(_kept(name))


def choose(name: str, value: str) -> None:
    """Keep a choice in the session and in the address bar."""
    st.session_state[_kept(name)] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def forget(*names: str) -> None:
    """Drop choices that no longer hold, such as the session of another data set."""
    for name in names:
        st.session_state.pop(_kept(name), None)
        if name in st.query_params:
            del st.query_params[name]


def _kept(name: str) -> str:
    return f"kept_{name}"
