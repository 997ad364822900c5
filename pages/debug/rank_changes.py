"""Rank changes: the top ten before and after as a table, and in one sentence."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.diagnosis.rank_changes import RankChange, RankChanges

STATUS_WORDS = {
    "new": "new",
    "gone": "out",
    "up": "up",
    "down": "down",
    "same": "same",
}


def changes_table(changes: RankChanges, key: str) -> None:
    """Draw both lists as one table, in the new order."""
    data_table(
        pd.DataFrame([_row(change) for change in changes.changes]),
        file="rank-changes",
        hide_index=True,
        height="content",
        key=key,
        column_config={
            "After": st.column_config.NumberColumn(width=50, help="Rank among all items that can be recommended."),
            "Before": st.column_config.NumberColumn(width=55),
            "Move": st.column_config.TextColumn(width=50, help="new: entered the top 10; out: left it."),
            say("Title"): st.column_config.TextColumn(width=230),
            "Category": st.column_config.TextColumn(width=90),
            "Prob. after": st.column_config.NumberColumn(format="percent", width="small"),
            "Prob. before": st.column_config.NumberColumn(format="percent", width="small"),
        },
        alt="The ten recommendations after, then those that left, with their ranks before and after.",
    )


def _row(change: RankChange) -> dict[str, object]:
    return {
        "After": change.rank_after or None,
        "Before": change.rank_before or None,
        "Move": STATUS_WORDS[change.status],
        say("Title"): change.title,
        "Category": change.category,
        "Prob. after": change.probability_after,
        "Prob. before": change.probability_before,
    }


def in_short(changes: RankChanges) -> str:
    """The rank changes in one sentence, as markdown."""
    first = next(change for change in changes.changes if change.position_after == 1)
    whole = changes.in_both == len(changes.changes)
    stay = "All of the top 10 stay" if whole else f"**{changes.in_both} of the top 10** stay"
    if changes.same_first:
        return f"{stay}, and **{plain(first.title, 60)}** stays first."
    old = next(change for change in changes.changes if change.position_before == 1)
    rank = f"is now at rank {old.rank_after:,}" if old.rank_after else "can no longer be recommended"
    return f"{stay}. First is now **{plain(first.title, 60)}**; **{plain(old.title, 60)}** was first and {rank}."
