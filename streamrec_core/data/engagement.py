"""The five engagement types, and the words for them in event logs and rating logs."""

from __future__ import annotations

from typing import Literal

from streamrec_core.errors import BadInput

ENGAGEMENTS = ("click", "partial_view", "full_view", "save", "share")
CLICK, PARTIAL_VIEW, FULL_VIEW, SAVE, SHARE = range(5)

Wording = Literal["events", "ratings"]
"""How a data set speaks of engagement: watched events, or ratings from 1 to 5."""

ENGAGEMENT_WORDS: dict[Wording, tuple[str, ...]] = {
    "events": ("clicked", "watched in part", "watched to the end", "saved", "shared"),
    "ratings": tuple(f"rated {stars} of 5" for stars in range(1, 6)),
}


def engagement_code(name: str) -> int:
    """The code of an engagement type, `partial view` and `partial_view` alike.

    Raises
    ------
    BadInput
        The name is none of the five; the message lists them.
    """
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    if key not in ENGAGEMENTS:
        raise BadInput(f"unknown engagement {name!r}; known are {', '.join(ENGAGEMENTS)}")
    return ENGAGEMENTS.index(key)
