"""Making a pack: what it is made on, the button, and how far it is."""

from __future__ import annotations

import streamlit as st

from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import PACK, choose, demonstration
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.report.making import Making, dismiss, list_making, start_making
from streamrec_core.report.settings import ReportSettings

FAULT = "making_fault"
USUAL = ReportSettings()
SIZES = {
    "usual": ("As usual, about a minute", USUAL),
    "thorough": (
        "Five times as many sessions",
        ReportSettings(weighed=5 * USUAL.weighed, looked_at=5 * USUAL.looked_at, explained=5 * USUAL.explained),
    ),
}


def make(bench: Workbench, first: bool) -> None:
    """Draw the form, folded where there is a pack already."""
    fault = st.session_state.pop(FAULT, "")
    if fault:
        ui_notices.refused(fault)
    if first:
        with st.container(border=True, key="make-pack"):
            st.subheader("Make the evidence pack", anchor=False)
            _form(bench)
    else:
        with st.expander("Make another pack", icon=":material/add:"):
            _form(bench)


def _form(bench: Workbench) -> None:
    st.markdown(
        f"It measures **{plain(bench.model_name or '', 60)}** on **{plain(bench.data_name, 60)}** and puts what was "
        "found into one file that opens without a network, with its figures and a manifest of hashes."
    )
    if not demonstration():
        st.text_input(
            "Sessions to tell in full",
            key="pack-sessions",
            max_chars=400,
            placeholder="three are found by a rule",
            help="Ids of sessions, with commas between them. Without any, three are found by a rule: one that hit, one "
            "that missed, and one whose explanation failed, where there are such.",
            persist_state="session",
        )
        st.segmented_control(
            "On how many test sessions",
            tuple(SIZES),
            default="usual",
            required=True,
            format_func=lambda name: SIZES[name][0],
            key="pack-size",
            persist_state="session",
            help=f"Usual: parameters weighed on {USUAL.weighed:,} sessions, heads looked at in {USUAL.looked_at:,}, "
            f"{USUAL.explained:,} explanations checked.",
        )
    st.button("Make the pack", type="primary", on_click=_start, args=(bench,), key="make-it")
    if read_only():
        st.caption(
            "This server keeps nothing: the pack can be looked at and downloaded, and goes when the server does."
        )


def _start(bench: Workbench) -> None:
    asked = str(st.session_state.get("pack-sessions") or "")
    sessions = tuple(dict.fromkeys(part.strip() for part in asked.split(",") if part.strip()))
    size = SIZES[st.session_state.get("pack-size") or "usual"][1]
    try:
        unknown = [one for one in sessions if one not in bench.dataset.log.session_ids]
        if unknown:
            raise BadInput(f"no session {unknown[0]!r} in this data set; take ids from Explore or Dataset")
        settings = ReportSettings.parse(size.model_dump() | {"sessions": sessions}, "Sessions to tell in full")
        start_making(bench.data_name, bench.model_name or "", settings)
    except StreamRecError as error:
        st.session_state[FAULT] = str(error)


def watched() -> bool:
    """Draw what is being made, refreshing by itself; tells whether anything is."""
    before = _stages(list_making())
    running = "running" in before.values()

    @st.fragment(run_every="0.7s" if running else None)
    def progress() -> None:
        found = list_making()
        if _stages(found) != before:
            st.rerun()
        for one in found:
            _drawn(one)

    for one in list_making():
        if one.state.stage == "done":
            choose(PACK, one.state.said)
            dismiss(one)
    progress()
    return running


def _stages(found: tuple[Making, ...]) -> dict[str, str]:
    return {one.folder.name: one.state.stage for one in found if one.state.stage != "done"}


def _drawn(one: Making) -> None:
    if one.state.stage == "done":
        return
    with st.container(border=True, gap="xsmall", key=f"making-{one.folder.name}"):
        subject = f"**{plain(one.request.model, 60)}** on **{plain(one.request.data, 60)}**"
        if one.state.stage == "running":
            st.markdown(f"Making the pack on {subject}")
            st.progress(one.state.share, text=f"{plain(one.state.said, 80)}, {one.state.share:.0%}")
            st.caption("You can go on elsewhere meanwhile; it is kept when it is done.")
        else:
            st.markdown(f":red[:material/error:] The pack on {subject} could not be made.")
            st.markdown(plain(ui_notices.without_folders(one.state.said)))
            st.button("Dismiss", key=f"dismiss-{one.folder.name}", on_click=dismiss, args=(one,))
