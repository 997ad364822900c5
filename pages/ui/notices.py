"""What a page says instead of its content: what is missing, why, and the way out."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui import workbench
from pages.ui.controls import Missing
from pages.ui.escape import plain
from pages.ui.url_state import DATA, EXPERT, HISTORY, ITEM, MODE, SESSION, change_url, clear_url, set_url
from pages.ui.workbench import Workbench

TRAIN = "python -m streamrec_core train --data {data} --model transformer"


def missing(link: Missing) -> None:
    """A link names a data set or model that is not here."""
    with st.container(border=True):
        st.subheader(f"This link names a {link.noun} that is not here", anchor=False)
        known = ", ".join(plain(name, 40) for name in link.names[:8]) or "none yet"
        st.markdown(f"It asks for **{plain(link.asked, 80)}**. Here there are: {known}.")
        st.button(
            f"Show the usual {link.noun}", type="primary", on_click=clear_url, args=(link.param, SESSION, HISTORY, ITEM)
        )


def cannot_open(fault: str) -> None:
    """The data set exists and cannot be read."""
    with st.container(border=True):
        st.subheader("This data set cannot be opened", anchor=False)
        st.markdown(plain(fault))
        st.caption("Choose another one in the sidebar, or make this one again.")


def no_model(bench: Workbench) -> None:
    """There is no model, or the chosen one cannot be used with this data."""
    with st.container(border=True):
        if bench.model_name is None:
            st.subheader("There is no model for this data set yet", anchor=False)
            st.markdown(
                f"None of the models here knows the catalogue of **{plain(bench.data_name, 60)}**. "
                "Choose another data set in the sidebar, or train a model; it appears there by the name of its run:"
            )
            _train(bench.data_name)
            return
        notes = workbench.replaced_notes()
        if bench.model_name in notes:
            st.subheader("The recipe of this model was replaced", anchor=False)
            replaced_models({bench.model_name: notes[bench.model_name]})
        else:
            st.subheader("This model cannot be used with this data set", anchor=False)
            st.markdown(plain(bench.refusal))
        if bench.fitting:
            names = ", ".join(f"**{plain(name, 40)}**" for name in bench.fitting)
            st.markdown(f"Choose another model in the sidebar. These know this catalogue: {names}.")
        else:
            st.markdown("No model here knows this catalogue. Choose another data set in the sidebar, or train a model:")
            _train(bench.data_name)


def replaced_models(notes: Mapping[str, str]) -> None:
    """Models that stay listed although their recipe is no longer built: a line each, and the command that it names."""
    for name, note in notes.items():
        words, python, command = note.partition("python -m ")
        st.caption(f"**{plain(name, 60)}** was {plain(words)}")
        st.code(python + command, language="shell", wrap_lines=True)


def _train(data_name: str) -> None:
    """The two ways to a model of one's own: the page, and the same from a terminal."""
    st.page_link(
        "training/page.py",
        label=f":primary[**Train one on {plain(data_name, 40)}**]",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={DATA: data_name},
    )
    st.code(TRAIN.format(data=data_name), language="shell", wrap_lines=True)


def no_session(fault: str, first: str) -> None:
    """A link or a visitor names a session that is not in this data set, or that has no history."""
    with st.container(border=True):
        st.subheader("This session cannot be shown", anchor=False)
        st.markdown(plain(fault))
        st.button(
            f"Open test session {plain(first, 40)}",
            type="primary",
            on_click=change_url,
            args=(SESSION, None),
        )


def other_events(bench: Workbench) -> None:
    """The model learned from other events of the same catalogue: allowed, and worth knowing."""
    if bench.card is not None and bench.other_events:
        learned = plain(bench.card.data.name, 60)
        st.caption(
            f"This model learned from other events than these (**{learned}**) over the same catalogue. "
            "It can be used here; its test figures on this data may include sessions it has learned from."
        )


def more_for_experts(parts: str) -> None:
    """What the page leaves out for a visitor who wants the answer only, and the way to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Expert adds {parts}.", width="content")
        st.button(
            "Switch to Expert",
            type="tertiary",
            icon=":material/tune:",
            on_click=set_url,
            args=(MODE, EXPERT),
            key="more_for_experts",
        )


def refused(fault: str) -> None:
    """Something a visitor asked for was not done."""
    st.error(plain(fault))


def raters_only() -> None:
    """The dashboard is open to the raters of a study and to nobody else."""
    st.title("A study is running here", anchor=False)
    st.markdown("Open it by the link that you were sent; it ends with your code.")


def not_demonstrated(title: str) -> None:
    """A page that is left out of a demonstration was opened by its address."""
    with st.container(border=True):
        st.subheader(f"{title} is not part of this demonstration", anchor=False)
        st.markdown("The report leads through everything that is.")
        st.page_link("report/page.py", label="Open the report", icon=":material/arrow_forward:")
