"""Messages of the Training page: no run yet, a run on other data, active runs, damaged runs, read-only."""

from __future__ import annotations

import streamlit as st

from pages.training.url import BESIDE, RUN
from pages.ui.escape import plain
from pages.ui.notices import TRAIN
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, clear_url
from streamrec_core.training.summary import RunList, RunSummary


def no_runs_yet(data_name: str) -> None:
    """Nothing was trained on this data set."""
    with st.container(border=True):
        st.subheader("No run on this data set yet", anchor=False)
        st.markdown(
            "Start one with the form; the defaults are sensible. Its curves appear here while it trains, beside the "
            "ceiling and simple rules; when it is done, its model can be opened on every page. You can close the "
            "window meanwhile, or start the same run from a terminal:"
        )
        st.code(TRAIN.format(data=data_name), language="shell", wrap_lines=True)


def no_run(name: str, elsewhere: RunSummary | None) -> None:
    """A link names a run that does not exist, or one on another data set."""
    with st.container(border=True):
        if elsewhere is None:
            st.subheader("Run not found", anchor=False)
            st.markdown(f"**{plain(name, 80)}** may have been renamed or deleted.")
        else:
            data = plain(elsewhere.config.reference.name, 60)
            st.subheader("This run is on another data set", anchor=False)
            st.markdown(f"**{plain(name, 80)}** trains on **{data}**. Switch to that data set to see it.")
            query = {DATA: elsewhere.config.reference.name, RUN: name}
            page_link("training/page.py", label=f":primary[**Switch to {data}**]", query_params=query)
        st.button("Show the runs on this data set", on_click=clear_url, args=(RUN, BESIDE))


def active_runs(runs: RunList) -> None:
    """Draw one line on the training and queued runs of all data sets."""
    now = ", ".join(f"**{plain(run.name, 60)}**" for run in runs.training)
    then = ", ".join(f"**{plain(run.name, 60)}**" for run in runs.queued)
    if now or then:
        st.markdown(
            " · ".join(
                part for part in (f"Training now: {now}" if now else "", f"Queued: {then}" if then else "") if part
            )
        )
    else:
        st.markdown("Each run is a separate process: it continues when you leave this page or stop the dashboard.")


def no_training_here() -> None:
    """The dashboard is read-only."""
    with st.container(border=True):
        st.subheader("Training is disabled", anchor=False)
        st.markdown("This dashboard is read-only (`STREAMREC_READ_ONLY` is set). Curves and models can be viewed.")
