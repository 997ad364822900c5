"""The ten recommendations before and after, with every title's place on both sides."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui.escape import plain
from streamrec_core.diagnosis.rank_changes import RankChange, RankChanges

FATES = {
    "new": "new",
    "gone": "out",
    "up": "up",
    "down": "down",
    "same": "same",
}


def moves(found: RankChanges, key: str) -> None:
    """Draw both lists as one table, in the new order."""
    st.dataframe(
        pd.DataFrame([_row(move) for move in found.changes]),
        hide_index=True,
        height="content",
        key=key,
        column_config={
            "After": st.column_config.NumberColumn(
                width="small", help="Place among everything that can be recommended."
            ),
            "Before": st.column_config.NumberColumn(width="small"),
            "Move": st.column_config.TextColumn(
                width="small", help="new: it came among the ten; out: it fell out of them."
            ),
            "Title": st.column_config.TextColumn(width=250),
            "Share after": st.column_config.NumberColumn(format="percent", width="small"),
            "Share before": st.column_config.NumberColumn(format="percent", width="small"),
        },
        alt="The ten recommendations after, then those that fell out, with their places before and after.",
    )


def _row(move: RankChange) -> dict[str, object]:
    return {
        "After": move.rank_after or None,
        "Before": move.rank_before or None,
        "Move": FATES[move.status],
        "Title": move.title,
        "Category": move.category,
        "Share after": move.probability_after,
        "Share before": move.probability_before,
    }


def in_short(found: RankChanges) -> str:
    """The answer in one sentence, as markdown."""
    first = next(move for move in found.changes if move.position_after == 1)
    kept = "All of the ten stay" if found.in_both == len(found.changes) else f"**{found.in_both} of the ten** stay"
    if found.same_first:
        return f"{kept}, and the first stays **{plain(first.title, 60)}**."
    old = next(move for move in found.changes if move.position_before == 1)
    place = f"number {old.rank_after:,}" if old.rank_after else "not to be recommended"
    return f"{kept}. First is now **{plain(first.title, 60)}**; **{plain(old.title, 60)}** was, and is {place}."
