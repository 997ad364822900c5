"""Find a session: by what it is like, at random or from a list, or bring one that is in no data set."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import streamlit as st

from pages.explore import cached
from pages.explore.session_search import AGREEMENTS, ANY, LENGTHS, ONE_CATEGORY, OUTCOMES, Predictions, Wish
from pages.ui.controls import take_history, take_session
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.history import LONGEST_TEXT, compact, parse_history
from streamrec_core.errors import BadInput
from streamrec_core.explain.method_agreement import MethodAgreement

LISTED = 100
AGREEMENT_HELP = (
    "How the three agree on what the session is recommended first. It is looked up for a sample of the test sessions, "
    "which takes a moment the first time."
)
FIND, BRING = "find", "bring"


def finder(bench: Workbench) -> None:
    """Draw the buttons that open the two drawers, and the one that is open."""
    for label, icon, drawer, help_text in (
        ("Find a session", ":material/search:", FIND, None),
        ("Bring your own", ":material/edit_note:", BRING, "A session that is in no data set"),
    ):
        st.button(label, icon=icon, on_click=_slide, args=(drawer,), help=help_text, width="content")
    open_now = st.session_state.get("drawer")
    if open_now in DRAWERS:
        DRAWERS[open_now](bench)


def _slide(drawer: str | None = None) -> None:
    st.session_state["drawer"] = drawer


@st.dialog("Find a session", position="right", width="medium", on_dismiss=_slide)
def find(bench: Workbench) -> None:
    """Filter the test sessions by what the model made of them and by what they are like."""
    assert bench.model is not None
    tests = cached.predictions(bench.weights, bench.events_hash, bench.model, bench.dataset)
    wish = Wish(
        st.selectbox("For this model, what really came next was", list(OUTCOMES), key="wish_outcome"),
        st.selectbox("Events", list(LENGTHS), key="wish_length"),
        st.selectbox("Category of most events", [ANY, ONE_CATEGORY, *tests.categories], key="wish_category"),
        st.selectbox("Attention, gradients and removal", list(AGREEMENTS), key="wish_agreement", help=AGREEMENT_HELP),
    )
    told = _looked_up(bench, len(tests.ids)) if wish.agreement != ANY else {}
    places = tests.matching(wish, told)
    of = f"the {len(told):,} that were looked at" if told else f"{len(tests.ids):,} test sessions"
    st.markdown(f"**{len(places):,}** of {of} match.")
    if not len(places):
        st.caption("Nothing is like this. Widen one of the four.")
        return
    if st.button("Open a random one that matches", type="primary"):
        _open(tests.ids[random.choice(places.tolist())])
    st.caption(f"Or choose one: the first {min(LISTED, len(places))} that match.")
    chosen = st.dataframe(
        _table(tests, places[:LISTED], told),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        # Another wish is another table: a row chosen in the last one must not open a session of this one.
        key=f"wish_table_{abs(hash(wish))}",
        alt="Test sessions that match, with events, category and the rank of what came next.",
    )
    if chosen.selection.rows:
        _open(tests.ids[places[chosen.selection.rows[0]]])


def _open(session_id: str) -> None:
    take_session(session_id)
    _slide()
    st.rerun()


def _looked_up(bench: Workbench, of: int) -> dict[str, MethodAgreement]:
    """How methods agree on a sample of the test sessions, looked up piece by piece; says how many were looked at."""
    assert bench.model is not None
    place = st.empty()
    told: dict[str, MethodAgreement] = {}
    every = cached.pieces(bench.dataset)
    for piece in every:
        place.progress(piece / len(every), text="Asking the model without each event, session by session …")
        found = cached.agreement(bench.weights, bench.events_hash, piece, bench.model, bench.dataset)
        told.update(found)
    disagree = sum(badge.warning for badge in told.values())
    drawn = f"{len(told):,} of {of:,} test sessions, drawn evenly," if len(told) < of else f"All {of:,} test sessions"
    place.caption(f"{drawn} were looked at; in **{disagree:,}** attention or gradients disagree with removal.")
    return told


def _table(tests: Predictions, places: Any, told: dict[str, MethodAgreement]) -> pd.DataFrame:
    columns = {
        "Session": [tests.ids[place] for place in places],
        "Events": tests.lengths[places],
        "Mostly": [tests.categories[tests.main[place]] for place in places],
        "Rank of what came next": tests.ranks[places],
    }
    if told:
        columns["Agreement"] = [told[tests.ids[place]].key for place in places]
    return pd.DataFrame(columns)


@st.dialog("A session of your own", position="right", width="medium", on_dismiss=_slide)
def bring(bench: Workbench) -> None:
    """Take a history as text or as a file, and open it."""
    catalogue = bench.dataset.catalogue
    three = [catalogue.titles[row] for row in range(min(3, len(catalogue)))]
    st.markdown(
        "Item ids or titles in the order they were seen, one a line or joined by semicolons. After a title may stand "
        f"what was done with it: {', '.join(f'`={name}`' for name in ENGAGEMENTS[1:])}. Without it, a click."
    )
    text = st.text_area(
        "Events",
        key="own_text",
        height=180,
        max_chars=LONGEST_TEXT,
        placeholder="\n".join([three[0], *(f"{title}=save" for title in three[1:])]),
    )
    file = st.file_uploader("Or a text file with the same", type=["txt", "csv"], max_upload_size=1, key="own_file")
    if st.button("Explain this session", type="primary", disabled=not (text.strip() or file)):
        try:
            written = file.getvalue().decode("utf-8-sig") if file else text
            history = parse_history(written, catalogue, source=file.name if file else "your text")
        except UnicodeDecodeError:
            st.error("This file is not UTF-8 text; save it as UTF-8, one id or title a line.")
        except BadInput as error:
            st.error(plain(error_text(error)))
        else:
            take_history(compact(history, catalogue))
            _slide()
            st.rerun()


DRAWERS = {FIND: find, BRING: bring}
