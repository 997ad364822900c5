"""Report: leads a regulator through a model in the order of their questions, and hands out the evidence as a pack."""

from __future__ import annotations

import streamlit as st

from pages.report import cached
from pages.report.build import make, watched
from pages.report.outline import promise
from pages.report.packs import choose_pack, fitting, manage, offers
from pages.report.walkthrough import walk
from pages.ui import notices as ui_notices
from pages.ui.url_state import DEMO, choose, demonstration
from pages.ui.workbench import Workbench, current
from streamrec_core.errors import StreamRecError


def draw(bench: Workbench) -> None:
    """The way through the pack of this model and data; without one, what it would answer."""
    running = watched()
    packs = fitting(cached.packs(), bench)
    if not packs:
        if not running:
            make(bench, first=True)
        promise()
        return
    pack = choose_pack(packs)
    try:
        document = cached.document(pack)
    except StreamRecError as error:
        ui_notices.refused(str(error))
    else:
        offers(pack)
        walk(document, bench)
        manage(pack)
    if not running:
        make(bench, first=False)


bench = current()
st.title("Report", anchor=False)
st.markdown(
    "What does this recommender go by, how is that known, and what can people change? The questions come in the order "
    "of Article 27 of the Digital Services Act; each answer is measured and one click from its evidence."
)
if bench.model is None:
    ui_notices.no_model(bench)
else:
    ui_notices.other_events(bench)
    draw(bench)
    if not demonstration():
        st.button(
            "Show as a demonstration",
            icon=":material/co_present:",
            help="Leaves out what is not for regulators. The address in the browser then opens it so for others too.",
            on_click=choose,
            args=(DEMO, "1"),
            key="demonstrate",
        )
