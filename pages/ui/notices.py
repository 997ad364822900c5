"""What a page says instead of its content: what is missing, why, and the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from pages.ui import workbench
from pages.ui.controls import Missing
from pages.ui.escape import plain
from pages.ui.test_split import Parts
from pages.ui.url_state import DATA, EXPERT, HISTORY, ITEM, MODE, OF_A_SESSION, PIN, SESSION, choose, forget
from pages.ui.workbench import Workbench
from streamrec_core.config import PROJECT, checkpoints_folder, workspace
from streamrec_core.explain.record import Explanation

TRAIN = "python -m streamrec_core train --data {data} --model transformer"


def without_folders(fault: str) -> str:
    """A message of the core without the folders of the server in it; a visitor has no use for them."""
    for folder in (workspace(), checkpoints_folder(), PROJECT):
        fault = fault.replace(f"{folder}/", "")
    return fault


def missing(link: Missing) -> None:
    """A link names a data set or model that is not here."""
    with st.container(border=True):
        st.subheader(f"This link names a {link.noun} that is not here", anchor=False)
        known = ", ".join(plain(name, 40) for name in link.names[:8]) or "none yet"
        st.markdown(f"It asks for **{plain(link.asked, 80)}**. Here there are: {known}.")
        st.button(
            f"Show the usual {link.noun}", type="primary", on_click=forget, args=(link.param, SESSION, HISTORY, ITEM)
        )


def cannot_open(fault: str) -> None:
    """The data set exists and cannot be read."""
    with st.container(border=True):
        st.subheader("This data set cannot be opened", anchor=False)
        st.markdown(plain(without_folders(fault)))
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
            st.markdown(plain(without_folders(bench.refusal)))
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
            on_click=forget,
            args=(SESSION, HISTORY, *OF_A_SESSION),
        )


def broken_pin(fault: str) -> None:
    """What a link sets beside the view cannot be opened."""
    with st.container(border=True):
        st.markdown(f"**What was pinned cannot be shown.** {plain(without_folders(fault))}")
        st.button("Take the pin away", on_click=forget, args=(PIN,), key="forget_pin")


def broken_view(faults: tuple[str, ...]) -> None:
    """A link asks for a head, an event or a setting that does not exist here."""
    named = ", ".join(plain(fault, 80) for fault in faults)
    st.warning(f"This link asks for {named}, which is not here; the usual view stands in for it.")


def no_item(asked: str) -> None:
    """A link names an item that the catalogue lacks."""
    st.warning(f"No item has the id **{plain(asked, 80)}** in this catalogue; the first recommendation is explained.")


def where(bench: Workbench, parts: Parts, session_id: str | None, found: Explanation) -> None:
    """One line on the session: its place among the test sessions, what was cut off, whether the model knows it."""
    if session_id is None:
        st.caption(f"Your own session · {len(found.history)} events that the model sees · what came next is not known")
        return
    row = bench.dataset.log.row(session_id)
    place, events = parts.place(row), int(bench.dataset.log.lengths[row]) - 1
    line = f"Test session {place:,} of {len(parts.rows):,}" if place else "Not a test session"
    line += f" · {events} events, then one to predict"
    if events > len(found.history):
        line += f" · the model sees the last {len(found.history)}"
    if row in parts.learned and not bench.other_events:
        line += " · **the model has learned from this session, so its ranks here flatter it**"
    st.caption(line)
    other_events(bench)


def other_events(bench: Workbench) -> None:
    """The model learned from other events of the same catalogue: allowed, and worth knowing."""
    if bench.card is not None and bench.other_events:
        learned = plain(bench.card.data.name, 60)
        st.caption(
            f"This model learned from other events than these (**{learned}**) over the same catalogue. "
            "It can be used here; its test figures on this data may include sessions it has learned from."
        )


def no_attention(model: str) -> None:
    """The model has no attention to draw."""
    with st.container(border=True):
        st.subheader("No attention to look at", anchor=False)
        st.markdown(
            f"**{plain(model, 60)}** carries its memory from event to event and has no attention heads, so there is no "
            "first look. What holds when events are taken away is checked all the same and stands below. Choose a "
            "transformer in the sidebar to see what heads look at."
        )


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


def more_for_experts(parts: str) -> None:
    """What the page leaves out for a visitor who wants the answer only, and the way to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Expert adds {parts}.", width="content")
        st.button(
            "Switch to Expert",
            type="tertiary",
            icon=":material/tune:",
            on_click=choose,
            args=(MODE, EXPERT),
            key="more_for_experts",
        )


def refused(fault: str) -> None:
    """Something a visitor asked for was not done."""
    st.error(plain(without_folders(fault)))


def no_study(fault: str) -> None:
    """A study cannot be read."""
    with st.container(border=True):
        st.subheader("This study cannot be shown", anchor=False)
        st.markdown(plain(without_folders(fault)))


def raters_only() -> None:
    """The dashboard is open to the raters of a study and to nobody else."""
    st.title("A study is running here", anchor=False)
    st.markdown("Open it by the link that you were sent; it ends with your code.")


def ignored(asked: tuple[str, ...]) -> None:
    """A link asks for something that this data set does not have."""
    if asked:
        said = ", ".join(f"**{plain(part, 60)}**" for part in asked)
        st.warning(f"This data set does not know what the link asks for: {said}. It is left out.")


def in_words_of_the_form(fault: str) -> str:
    """A message of the core with the fields of the form in place of options of the command line."""
    fault = re.sub(r",? or (a folder with|give) --out", "", fault)
    fault = re.sub(r"--([a-z][a-z-]+)", lambda option: f"“{option[1].replace('-', ' ').capitalize()}”", fault)
    return without_folders(fault)


def cannot_add(fault: str) -> None:
    """A data set cannot be made, imported or deleted as it was asked for."""
    st.warning(plain(in_words_of_the_form(fault)), icon=":material/info:")


def read_only(action: str) -> None:
    """The server does not let visitors change anything."""
    st.info(f"{action} is switched off on this server (`STREAMREC_READ_ONLY` is set).", icon=":material/lock:")


def not_demonstrated(title: str) -> None:
    """A page that is left out of a demonstration was opened by its address."""
    with st.container(border=True):
        st.subheader(f"{title} is not part of this demonstration", anchor=False)
        st.markdown("The report leads through everything that is.")
        st.page_link("report/page.py", label="Open the report", icon=":material/arrow_forward:")


MEASURE = "python -m streamrec_core faithfulness {which} --data {data} --sessions 200 --write"


def measure_command(bench: Workbench) -> None:
    """How the faithfulness of this model is measured."""
    assert bench.model_name is not None
    folder = workbench.model_folders()[bench.model_name]
    run = folder.name == "best"
    which = f"--run {bench.model_name}" if run else f"--checkpoint checkpoints/{bench.model_name}"
    st.code(MEASURE.format(which=which, data=bench.data_name), language="shell", wrap_lines=True)


def not_measured(bench: Workbench) -> None:
    """Nobody has measured yet whether this model's explanations tell the truth."""
    with st.container(border=True):
        st.subheader("Not measured for this model yet", anchor=False)
        st.markdown(
            f"Nobody has held the explanations of **{plain(bench.model_name or '', 60)}** to removal, or its weights "
            "have changed since. It takes a few minutes; the report then lies beside the model, and this page shows it:"
        )
        measure_command(bench)
