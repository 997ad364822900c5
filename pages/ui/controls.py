"""What visitors choose with: data set, model and how much to see in the sidebar, the session on Explore."""

from __future__ import annotations

import random
from dataclasses import dataclass

import streamlit as st

from pages.ui import workbench
from pages.ui.test_split import Parts
from pages.ui.url_state import (
    DATA,
    DEMO,
    EXPERT,
    HISTORY,
    MODE,
    MODEL,
    SESSION,
    change_url,
    clear_url,
    expert,
    set_url,
    update_url,
    url_value,
)
from pages.ui.workbench import Workbench
from streamrec_core import config

LEVELS = ("Simple", "Expert")


@dataclass(frozen=True)
class Missing:
    """A link that names something which is not here.

    Attributes
    ----------
    noun : str
        What it is: "data set" or "model".
    param : str
        Its name in the address bar.
    """

    noun: str
    param: str
    asked: str
    names: tuple[str, ...]


def choose_data() -> Missing | None:
    """Draw the choice of the data set; tells when a link names one that is not here."""
    names = workbench.data_names()
    asked = workbench.chosen_data()
    st.session_state["choose_data"] = asked if asked in names else None
    st.selectbox(
        "Data set",
        names,
        key="choose_data",
        placeholder="Choose a data set",
        on_change=_take_data,
        help="The presets are invented; your own imports stand below them.",
    )
    if asked not in names:
        return Missing("data set", DATA, asked, names)
    set_url(DATA, asked)
    return None


def choose_model(fitting: tuple[str, ...]) -> Missing | None:
    """Draw the choice of the model; tells when a link names one that is not here."""
    names = tuple(dict.fromkeys((*fitting, *workbench.model_folders())))
    asked = url_value(MODEL) or next(iter(fitting), None)
    st.session_state["choose_model"] = asked if asked in names else None
    replaced = workbench.replaced_notes()
    st.selectbox(
        "Model",
        names,
        key="choose_model",
        format_func=lambda name: name if name in fitting else f"{name} ({_unfit(name in replaced)})",
        placeholder="No model for this data set" if names else "No model yet",
        disabled=not names,
        on_change=_take_model,
        help="Shipped models and the best epoch of every run; those that know this catalogue stand first.",
    )
    if asked is not None and asked not in names:
        return Missing("model", MODEL, asked, names)
    if asked is not None:
        set_url(MODEL, asked)
    return None


def _unfit(replaced: bool) -> str:
    return "recipe replaced" if replaced else "other catalogue"


def choose_level() -> None:
    """Draw the switch between what everybody needs and everything there is."""
    st.session_state["choose_level"] = LEVELS[expert()]
    st.segmented_control(
        "Show",
        LEVELS,
        key="choose_level",
        required=True,
        on_change=_take_level,
        help="Expert adds whole maps, figures, settings, export and comparison side by side.",
    )


def leave_demonstration() -> None:
    """Say that this is a demonstration; who came by a link may see everything."""
    set_url(DEMO, "1")
    st.caption("A demonstration: what is not for regulators is left out.")
    if not config.demonstration():
        st.button("Show everything", on_click=clear_url, args=(DEMO,), key="leave-demonstration")


def choose_session(bench: Workbench, parts: Parts, session_id: str | None) -> None:
    """Draw the session picker: by id, one step on or back, or any test session; None for one that is not in the log."""
    log = bench.dataset.log
    row = log.row(session_id) if session_id is not None and session_id in log.session_ids else -1
    st.session_state["session_id"] = session_id or ""
    st.text_input(
        "Session", key="session_id", max_chars=200, on_change=_take_session, width=150, placeholder="your own"
    )
    for label, neighbour, help_text in (
        ("← Previous", parts.previous(row), "The test session before this one"),
        ("Next →", parts.next(row), "The test session after this one"),
    ):
        st.button(label, on_click=take_session, args=(neighbour,), help=help_text, width="content")
    st.button("Random test session", on_click=_take_any, args=(parts,), width="content")


def take_session(session_id: str) -> None:
    """Open another session, with its first recommendation as the one to explain."""
    change_url(SESSION, session_id)


def take_history(history: str) -> None:
    """Open a session that a visitor wrote, in the compact form of a link."""
    change_url(HISTORY, history)


def _take_session() -> None:
    if typed := st.session_state["session_id"].strip():
        take_session(typed)


def _take_any(parts: Parts) -> None:
    take_session(random.choice(parts.test_ids))


def _take_level() -> None:
    update_url({MODE: EXPERT if st.session_state["choose_level"] == LEVELS[1] else None})


def _take_data() -> None:
    change_url(DATA, st.session_state["choose_data"])


def _take_model() -> None:
    change_url(MODEL, st.session_state["choose_model"])
