"""Controls that several pages share: data set, model and level of detail in the sidebar, and the session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui import foreign_models, workbench
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
from streamrec_core import config

LEVELS = ("Simple", "Expert")


@dataclass(frozen=True)
class UnknownName:
    """A name in the URL that is not available.

    Attributes
    ----------
    noun : str
        What it names: "data set" or "model".
    param : str
        Its URL parameter.
    available : tuple of str
        The names that are.
    """

    noun: str
    param: str
    name: str
    available: tuple[str, ...]


def choose_data() -> UnknownName | None:
    """Draw the choice of the data set; gives the name in the URL where it is not available."""
    names = workbench.data_names()
    name = workbench.chosen_data()
    st.session_state["choose_data"] = name if name in names else None
    st.selectbox(
        "Data set",
        names,
        key="choose_data",
        placeholder="Choose a data set",
        on_change=_take_data,
        help="Presets are synthetic; your imports are listed below them.",
    )
    if name not in names:
        return UnknownName("data set", DATA, name, names)
    set_url(DATA, name)
    return None


def choose_model(fitting: tuple[str, ...]) -> UnknownName | None:
    """Draw the choice of the model; gives the name in the URL where it is not available."""
    names = tuple(dict.fromkeys((*fitting, *workbench.model_folders())))
    name = url_value(MODEL) or next(iter(fitting), None)
    st.session_state["choose_model"] = name if name in names else None
    replaced, foreign = workbench.replaced_notes(), foreign_models.folders()

    def label(option: str) -> str:
        if option in foreign:  # whatever its worker does: a label that changed meanwhile could not be chosen
            return f"{option} (other library)"
        if option in fitting:
            return option
        return f"{option} ({'recipe replaced' if option in replaced else 'other catalogue'})"

    st.selectbox(
        "Model",
        names,
        key="choose_model",
        format_func=label,
        placeholder="No model for this data set" if names else "No model yet",
        disabled=not names,
        on_change=_take_model,
        help="Shipped models, the best epoch of every run, and models of other libraries that `models.toml` names. "
        "Models that fit this data set come first.",
    )
    if name is not None and name not in names:
        return UnknownName("model", MODEL, name, names)
    if name is not None:
        set_url(MODEL, name)
    return None


def choose_level() -> None:
    """Draw the switch between the essentials and everything."""
    st.session_state["choose_level"] = LEVELS[expert()]
    if expert():
        set_url(MODE, EXPERT)  # a change of pages clears the address
    st.segmented_control(
        "Level of detail",
        LEVELS,
        key="choose_level",
        required=True,
        on_change=_take_level,
        help="Expert adds attention maps, figures, settings, export and side-by-side views.",
    )


def leave_demonstration() -> None:
    """Draw the way out of a demonstration, unless the server is set to nothing else."""
    set_url(DEMO, "1")
    st.caption("Demonstration: only the pages for regulators are shown.")
    if not config.demonstration():
        st.button("Show everything", on_click=clear_url, args=(DEMO,), key="leave-demonstration")


def take_session(session_id: str) -> None:
    """Open another session, with its first recommendation as the one to explain."""
    change_url(SESSION, session_id)


def take_history(history: str) -> None:
    """Open a session that a visitor wrote, in the compact form of a link."""
    change_url(HISTORY, history)


def _take_level() -> None:
    update_url({MODE: EXPERT if st.session_state["choose_level"] == LEVELS[1] else None})


def _take_data() -> None:
    change_url(DATA, st.session_state["choose_data"])


def _take_model() -> None:
    change_url(MODEL, st.session_state["choose_model"])
