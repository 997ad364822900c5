"""What if: edit a session and see the ten, the explanation and the heads before and after; the link holds it all."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import mark_control
from pages.debug.rank_changes import in_short, moves
from pages.debug.session_choice import chosen_session, events_table
from pages.ui.escape import plain
from pages.ui.url_state import DATA, EDITS, MODEL, SESSION, choose, forget, wanted
from pages.ui.workbench import Workbench
from streamrec_core.attention.measures import HeadReading
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import ENGAGEMENT_WORDS, ENGAGEMENTS
from streamrec_core.diagnosis.edits import MOST_EDITS, VERBS, Edit, edit_in_words, read_edits, write_edits
from streamrec_core.diagnosis.whatif import WhatIf
from streamrec_core.errors import BadInput
from streamrec_core.explain.record import Explanation

VERB_WORDS = {
    "remove": "Remove an event",
    "swap": "Swap two events",
    "move": "Move an event",
    "insert": "Insert an event",
    "replace": "Replace an event's item",
    "engage": "Change an engagement",
}


def draw(bench: Workbench) -> None:
    """Draw the session, its edits, and what they change."""
    session_id = chosen_session(bench)
    if session_id is None:
        return
    written = wanted(EDITS) or ""
    try:
        found = _load(bench, session_id, written)
    except BadInput as error:
        st.warning(f"These edits cannot be made: {plain(str(error))}")
        st.button("Start over from the session as it was", on_click=forget, args=(EDITS,))
        return
    st.markdown(
        f"{in_short(found.rank_changes)}"
        if found.edits
        else "Nothing is edited yet. Change something below to see what moves."
    )
    if fault := st.session_state.pop("edit_fault", ""):
        st.warning(plain(fault))
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        _form(bench, found)
        _edits(bench, found)
        events_table(found.edited, bench.dataset, key=f"events-{written}")
    with right:
        st.subheader("The ten, before and after", anchor=False)
        moves(found.rank_changes, key=f"moves-{written}")
        _explanations(bench, found, written)
        _leave(bench, found)
    if found.before.heads and found.edits:
        st.header("The heads, before and after", anchor=False)
        _heads(found)


def _load(bench: Workbench, session_id: str, written: str) -> WhatIf:
    assert bench.model is not None
    return cached.what_if(bench.weights, bench.events_hash, session_id, written, bench.model, bench.dataset)


def _form(bench: Workbench, found: WhatIf) -> None:
    """Choose one more edit."""
    catalogue, events = bench.dataset.catalogue, range(1, len(found.edited) + 1)
    words = ENGAGEMENT_WORDS[bench.dataset.card.wording]
    titles = {at: f"{at} · {catalogue.titles[found.edited.items[at - 1]]}" for at in events}
    titles[len(events) + 1] = f"{len(events) + 1} · behind the last"
    with st.container(border=True, gap="small"):
        verb = st.selectbox("Edit", list(VERBS), key="edit_verb", format_func=lambda name: VERB_WORDS[name])
        fields = VERBS[verb].fields
        places = list(titles) if VERBS[verb].grows else list(events)
        if "at" in fields:
            _place("Event" if verb != "insert" else "At place", "edit_at", places, titles)
        if "to" in fields:
            _place("With event" if verb == "swap" else "To place", "edit_to", places, titles)
        if "item_id" in fields:
            st.text_input("Item, by id or title", key="edit_item", max_chars=300)
        if "engagement" in fields:
            st.selectbox(
                "Engagement",
                ENGAGEMENTS,
                key="edit_engagement",
                format_func=lambda name: words[ENGAGEMENTS.index(name)],
            )
        st.button(
            "Make this edit",
            type="primary",
            on_click=_add,
            args=(bench, found),
            disabled=len(found.edits) >= MOST_EDITS,
        )


def _place(label: str, key: str, places: list[int], titles: dict[int, str]) -> None:
    if st.session_state.get(key) not in places:
        st.session_state.pop(key, None)
    st.selectbox(label, places, key=key, format_func=lambda at: titles.get(at, str(at)))


def _add(bench: Workbench, found: WhatIf) -> None:
    """Append the chosen edit, if it can be made."""
    verb = st.session_state["edit_verb"]
    try:
        edit = _chosen(verb, bench.dataset.catalogue)
        written = write_edits((*found.edits, edit))
        read_edits(written)
        _load(bench, found.parent, written)
    except BadInput as error:
        st.session_state["edit_fault"] = f"This edit cannot be made: {error}"
    else:
        choose(EDITS, written)


def _chosen(verb: str, catalogue: Catalogue) -> Edit:
    values: dict[str, Any] = {"at": st.session_state.get("edit_at"), "to": st.session_state.get("edit_to")}
    if "item_id" in VERBS[verb].fields:
        values["item_id"] = catalogue.item_ids[catalogue.row(st.session_state.get("edit_item") or "")]
    values["engagement"] = st.session_state.get("edit_engagement")
    return Edit(verb, **{name: values[name] for name in VERBS[verb].fields})


def _edits(bench: Workbench, found: WhatIf) -> None:
    """The edits so far, and the way back."""
    if not found.edits:
        return
    words = ENGAGEMENT_WORDS[bench.dataset.card.wording]
    told = [plain(edit_in_words(edit, bench.dataset.catalogue, words), 160) for edit in found.edits]
    st.markdown("\n".join(f"{number}. {line}" for number, line in enumerate(told, start=1)))
    with st.container(horizontal=True, gap="small"):
        st.button("Undo the last", on_click=_undo, args=(found,), icon=":material/undo:")
        st.button("Start over", on_click=forget, args=(EDITS,))


def _undo(found: WhatIf) -> None:
    if len(found.edits) > 1:
        choose(EDITS, write_edits(found.edits[:-1]))
    else:
        forget(EDITS)


def _explanations(bench: Workbench, found: WhatIf, written: str) -> None:
    """The first look of each side and, on demand, what holds of it when events are taken away."""
    assert bench.model is not None
    sides = [("Why, before" if found.edits else "Why", found.before)]
    if found.edits:
        sides.append(("Why, after: the same title", found.after))
        if found.after_first is not found.after:
            sides.append(("Why, after: the new first", found.after_first))
    wanted_too = st.toggle("Check them by taking events away", key="check-whatif", help="Takes a moment.")
    checked = (
        cached.whatif_checked(bench.weights, bench.events_hash, found.parent, written, bench.model, bench.dataset)
        if wanted_too
        else ("", "", "")
    )
    for (label, one), holds in zip(sides, checked, strict=False):
        _sentence(label, one, holds)


def _sentence(label: str, one: Explanation, holds: str) -> None:
    place = f"number {one.candidate.rank:,}" if one.candidate.rank else "not to be recommended"
    with st.container(border=True, gap="xxsmall"):
        st.caption(f"{label} · {plain(one.candidate.title, 60)}, {place} · {one.status}")
        st.markdown(plain(one.sentence))
        if holds:
            st.caption("Checked by taking events away:")
            st.markdown(plain(holds))


def _leave(bench: Workbench, found: WhatIf) -> None:
    """Ways on: to the session it came from, and onto the list of cases."""
    link = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: found.parent}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link(
            "explore/page.py",
            label=f"Open session {plain(found.parent, 30)} in Explore",
            icon=":material/arrow_forward:",
            query_params=link,
        )
        title = f"Session {found.parent}, {len(found.edits)} edits: {found.rank_changes.in_both} of the ten stay"
        mark_control(bench, "what-if", title[:300])
    st.caption("The address of this page holds the session and every edit: copy it to share this view.")


def _heads(found: WhatIf) -> None:
    titles = (found.before, found.after)
    rows = [
        {
            "Head": f"layer {old.layer}, head {old.head}",
            "Before": old.type,
            "After": new.type,
            "Worth before (nats)": found.before.head_effect(old),
            "Worth after (nats)": found.after.head_effect(new),
            **_added(found, old),
            "Looked at most, before": f"event {old.top_positions[0] + 1} ({old.top_weights[0]:.2f})",
            "Looked at most, after": f"event {new.top_positions[0] + 1} ({new.top_weights[0]:.2f})",
        }
        for old, new in zip(found.before.heads, found.after.heads, strict=True)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.3f") for name in rows[0] if name.startswith(("Worth", "Adds"))
        },
        alt="Type, worth and most looked at event of every head, before and after.",
    )
    st.caption(
        f"Worth: what switching the head off costs {plain(titles[0].candidate.title, 60)}, the same title on "
        f"both sides."
        + ("" if found.before.contributions is None else " Adds: what the head adds to that title's score.")
    )


def _added(found: WhatIf, head: HeadReading) -> dict[str, float]:
    """What a head adds to the score of the same title before and after; nothing for a model that is not additive."""
    sides = {"Adds before": found.before.contributions, "Adds after": found.after.contributions}
    return {name: float(parts.by_head[0][head.layer, head.head]) for name, parts in sides.items() if parts is not None}
