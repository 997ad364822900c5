"""Choose, download, verify and delete the evidence packs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.report.signing import server_key
from pages.report.url import PACK
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import clear_url, demonstration
from pages.ui.url_widgets import choose_one
from pages.ui.workbench import Workbench
from streamrec_core.errors import StreamRecError
from streamrec_core.permissions import may
from streamrec_core.report.pack import CSV_FILE, HTML_FILE, JSON_FILE, PDF_FILE, Pack, delete_pack, zipped
from streamrec_core.report.verification import signature_sentence, verify_pack

FAULT = "pack_fault"
OFFERED = {
    HTML_FILE: ("Report (HTML)", "text/html"),
    PDF_FILE: ("Report (PDF)", "application/pdf"),
    JSON_FILE: ("Figures (JSON)", "application/json"),
    CSV_FILE: ("Figures (CSV)", "text/csv"),
}


def fitting(packs: Sequence[Pack], bench: Workbench) -> list[Pack]:
    """Packs on the current model and data, unchanged since; the latest first."""
    hashes = bench.dataset.card.hashes
    return [
        pack
        for pack in packs
        if pack.manifest.hashes.weights == bench.weights
        and (pack.manifest.hashes.events, pack.manifest.hashes.catalogue) == (hashes["events"], hashes["catalogue"])
    ]


def choose_pack(packs: Sequence[Pack]) -> Pack:
    """Draw the choice among several; gives the open one."""
    by_name = {pack.name: pack for pack in packs}
    if len(by_name) == 1:
        (only,) = by_name.values()
        clear_url(PACK)
        return only
    return by_name[
        choose_one(
            st.selectbox,
            "Report",
            tuple(by_name),
            PACK,
            next(iter(by_name)),
            format_func=lambda name: f"{by_name[name].manifest.made}, {_cases_label(by_name[name])} ({name[-8:]})",
        )
    ]


def _cases_label(pack: Pack) -> str:
    sessions = pack.manifest.settings.sessions
    return f"{len(sessions)} cases by id" if sessions else "cases by rule"


def offers(pack: Pack) -> None:
    """Draw the downloads of a pack."""
    with st.container(horizontal=True, key="offers"):
        st.download_button(
            "Everything (ZIP)",
            data=partial(zipped, pack.folder),
            file_name=f"{pack.name}.zip",
            mime="application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        for name, (label, mime) in OFFERED.items():
            if name in pack.manifest.files:
                st.download_button(
                    label,
                    data=partial((pack.folder / name).read_bytes),
                    file_name=f"{pack.name}.{name.rpartition('.')[2]}",
                    mime=mime,
                    on_click="ignore",
                )
    line = (
        f"Built on {pack.manifest.made}. Content hash {pack.manifest.content[:16]}…, the same when it is built again."
    )
    st.caption(line + (f" No PDF: {plain(pack.manifest.pdf)}." if pack.manifest.pdf else ""))
    st.caption(plain(signature_sentence(pack, server_key()[0])), help=pack.manifest.signer or None)


def manage(pack: Pack) -> None:
    """Draw the check of its files against each other and, where allowed, the deletion."""
    fault = st.session_state.pop(FAULT, "")
    if fault:
        ui_notices.refused(fault)
    with st.expander("Verify this report"):
        st.markdown("HTML, CSV and manifest are compared byte for byte with what figures.json gives:")
        verification = verify_pack(pack.folder, server_key()[0], read_pdf=False)
        if verification.faults:
            st.error("; ".join(plain(fault) for fault in verification.faults))
        for sentence in verification.checked:
            st.markdown(f":green[:material/check:] {plain(sentence)}")
        st.caption("Not checked: " + plain(" ".join(verification.not_checked)))
        st.code(pack.manifest.command, language=None, wrap_lines=True)
        if may("deleting a pack") and not demonstration():
            st.button("Delete this report", on_click=_delete, args=(pack.name,), key="delete-pack")


def _delete(name: str) -> None:
    try:
        delete_pack(name)
        clear_url(PACK)
    except StreamRecError as error:
        st.session_state[FAULT] = error_text(error)
