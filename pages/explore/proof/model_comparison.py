"""Two models on one recommendation: what each can say of it, and the way to see another model beside this one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.explore.scene import Scene
from pages.explore.url import PIN
from pages.ui import workbench
from pages.ui.escape import plain
from pages.ui.url_state import set_url
from streamrec_core.explain.verified import Verified

Side = tuple[Scene, Verified]
MOST_OFFERED = 3
CAN = {True: "yes", False: "no, it has none"}


def ask_another(scene: Scene) -> None:
    """Draw the way to another model on the same session and title; those of another kind stand first."""
    cards = workbench.readable_cards()
    own = scene.bench.card
    names = [name for name in scene.bench.fitting if name != scene.bench.model_name]
    names.sort(key=lambda name: own is not None and cards[name].model == own.model)
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ask-another"):
        st.caption("What can another model say about this title?", width="content")
        for name in names[:MOST_OFFERED]:
            if st.button(f"{plain(name, 40)} beside", key=f"ask-{name}"):
                set_url(PIN, scene.pin(name).text())
                st.rerun()


def both(one: Side, other: Side) -> None:
    """Draw what each side knows about its title, as one table; the same title gives the comparison its point."""
    same = one[1].case.candidate == other[1].case.candidate
    names = _columns(one[0], other[0])
    rows = {name: _known(*side) for name, side in zip(names, (one, other), strict=True)}
    st.markdown("**What each can say about the same title**" if same else "**What each can say about its title**")
    st.dataframe(
        pd.DataFrame(rows).rename_axis("").reset_index(),
        hide_index=True,
        key="both",
        column_config={"": st.column_config.TextColumn(width="medium")},
        alt="Rank, attention, reasons that hold and agreement of methods, for each side.",
    )


def _columns(one: Scene, other: Scene) -> tuple[str, str]:
    first, second = (scene.bench.model_name or "" for scene in (one, other))
    return (first, second) if first != second else (f"{first}, this view", f"{second}, pinned")


def _known(scene: Scene, found: Verified) -> dict[str, str]:
    titles = scene.bench.dataset.catalogue.titles
    first = int(found.evidence.removal.effect.argmax())
    return {
        "Title": scene.found.candidate.title,
        "Rank": f"{scene.found.candidate.rank:,}",
        "Attention to look at": CAN[bool(scene.found.heads)],
        "Reasons that hold": f"{len(found.confirmed)} of {len(found.confirmed) + len(found.rejected)} tested",
        "Largest effect": f"event {first + 1}, {titles[int(found.case.history.items[first])]}",
        "Without it": f"{-float(found.evidence.removal.effect[first]):+.2f} nats",
        "Do the methods agree?": found.agreement.key,
    }
