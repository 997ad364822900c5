"""Notices in place of a page's content: what is missing, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from pages.ui import cached, workbench
from pages.ui.controls import UnknownName
from pages.ui.error_text import error_phrase, error_text
from pages.ui.escape import plain
from pages.ui.reach import is_open, page_link
from pages.ui.url_state import (
    DATA,
    EXPERT,
    HISTORY,
    ITEM,
    MODE,
    MODEL,
    SESSION,
    change_url,
    clear_url,
    dependents,
    set_url,
    update_url,
)
from pages.ui.workbench import Workbench
from streamrec_core.adapters import ScoredModel
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import StreamRecError
from streamrec_core.evaluation.baselines import few_items_note, model_warning
from streamrec_core.files import disk_fault
from streamrec_core.models.protocol import SessionModel

TRAIN = "python -m streamrec_core train --data {data} --model transformer"


def unknown_name(unknown: UnknownName) -> None:
    """A link names a data set or model that does not exist."""
    st.title(f"{unknown.noun.capitalize()} not found", anchor=False)
    available = ", ".join(plain(name, 40) for name in unknown.available[:8]) or "none yet"
    st.markdown(f"The link names **{plain(unknown.name, 80)}**. Available: {available}.")
    st.button(
        f"Use the default {unknown.noun}",
        type="primary",
        on_click=clear_url,
        args=(unknown.param, SESSION, HISTORY, ITEM),
    )


def sampled_tests(dataset: DataSet) -> None:
    """There are too many test sessions for a page to rank them all."""
    ranked, every = len(cached.ranked_split(dataset).test), len(cached.dataset_split(dataset).test)
    if ranked < every:
        st.caption(
            f"Measured on {ranked:,} of {every:,} test sessions, sampled evenly. On the command line, `evaluate` "
            "ranks all of them."
        )


def cannot_open(message: str) -> None:
    """The data set exists and cannot be read."""
    with st.container(border=True):
        st.subheader("This data set cannot be opened", anchor=False)
        st.markdown(plain(message))
        st.caption("Choose another one in the sidebar, or import or generate this one again.")


def unusable_file(error: OSError) -> None:
    """The disk refuses something that no list of the page names."""
    st.error(plain(error_text(disk_fault(error))), icon=":material/error:")


def damaged(kind: str, faults: Mapping[str, StreamRecError]) -> None:
    """Name the stored things of a kind that cannot be read, each with its fault; the others are not affected."""
    for name, error in faults.items():
        st.caption(f"{kind} **{plain(name, 60)}** is damaged: {plain(error_phrase(error), 200)}")


def no_model(bench: Workbench) -> None:
    """There is no model, or the chosen one cannot be used with this data."""
    with st.container(border=True):
        if bench.model_name is None:
            st.subheader("There is no model for this data set yet", anchor=False)
            message = f"No model was trained on the catalogue of **{plain(bench.data_name, 60)}**."
            _train(bench.data_name, message, ", or train a model; it is then listed under the name of its run:")
            return
        notes = workbench.replaced_notes()
        if bench.model_name in notes:
            st.subheader("The recipe of this model was replaced", anchor=False)
            replaced_models({bench.model_name: notes[bench.model_name]})
        else:
            st.subheader("This model cannot be used with this data set", anchor=False)
            st.markdown(plain(bench.refusal))
        home = workbench.trained_on(bench)
        if home is not None and home != bench.data_name:
            st.button(
                f"Open {plain(home, 40)}, which it was trained on",
                type="primary",
                on_click=_open_with,
                args=(home, bench.model_name),
                key="open-right-data",
            )
        if bench.fitting:
            names = ", ".join(f"**{plain(name, 40)}**" for name in bench.fitting)
            st.markdown(f"Choose another model in the sidebar. Models for this catalogue: {names}.")
        else:
            _train(bench.data_name, "No model fits this catalogue.", ", or train a model:")


def _open_with(data: str, model: str) -> None:
    update_url({**dict.fromkeys(dependents(DATA)), DATA: data, MODEL: model})


def replaced_models(notes: Mapping[str, str]) -> None:
    """Models that stay listed although their recipe is no longer built, each with the command that its note names."""
    for name, note in notes.items():
        words, python, command = note.partition("python -m ")
        st.caption(f"**{plain(name, 60)}** was {plain(words)}")
        st.code(python + command, language="shell", wrap_lines=True)


def _train(data_name: str, message: str, offer: str) -> None:
    """Draw the ways out: another data set and, for those who see the Training page, training a model."""
    choose = f"{message} Choose another data set in the sidebar"
    if not is_open("training"):
        st.markdown(f"{choose}.")
        return
    st.markdown(choose + offer)
    page_link(
        "training/page.py",
        label=f":primary[**Train a model on {plain(data_name, 40)}**]",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={DATA: data_name},
    )
    st.code(TRAIN.format(data=data_name), language="shell", wrap_lines=True)


def no_session(message: str, first: str) -> None:
    """A link or a visitor names a session that is not in this data set, or that has no history."""
    with st.container(border=True):
        st.subheader("This session cannot be shown", anchor=False)
        st.markdown(plain(message))
        st.button(
            f"Open test session {plain(first, 40)}",
            type="primary",
            on_click=change_url,
            args=(SESSION, None),
        )


def bad_model(bench: Workbench) -> None:
    """A simple rule is as good as this model: its explanations explain a bad model."""
    if warning := model_warning(bench.card):
        st.warning(plain(warning), icon=":material/warning:")
    if note := few_items_note(int((~bench.dataset.catalogue.neutral).sum())):
        st.caption(note)


def other_events(bench: Workbench) -> None:
    """The model was trained on other events, or does not know all items: allowed, and worth knowing."""
    if bench.foreign:
        st.caption(
            f"**{plain(bench.model_name or '', 60)}** comes from another library: what it was trained on is not known, "
            "and may include these test sessions."
        )
    elif bench.card is not None and bench.other_events:
        st.caption(
            f"This model was trained on other events (**{plain(bench.card.data.name, 60)}**) over the same catalogue. "
            "Its test figures on this data set may include sessions it was trained on."
        )
    if bench.unknown_items:
        st.caption(plain(bench.unknown_items))


@contextmanager
def named_faults() -> Iterator[None]:
    """Show a fault of the core or the disk in one notice below what is drawn; also a decorator, for fragments."""
    try:
        yield
    except StreamRecError as error:
        st.error(plain(error_text(error)), icon=":material/error:")
    except OSError as error:
        unusable_file(error)


def why_no_heads(model: SessionModel) -> str:
    """Why a model of another library shows no attention heads; empty for one of ours, which has none."""
    lacks = [lack for lack in model.lacks if "attention" in lack] if isinstance(model, ScoredModel) else []
    return plain(f"{model.name}: {lacks[0]}.") if lacks else ""


def more_for_experts(parts: str) -> None:
    """What the Simple level leaves out, and the button that shows it."""
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


def refused(message: str) -> None:
    """Something a visitor asked for was not done."""
    st.error(plain(message))


def unknown_page(name: str) -> None:
    """The address names a page that does not exist; the default page is shown below."""
    st.warning(f"There is no page **{plain(name, 60)}**; showing the overview. Choose a page in the menu.")


def no_page(title: str) -> None:
    """A page that the visitor's role lacks was opened by its address; it is not run."""
    st.title("Page not found", anchor=False)
    st.markdown(f"There is no page **{plain(title, 60)}** for your role. Choose a page in the menu, or start here:")
    page_link("overview/page.py", label="Open the overview", icon=":material/arrow_forward:")


def raters_only() -> None:
    """The dashboard is open to the raters of a study and to nobody else."""
    st.title("A study is running here", anchor=False)
    st.markdown("Open it by the link that you were sent; it ends with your code.")


def not_demonstrated(title: str) -> None:
    """A page that a demonstration leaves out was opened by its address."""
    with st.container(border=True):
        st.subheader(f"{title} is not part of this demonstration", anchor=False)
        st.markdown("Start from the report; it links to every page that is.")
        page_link("report/page.py", label="Open the report", icon=":material/arrow_forward:")
