"""Heads and named terms switched off: what it does to this recommendation and, on demand, to Hit@10."""

from __future__ import annotations

import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import mark_control
from pages.debug.rank_changes import in_short, moves
from pages.debug.session_choice import chosen_session
from pages.ui.cached import explanation
from pages.ui.escape import plain
from pages.ui.url_state import OFF, choose, forget, wanted
from pages.ui.workbench import Workbench
from streamrec_core.diagnosis.head_ablation import Ablation, HitChange, all_parts, hit_change, read_ablation
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
        off = read_ablation(wanted(OFF) or "", bench.model)
    except BadInput as error:
        st.warning(plain(str(error)))
        st.button("Switch everything on", on_click=forget, args=(OFF,))
        return
    answer = st.empty()
    _switches(every, off)
    if not off:
        answer.markdown("Everything is on. Switch off a head or a named term to see what the ten owe to it.")
        return
    found = cached.shift_off(bench.weights, bench.events_hash, session_id, off.write(), bench.model, bench.dataset)
    answer.markdown(f"Without {_words(off)}: {in_short(found)}")
    _added(bench, session_id, off)
    moves(found, key=f"off-{off.write()}")
    _hits(bench, off)
    mark_control(
        bench, "head ablation", f"Session {session_id} without {_words(off)}: {found.in_both} of the ten stay"[:300]
    )


def _switches(every: Ablation, off: Ablation) -> None:
    heads = {f"{layer}.{head}": f"layer {layer}, head {head}" for layer, head in every.heads}
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
    off = Ablation(heads, tuple(st.session_state.get("off_terms", ())))  # type: ignore[arg-type]
    if off:
        choose(OFF, off.write())
    else:
        forget(OFF)


def _words(off: Ablation) -> str:
    parts = [f"head {layer}.{head}" for layer, head in off.heads] + [f"“{TITLES[name]}”" for name in off.terms]
    return ", ".join(parts)


def _added(bench: Workbench, session_id: str, off: Ablation) -> None:
    """What the heads that are off add to the first recommendation's score; nothing for a model that is no sum."""
    assert bench.model is not None
    found = explanation(bench.weights, bench.events_hash, session_id, None, bench.model, bench.dataset)
    if found.contributions is None or not off.heads:
        return
    by_head = found.contributions.by_head[0]
    added = ", ".join(f"head {layer}.{head} {by_head[layer, head]:+.2f}" for layer, head in off.heads)
    total = sum(by_head[place] for place in off.heads)
    st.caption(
        f"To the score of {plain(found.candidate.title, 60)}, the first before, they add "
        f"{plain(added)}: {plain(f'{total:+.2f}')} of {plain(f'{found.score:+.2f}')} in all."
    )


def _hits(bench: Workbench, off: Ablation) -> None:
    """Hit@10 over the sample, piece by piece so that the bar moves."""
    pieces = cached.pieces(bench.dataset)
    if not st.toggle(
        "Measure Hit@10 without these parts", key="measure-off", help=f"Over at most {cached.SAMPLED:,} test sessions."
    ):
        return
    assert bench.model is not None
    key = (bench.weights, bench.events_hash)
    bar = st.progress(0.0, text="Measuring Hit@10 …")
    before, after = [], []
    for piece in pieces:
        before.append(cached.ranks_off(*key, "", piece, bench.model, bench.dataset))
        after.append(cached.ranks_off(*key, off.write(), piece, bench.model, bench.dataset))
        bar.progress((piece + 1) / len(pieces), text=f"Measuring Hit@10, piece {piece + 1} of {len(pieces)} …")
    bar.empty()
    _figures(hit_change(before, after))


def _figures(found: HitChange) -> None:
    with st.container(horizontal=True, gap="large"):
        for label, value, (low, high) in (
            ("Hit@10 with all parts", f"{found.before:.1%}", found.before_interval),
            ("Without these", f"{found.after:.1%}", found.after_interval),
            ("Change", f"{found.change:+.1%}", found.change_interval),
        ):
            with st.container(gap="xxsmall", width="content"):
                st.metric(label, value, width="content")
                st.caption(f"{low:+.1%} to {high:+.1%}" if label == "Change" else f"{low:.1%} to {high:.1%}")
    st.caption(
        f"Over {found.sessions:,} test sessions drawn at random; 95% intervals over sessions, the change "
        f"session by session."
    )
