"""What brings a title on the list: settings of the search, one addition, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from streamrec_core.attribution.addition_pool import POOL
from streamrec_core.config import Settings
from streamrec_core.data.log import Session
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd


AdditionKind = Literal["add", "swap"]


class BringInSettings(Settings):
    """How long to search.

    Attributes
    ----------
    k
        The title is on the list when its rank is at most this.
    items
        How many items are taken from the pool.
    most_edits
        Largest number of additions and swaps that is tried.
    beam, breadth
        How many edited histories are carried on to the next size, and how many of the most effective items are
        swapped into each position, and added to those.
    engagement
        Code of the engagement of an added event; a swapped one keeps that of the event it replaces.
    """

    k: int = Field(10, ge=1)
    items: int = Field(POOL, ge=1)
    most_edits: int = Field(4, ge=1, le=10)
    beam: int = Field(4, ge=1, le=50)
    breadth: int = Field(8, ge=1, le=100)
    engagement: int = Field(0, ge=0)


@dataclass(frozen=True)
class Addition:
    """One edit: an item added at the end, or put in place of an event.

    Attributes
    ----------
    kind : str
        add or swap.
    row : int
        Catalogue row of the new item.
    position : int or None
        Position of the event that it replaces; None at the end.
    """

    kind: AdditionKind
    row: int
    position: int | None = None


@dataclass(frozen=True, eq=False)
class BringIn(NotebookResult):
    """The smallest set of additions and swaps by which a title comes among the first k.

    Attributes
    ----------
    title : str
    k, rank : int
        The limit, and the title's rank before.
    edits : tuple of Addition or None
        None where nothing that was tried does it.
    history : Session
        The history after the edits; the unchanged one where there are none.
    rank_after : int
        From a forward pass of its own; the best rank reached where nothing does it.
    recommended : tuple of int
        Catalogue rows of the first k titles after the edits; empty where nothing does it.
    tried : int
        Edited histories that the model scored.
    calls : int
        Forward passes, in batches.
    items : int
        Different items that were tried.
    names : tuple of str
        Titles of the new items.
    start : int
        Events of the session before those that the model reads; positions count from there.
    """

    title: str
    k: int
    rank: int
    edits: tuple[Addition, ...] | None
    history: Session
    rank_after: int
    recommended: tuple[int, ...]
    tried: int
    calls: int
    items: int
    names: tuple[str, ...] = ()
    start: int = 0

    @property
    def size(self) -> int | None:
        """How many edits it takes; None where nothing that was tried does it."""
        return None if self.edits is None else len(self.edits)

    def number(self, edit: Addition) -> int | None:
        """Number of the replaced event in the session, from 1; None for an addition at the end."""
        return None if edit.position is None else self.start + edit.position + 1

    def to_pandas(self) -> pd.DataFrame:
        """One row an edit; empty where nothing does it."""
        import pandas as pd

        edits = self.edits or ()
        events = [self.number(edit) for edit in edits]
        return pd.DataFrame({"edit": [edit.kind for edit in edits], "title": list(self.names), "event": events})

    def summary(self) -> tuple[str, ...]:
        """What the edits do."""
        if self.edits is None:
            return (
                f"Nothing that was tried brings {self.title} among the first {self.k} (best rank {self.rank_after:,})",
            )
        noun = "change" if len(self.edits) == 1 else "changes"
        return (f"{len(self.edits)} {noun}: {self.title} on rank {self.rank_after} instead of {self.rank:,}",)
