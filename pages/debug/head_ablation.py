"""Head ablation: heads and named terms switched off, the effect on the top ten and, on demand, on Hit@10."""

from __future__ import annotations

import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import flag_control
from pages.debug.rank_changes import changes_table, in_short
from pages.debug.session_choice import chosen_session
from pages.debug.url import OFF
from pages.ui.cached import explanation
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.url_state import clear_url, set_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.data.shown_number import POINTS_EXPLAINED, in_points, shown_interval, shown_number
from streamrec_core.diagnosis.head_ablation import HitChange, ModelParts, all_parts, hit_change, read_parts
from streamrec_core.errors import BadInput
from streamrec_core.explain.parameters import TITLES


def draw(bench: Workbench) -> None:
    """Draw the switches and what they do."""
    assert bench.model is not None
    every = all_parts(bench.model)
    if not every:
        st.markdown(
            f"{plain(bench.model.name, 60)} has no attention heads to switch off. Choose a transformer in the sidebar."
        )
        return
    session_id = chosen_session(bench)
    if session_id is None:
        return
    try:
        off = read_parts(url_value(OFF) or "", bench.model)
    except BadInput as error:
        st.warning(plain(error_text(error)))
        st.button("Switch all on", on_click=clear_url, args=(OFF,))
        return
    answer = st.empty()
    _switches(every, off)
    if not off:
        answer.markdown("Everything is on. Switch off a head or a named term to see its effect on the top 10.")
        return
    changes = cached.shift_off(bench, session_id, off.write())
    answer.markdown(f"Without {_words(off)}: {in_short(changes)}")
    _added(bench, session_id, off)
    changes_table(changes, key=f"off-{off.write()}")
    _hits(bench, off)
    flag_control(
        bench,
        "head ablation",
        f"Session {session_id} without {_words(off)}: {changes.in_both} of the top 10 stay"[:300],
    )


def _switches(every: ModelParts, off: ModelParts) -> None:
    heads = {f"{layer}.{head}": f"Layer {layer} head {head}" for layer, head in every.heads}
    st.session_state["off_heads"] = [f"{layer}.{head}" for layer, head in off.heads]
    left, right = st.columns(2, gap="medium")
    left.multiselect(
        "Heads off",
        list(heads),
        key="off_heads",
        format_func=lambda name: heads[name],
        on_change=_take,
        placeholder="None",
    )
    if every.terms:
        st.session_state["off_terms"] = list(off.terms)
        right.multiselect(
            "Named terms off",
            every.terms,
            key="off_terms",
            format_func=lambda name: TITLES[name],
            on_change=_take,
            placeholder="None",
        )


def _take() -> None:
    heads = tuple(tuple(map(int, name.split("."))) for name in st.session_state["off_heads"])
    off = ModelParts(heads, tuple(st.session_state.get("off_terms", ())))  # type: ignore[arg-type]
    if off:
        set_url(OFF, off.write())
    else:
        clear_url(OFF)


def _words(off: ModelParts) -> str:
    parts = [f"Layer {layer} head {head}" for layer, head in off.heads] + [f"“{TITLES[name]}”" for name in off.terms]
    return ", ".join(parts)


def _added(bench: Workbench, session_id: str, off: ModelParts) -> None:
    """Draw what the ablated heads contributed to the first recommendation's score; nothing for other models."""
    assert bench.model is not None
    before = explanation(bench, session_id, None)
    if before.contributions is None or not off.heads:
        return
    by_head = before.contributions.by_head[0]
    added = ", ".join(f"Layer {layer} head {head} {in_points(by_head[layer, head])}" for layer, head in off.heads)
    total = sum(by_head[head] for head in off.heads)
    together = f"; together {plain(in_points(total))}" if len(off.heads) > 1 else ""
    st.caption(
        f"Contributions to the score of {plain(before.candidate.title, 60)}, ranked first before: {plain(added)}"
        f"{together} of {plain(in_points(before.score))}. {say(POINTS_EXPLAINED)}"
    )


def _hits(bench: Workbench, off: ModelParts) -> None:
    """Measure Hit@10 over the sample, piece by piece so that the progress bar moves."""
    pieces = cached.pieces(bench.dataset)
    if not st.toggle(
        "Measure Hit@10 without these parts", key="measure-off", help=f"Over at most {cached.SAMPLED:,} test sessions."
    ):
        return
    bar = st.progress(0.0, text="Measuring Hit@10 …")
    before, after = [], []
    for piece in pieces:
        before.append(cached.ranks_off(bench, "", piece))
        after.append(cached.ranks_off(bench, off.write(), piece))
        bar.progress((piece + 1) / len(pieces), text=f"Measuring Hit@10, piece {piece + 1} of {len(pieces)} …")
    bar.empty()
    _figures(hit_change(before, after))


def _figures(hits: HitChange) -> None:
    with st.container(horizontal=True, gap="large"):
        for label, value, interval in (
            ("Hit@10, all on", f"{hits.before:.1%}", hits.before_interval),
            ("Hit@10, parts off", f"{hits.after:.1%}", hits.after_interval),
            ("Change", shown_number(hits.change, "+.1%"), hits.change_interval),
        ):
            with st.container(gap="xxsmall", width="content"):
                st.metric(label, value, width="content")
                st.caption(shown_interval(interval, "+.1%" if label == "Change" else ".1%"))
    st.caption(f"Over {hits.sessions:,} sampled test sessions; 95% CI over sessions, the change paired by session.")
