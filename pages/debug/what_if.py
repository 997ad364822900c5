"""What-if: edit a session and compare top ten, explanation and heads before and after; the link holds the edits."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import flag_control
from pages.debug.rank_changes import changes_table, in_short
from pages.debug.session_choice import chosen_session, events_table
from pages.ui.data_table import data_table
from pages.ui.error_text import error_phrase
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, EDITS, MODEL, SESSION, clear_url, set_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.attention.measures import HeadReading
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.shown_number import POINTS, POINTS_EXPLAINED
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
    written = url_value(EDITS) or ""
    try:
        whatif = _load(bench, session_id, written)
    except BadInput as error:
        st.warning(f"These edits cannot be applied: {plain(error_phrase(error))}")
        st.button("Discard edits", on_click=clear_url, args=(EDITS,))
        return
    st.markdown(
        in_short(whatif.rank_changes)
        if whatif.edits
        else "No edits yet. Apply one below to see how the recommendations change."
    )
    if fault := st.session_state.pop("edit_fault", ""):
        st.warning(plain(fault))
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        _form(bench, whatif)
        _edits(bench, whatif)
        events_table(whatif.edited, bench.dataset)
    with right:
        st.subheader("Top 10 before and after", anchor=False)
        changes_table(whatif.rank_changes, key=f"moves-{written}")
        _explanations(bench, whatif, written)
        _links(bench, whatif)
    if whatif.before.heads and whatif.edits:
        st.header("Heads before and after", anchor=False)
        _heads(whatif)


def _load(bench: Workbench, session_id: str, written: str) -> WhatIf:
    assert bench.model is not None
    return cached.what_if(bench, session_id, written)


def _form(bench: Workbench, whatif: WhatIf) -> None:
    """Draw the form of one more edit."""
    catalogue, events = bench.dataset.catalogue, range(1, len(whatif.edited) + 1)
    words = bench.dataset.catalogue.words
    titles = {at: f"{at} · {catalogue.titles[whatif.edited.items[at - 1]]}" for at in events}
    titles[len(events) + 1] = f"{len(events) + 1} · after the last event"
    with st.container(border=True, gap="small"):
        verb = st.selectbox("Edit", list(VERBS), key="edit_verb", format_func=lambda name: VERB_WORDS[name])
        fields = VERBS[verb].fields
        positions = list(titles) if VERBS[verb].grows else list(events)
        if "at" in fields:
            _position("Event" if verb != "insert" else "Position", "edit_at", positions, titles)
        if "to" in fields:
            _position("With event" if verb == "swap" else "New position", "edit_to", positions, titles)
        if "item_id" in fields:
            st.text_input(say("Item id or title"), key="edit_item", max_chars=300)
        if "engagement" in fields:
            st.selectbox(
                "Engagement",
                words.engagements,
                key="edit_engagement",
                format_func=lambda name: words.phrases[words.code(name)],
            )
        st.button(
            "Apply edit",
            type="primary",
            on_click=_add,
            args=(bench, whatif),
            disabled=len(whatif.edits) >= MOST_EDITS,
        )


def _position(label: str, key: str, positions: list[int], titles: dict[int, str]) -> None:
    if st.session_state.get(key) not in positions:
        st.session_state.pop(key, None)
    st.selectbox(label, positions, key=key, format_func=lambda at: titles.get(at, str(at)))


def _add(bench: Workbench, whatif: WhatIf) -> None:
    """Append the edit of the form, if it can be applied."""
    verb = st.session_state["edit_verb"]
    try:
        edit = _form_edit(verb, bench.dataset.catalogue)
        written = write_edits((*whatif.edits, edit))
        read_edits(written)
        _load(bench, whatif.parent, written)
    except BadInput as error:
        st.session_state["edit_fault"] = f"This edit cannot be applied: {error}"
    else:
        set_url(EDITS, written)


def _form_edit(verb: str, catalogue: Catalogue) -> Edit:
    values: dict[str, Any] = {"at": st.session_state.get("edit_at"), "to": st.session_state.get("edit_to")}
    if "item_id" in VERBS[verb].fields:
        values["item_id"] = catalogue.item_ids[catalogue.row(st.session_state.get("edit_item") or "")]
    values["engagement"] = st.session_state.get("edit_engagement")
    return Edit(verb, **{name: values[name] for name in VERBS[verb].fields})


def _edits(bench: Workbench, whatif: WhatIf) -> None:
    """Draw the edits so far, with undo."""
    if not whatif.edits:
        return
    lines = [plain(edit_in_words(edit, bench.dataset.catalogue), 160) for edit in whatif.edits]
    st.markdown("\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)))
    if whatif.before.history.start:
        st.caption(
            f"The model reads the last {len(whatif.after.history)} events of the edited session: where one of them is "
            "removed, an older one moves in. An event before them changes only what counts as seen."
        )
    with st.container(horizontal=True, gap="small"):
        st.button("Undo", on_click=_undo, args=(whatif,), icon=":material/undo:")
        st.button("Discard edits", on_click=clear_url, args=(EDITS,))


def _undo(whatif: WhatIf) -> None:
    if len(whatif.edits) > 1:
        set_url(EDITS, write_edits(whatif.edits[:-1]))
    else:
        clear_url(EDITS)


def _explanations(bench: Workbench, whatif: WhatIf, written: str) -> None:
    """Draw the first look of each side and, on demand, its check by removing events."""
    assert bench.model is not None
    sides = [("Explanation before" if whatif.edits else "Explanation", whatif.before)]
    if whatif.edits:
        sides.append((say("Explanation after, same title"), whatif.after))
        if whatif.after_first is not whatif.after:
            sides.append((say("Explanation after, new first title"), whatif.after_first))
    check = st.toggle("Check by removing events", key="check-whatif", help="Takes a moment.")
    checked = cached.whatif_checked(bench, whatif.parent, written) if check else ("", "", "")
    for (label, explanation), sentence in zip(sides, checked, strict=False):
        _sentence(label, explanation, sentence)


def _sentence(label: str, explanation: Explanation, checked: str) -> None:
    title, rank = explanation.candidate.title, explanation.candidate.rank
    ranked = f"rank {rank:,}" if rank else "cannot be recommended"
    with st.container(border=True, gap="xxsmall"):
        st.caption(f"{label} · {plain(title, 60)}, {ranked} · {explanation.status}")
        st.markdown(plain(explanation.sentence))
        if checked:
            st.caption("Checked by removing events:")
            st.markdown(plain(checked))


def _links(bench: Workbench, whatif: WhatIf) -> None:
    """Draw the link to the original session and the button that flags the case."""
    link = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: whatif.parent}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        page_link(
            "explore/page.py",
            label=f"Open session {plain(whatif.parent, 30)} in Explore",
            icon=":material/arrow_forward:",
            query_params=link,
        )
        title = f"Session {whatif.parent}, {len(whatif.edits)} edits: {whatif.rank_changes.in_both} of the top 10 stay"
        flag_control(bench, "what-if", title[:300])
    st.caption("The link in the address bar holds the session and every edit: copy it to share this view.")


def _most_attended(explanation: Explanation, reading: HeadReading) -> str:
    return f"event {explanation.history.number(reading.top_positions[0])} ({reading.top_weights[0]:.2f})"


def _heads(whatif: WhatIf) -> None:
    rows = [
        {
            "Head": f"Layer {old.layer} head {old.head}",
            "Type before": old.type,
            "Type after": new.type,
            "Effect before (points)": POINTS * whatif.before.head_effect(old),
            "Effect after (points)": POINTS * whatif.after.head_effect(new),
            **_added(whatif, old),
            "Most attended before": _most_attended(whatif.before, old),
            "Most attended after": _most_attended(whatif.after, new),
        }
        for old, new in zip(whatif.before.heads, whatif.after.heads, strict=True)
    ]
    data_table(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.1f")
            for name in rows[0]
            if name.startswith(("Effect", "Contribution"))
        },
        alt="Type, effect and most attended event of every head, before and after.",
    )
    st.caption(
        f"Effect: how many points {plain(whatif.before.candidate.title, 60)} loses when the head is switched "
        + say("off, the same title before and after.")
        + (
            ""
            if whatif.before.contributions is None
            else say(" Contribution: what the head adds to that title's score.")
        )
        + f" {say(POINTS_EXPLAINED)}"
    )


def _added(whatif: WhatIf, head: HeadReading) -> dict[str, float]:
    """The head's contribution to the score of the same title before and after; nothing for a model without them."""
    sides = {
        "Contribution before (points)": whatif.before.contributions,
        "Contribution after (points)": whatif.after.contributions,
    }
    return {
        name: POINTS * float(parts.by_head[0][head.layer, head.head])
        for name, parts in sides.items()
        if parts is not None
    }
