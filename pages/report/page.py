"""Report: a regulator's questions about a model, answered in order with their evidence, as a page and a download."""

from __future__ import annotations

import streamlit as st

from pages.report import cached
from pages.report.build import make, watched
from pages.report.outline import outline
from pages.report.packs import choose_pack, fitting, manage, offers
from pages.report.walkthrough import walkthrough
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.tab_title import tab_title
from pages.ui.url_state import DEMO, demonstration, set_url
from pages.ui.workbench import Workbench, current_workbench
from streamrec_core.errors import StreamRecError
from streamrec_core.report.pack import damaged_packs


def draw(bench: Workbench) -> None:
    """The walkthrough of the report on this model and data; without one, the form and the outline."""
    running = watched(bench)
    packs = fitting(cached.packs(), bench)
    if not packs:
        if not running:
            make(bench, first=True)
        outline()
        return
    pack = choose_pack(packs)
    try:
        document = cached.document(pack)
    except StreamRecError as error:
        ui_notices.refused(error_text(error))
    else:
        offers(pack)
        walkthrough(document, bench)
        manage(pack)
    if not running:
        make(bench, first=False)


bench = current_workbench()
st.title("Report", anchor=False)
tab_title("Report", bench.model_name or "")
st.markdown(
    "What drives these recommendations, how is that known, and what can people change? The questions follow Article 27 "
    "of the Digital Services Act; each answer is measured and one click from its evidence."
)
if bench.model is None:
    ui_notices.no_model(bench)
else:
    ui_notices.bad_model(bench)
    ui_notices.other_events(bench)
    draw(bench)
    ui_notices.damaged("Report", damaged_packs())
    if not demonstration():
        st.button(
            "Open as a demonstration",
            icon=":material/co_present:",
            help="Hides what is not for regulators. The link in the address bar then opens the same for others.",
            on_click=set_url,
            args=(DEMO, "1"),
            key="demonstrate",
        )
