"""Pin: the session or history, model and item that a visitor pinned; it is part of the link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

IN_LOG, WRITTEN = "session", "own"


@dataclass(frozen=True)
class Pin:
    """Names of a pinned view; whether they exist is checked when it is opened.

    Attributes
    ----------
    kind : str
        "session" for one of the data set, "own" for one that a visitor wrote.
    session : str
        Its id, or the history in the compact form of a link.
    item : str
        Id of the item to explain; empty for the first recommendation.
    """

    kind: str
    session: str
    model: str
    item: str = ""

    def text(self) -> str:
        """As it is written in a link."""
        return "|".join((self.kind, *(quote(part, safe="") for part in (self.session, self.model, self.item))))


def read_pin(text: str) -> Pin | None:
    """The pin that a link carries; None where it is not written as one."""
    kind, *names = text.split("|")
    return Pin(kind, *map(unquote, names)) if kind in (IN_LOG, WRITTEN) and len(names) == 3 else None
