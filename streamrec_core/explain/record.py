"""Records of one explained recommendation: the ranked item, reasons of the first look, attention of each head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.measures import HeadReading
from streamrec_core.attribution.contributions import Contributions
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.data.shown_text import shown_text
from streamrec_core.models.protocol import PredictsFrom
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RankedItem:
    """A catalogue item with its rank.

    Attributes
    ----------
    row : int
        Catalogue row.
    item_id, title, category : str
    rank : int
        1 is the first recommendation; ties rank in catalogue order. 0 where the item cannot be recommended (neutral, or
        already seen where seen items are filtered).
    probability : float
        Softmax over the items that can be recommended, for models that score by log-probability; 0 for rank 0.
    """

    row: int
    item_id: str
    title: str
    category: str
    rank: int
    probability: float


@dataclass(frozen=True)
class Reason:
    """A reason of the first look, with the heads and events it rests on.

    Attributes
    ----------
    kind : str
        recency, category or focused.
    phrase : str
        "your recent viewing of 'Night Shift'".
    card : str
        The same as a card: "Because you recently watched Night Shift".
    heads : tuple of (layer, head)
        The heads that name it.
    positions : tuple of int
        Events in the history that it names.
    beyond_uniform : bool
        False where uniform attention would have got the same type (Wiegreffe and Pinter 2019).
    note : str
        What a reader must know beside it (another category than the recommended item's); else empty.
    """

    kind: str
    phrase: str
    card: str
    heads: tuple[tuple[int, int], ...]
    positions: tuple[int, ...]
    beyond_uniform: bool
    note: str = ""


@dataclass(frozen=True, eq=False)
class Explanation(NotebookResult):
    """Everything about one recommendation: what the command line prints and the page draws.

    Attributes
    ----------
    model : str
    history : Session
        The events that the model read (at most its `max_events`); `history.start` older ones lie before them.
    maps : (layers, H, L, L) float32
        Attention of each head; row = the event that attends, column = the event attended to. Empty without attention.
    heads : tuple of HeadReading
        Layer by layer; empty for a model without attention.
    candidate : RankedItem
        The item that is explained.
    target : RankedItem or None
        What really came next, where known, with the rank the model gave it.
    recommendations : tuple of RankedItem
    sentence : str
        "Recommended because of A, B and C."
    reasons : tuple of Reason
        At most three, in the order of the sentence; empty when nothing qualified.
    status : str
        "first look, not checked" until it is verified.
    predicts_from : str
        Position of the last row of the maps: the last event, or a readout that holds no item.
    attention : (L,) float64
        Mean weight over all heads, the same for every candidate; empty without attention.
    head_effects : (layers, H) float64
        Fall of the candidate's log-probability, in nats, when a head is switched off; (0, 0) for a neutral candidate,
        which is never recommended. A seen one is measured as if it alone were not filtered.
    term_effects : dict of str to float
        The same for each named term; empty for a model without them.
    contributions : Contributions or None
        What each head adds to the candidate's score because of each event; None for a model that is not additive.
    score : float
        The candidate's, as the model gives it; `contributions` add up to it.
    catalogue : Catalogue or None
        Gives the events their titles in a notebook.
    special_shares : (layers, H) float64
        Share of each head's attention on positions without an event, such as padding and MASK; (0, 0) for a model
        that attends to events alone.
    attention_note : str
        What a reader of the attention must know (another kind of weights, much of it on padding); else empty.
    whole_history : Session or None
        Also the events that are older than those the model read, whose items count as seen; None: as `history`.
    """

    model: str
    history: Session
    maps: npt.NDArray[np.float32]
    heads: tuple[HeadReading, ...]
    candidate: RankedItem
    target: RankedItem | None
    recommendations: tuple[RankedItem, ...]
    sentence: str
    reasons: tuple[Reason, ...]
    status: str = "first look, not checked"
    predicts_from: PredictsFrom = "last event"
    attention: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    head_effects: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    term_effects: dict[str, float] = field(default_factory=dict)
    contributions: Contributions | None = None
    score: float = 0.0
    catalogue: Catalogue | None = None
    special_shares: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    attention_note: str = ""
    whole_history: Session | None = None

    @property
    def every_event(self) -> Session:
        """All events of the session, as far as they are known here."""
        return self.history if self.whole_history is None else self.whole_history

    def to_pandas(self) -> pd.DataFrame:
        """One row an event of the history, with its mean attention and, for an additive model, its contribution."""
        columns: dict[str, object] = {}
        if self.attention.size:
            columns["attention"] = self.attention
        if self.contributions is not None:
            columns["contribution"] = self.contributions.by_event[0]
        return events_frame(self.history, self.catalogue, columns)

    def summary(self) -> tuple[str, ...]:
        """The title with its rank, the sentence, and whether it was checked."""
        lines = (candidate_line(self.candidate), self.sentence, f"{self.model}: {self.status}", self.attention_note)
        return tuple(filter(None, lines))

    def head_effect(self, reading: HeadReading) -> float:
        """Return what switching this head off costs the candidate, in nats."""
        return float(self.head_effects[reading.layer, reading.head])


def candidate_line(candidate: RankedItem) -> str:
    """A recommendation with its rank and probability, in one line."""
    title = shown_text(candidate.title)
    if not candidate.rank:
        return f"{title}: cannot be recommended"
    return f"{title}: rank {candidate.rank:,}, probability {candidate.probability:.1%}"


def events_frame(history: Session, catalogue: Catalogue | None, columns: Mapping[str, object]) -> pd.DataFrame:
    """One row an event: its number in the session, title, category, engagement (else codes), more columns.

    Parameters
    ----------
    history : Session
    catalogue : Catalogue or None
    columns : mapping of str to (L,) array
        Further columns by name.

    Returns
    -------
    pandas.DataFrame
        L rows.
    """
    import pandas as pd

    items = history.items.tolist()
    titles: dict[str, object] = {"row": items}
    if catalogue is not None:
        titles = {
            "title": [catalogue.titles[row] for row in items],
            "category": [catalogue.category(row) for row in items],
        }
    engagement: list[object] = history.engagements.tolist()
    if catalogue is not None:
        engagement = [catalogue.words.engagements[code] for code in history.engagements]
    return pd.DataFrame(
        {"event": range(history.number(0), history.number(len(items))), **titles, "engagement": engagement, **columns}
    )
