"""Why not: why a title was not shown in a session, by its rank, the filter that removed it, and what would lift it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import flag_control
from pages.debug.session_choice import chosen_session
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.title_search import any_item
from pages.ui.url_state import DATA, EDITS, ITEM, MODEL, SECTION, SESSION, change_url, clear_url, url_value
from pages.ui.url_widgets import unavailable
from pages.ui.workbench import Workbench
from streamrec_core.data.filter_records import FILTER_COLUMNS, REQUIRED, STORED
from streamrec_core.diagnosis.edits import write_edits
from streamrec_core.diagnosis.lifting_edits import edits_that_bring_in
from streamrec_core.diagnosis.whatif import history_of
from streamrec_core.errors import BadInput
from streamrec_core.explain.why_not import BRING_IN_NOTE, WhyNot, bring_in_words

OPTIONAL = tuple(role for role in FILTER_COLUMNS if role not in REQUIRED)


def draw(bench: Workbench) -> None:
    """Draw the choice of session and title, and why the title was not shown."""
    session_id = chosen_session(bench)
    if session_id is None:
        return
    any_item(bench.dataset.catalogue, _take_item)
    row = _linked_row(bench)
    if row is None:
        row = history_of(bench.dataset, session_id)[1]
        st.caption(say("The title that came next in this session; search for another one above."))
    try:
        answer = cached.why_not(bench, session_id, row)
    except BadInput as error:
        st.warning(plain(error_text(error)))
        return
    with st.container(border=True, gap="small"):
        st.subheader(plain(answer.title, 80), anchor=False)
        st.markdown(plain(answer.text))
        if answer.cause == "ranked lower":
            _what_lifts_it(bench, session_id, row)
        _links(bench, session_id, answer)
    _about_records(bench)


def _take_item(item_id: str) -> None:
    st.session_state["search_item"] = ""  # the matches go once one of them is selected
    change_url(ITEM, item_id)


def _linked_row(bench: Workbench) -> int | None:
    """Catalogue row of the title that the URL names; None where it names none, or one that is not available."""
    item_id = url_value(ITEM)
    row = None if item_id is None else bench.dataset.catalogue.rows.get(item_id)
    if item_id is not None and row is None:
        unavailable(say("Title or id"), item_id)
        clear_url(ITEM)
    return row


def _what_lifts_it(bench: Workbench, session_id: str, row: int) -> None:
    """Draw the smallest additions or swaps that bring it on the list, with a link that tries them."""
    catalogue = bench.dataset.catalogue
    try:
        lift = cached.bring_in(bench, session_id, row)
    except BadInput as error:
        st.caption(plain(error_text(error)))
        return
    st.markdown(plain(bring_in_words(lift, catalogue.words.noun)))
    if lift.edits:
        st.caption(f"{lift.tried:,} changed histories in {lift.calls:,} model calls. {say(BRING_IN_NOTE)}")
        edits = edits_that_bring_in(lift, catalogue, len(history_of(bench.dataset, session_id)[0]))
        page_link(
            "debug/page.py",
            label=":primary[**Try it: the top ten before and after**]",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=_link(bench, session_id) | {SECTION: "what-if", EDITS: write_edits(edits)},
            width="content",
        )


def _links(bench: Workbench, session_id: str, answer: WhyNot) -> None:
    """Draw the link to the explanation of this title, where the model ranks it, and the button that flags the case."""
    link = _link(bench, session_id) | {ITEM: answer.item_id}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if answer.rank:
            page_link(
                "explore/page.py",
                label=say("Explain this title in Explore"),
                icon=":material/arrow_forward:",
                query_params=link,
            )
        title = f"Session {session_id}: {answer.title} was not shown ({answer.cause})"
        flag_control(bench, "why not", title[:300], **{SESSION: session_id, ITEM: answer.item_id})
    st.caption(say("The link in the address bar holds this session and title; copy it to share this view."))


def _about_records(bench: Workbench) -> None:
    """Say whether filters around the model are covered."""
    records = cached.filter_records(bench)
    if records is None:
        st.caption(
            f"Covers the model alone. To name filters and rules around it too, put a file `{STORED}.csv` into the "
            f"folder of this data set, with columns {_columns(REQUIRED)}, and optionally {_columns(OPTIONAL)}."
        )
        return
    count = sum(map(len, records.by_item.values()))
    unknown = f"; {records.unknown:,} of them name items that the catalogue lacks" if records.unknown else ""
    st.caption(f"Filters around the model: {count:,} records{unknown}.")


def _columns(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _link(bench: Workbench, session_id: str) -> dict[str, str]:
    return {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: session_id}
