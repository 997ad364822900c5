"""Rank changes: the top ten before and after as a table, and in one sentence."""

from __future__ import annotations

import pandas as pd

from pages.ui.data_table import short_table, title_cell
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
    short_table(
        [table_cells(change) for change in changes.changes],
        pd.DataFrame([_row(change) for change in changes.changes]),
        file="rank-changes",
        key=key,
        alt="The ten recommendations after, then those that left, with their ranks before and after.",
    )


def table_cells(change: RankChange) -> dict[str, str]:
    """A line of the table; a probability that reads the same before and after stands once."""
    before, after = f"{change.probability_before:.1%}", f"{change.probability_after:.1%}"
    return {
        "Rank": f"{change.rank_after:,}" if change.rank_after else "–",
        say("Title"): title_cell(change.title, change.category),
        "Move": _move(change),
        "Probability": after if before == after else f"{after}  \n:gray[was {before}]",
    }


def _move(change: RankChange) -> str:
    words = STATUS_WORDS[change.status]
    return f"{words} from {change.rank_before:,}" if change.status in ("up", "down") else words


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
