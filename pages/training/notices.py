"""What Training says instead of its content: no run yet, a run that is elsewhere, what goes on, what is refused."""

from __future__ import annotations

import streamlit as st

from pages.training.url import BESIDE, RUN
from pages.ui.escape import plain
from pages.ui.notices import TRAIN, without_folders
from pages.ui.url_state import DATA, clear_url
from streamrec_core.training.summary import RunList, RunSummary


def no_runs_yet(data_name: str) -> None:
    """Nothing was trained on this data set."""
    with st.container(border=True):
        st.subheader("No run on this data set yet", anchor=False)
        st.markdown(
            "The form starts one with sensible settings. Its curves appear here while it learns, beside the ceiling "
            "and simple rules; when it is done, its model can be opened on every page. You may close the window "
            "meanwhile, or start the same from a terminal:"
        )
        st.code(TRAIN.format(data=data_name), language="shell", wrap_lines=True)


def no_run(asked: str, elsewhere: RunSummary | None) -> None:
    """A link names a run that is not here, or one on other data."""
    with st.container(border=True):
        if elsewhere is None:
            st.subheader("This link names a run that is not here", anchor=False)
            st.markdown(f"It asks for **{plain(asked, 80)}**, which may have been renamed or deleted.")
        else:
            learned = plain(elsewhere.config.reference.name, 60)
            st.subheader("This run learns from other data", anchor=False)
            st.markdown(f"**{plain(asked, 80)}** learns from **{learned}**. Choose that data set to see it.")
            query = {DATA: elsewhere.config.reference.name, RUN: asked}
            st.page_link("training/page.py", label=f":primary[**Open it with {learned}**]", query_params=query)
        st.button("Show the runs on this data set", on_click=clear_url, args=(RUN, BESIDE))


def what_goes_on(runs: RunList) -> None:
    """One line on what trains and what waits, on whatever data."""
    now = ", ".join(f"**{plain(run.name, 60)}**" for run in runs.training)
    then = ", ".join(f"**{plain(run.name, 60)}**" for run in runs.queued)
    if now or then:
        st.markdown(
            " · ".join(
                part for part in (f"Training now: {now}" if now else "", f"in line: {then}" if then else "") if part
            )
        )
    else:
        st.markdown("Every run is a process of its own: it goes on when you leave this page or close the dashboard.")


def damaged_runs(runs: RunList) -> None:
    """Folders of runs that cannot be read."""
    for name, fault in runs.damaged.items():
        st.caption(f"Run **{plain(name, 60)}** cannot be read: {plain(without_folders(fault), 200)}")


def no_training_here() -> None:
    """The dashboard is for looking only."""
    with st.container(border=True):
        st.subheader("Training is switched off here", anchor=False)
        st.markdown("This dashboard is for looking only (`STREAMREC_READ_ONLY` is set). Curves and models can be seen.")
