"""One explained recommendation: the session, the model that reads it, and the explained item."""

from __future__ import annotations

from dataclasses import dataclass

from pages.explore.pin import IN_LOG, WRITTEN, Pin
from pages.ui.workbench import Workbench
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import Edit
from streamrec_core.explain.record import Explanation, RankedItem


@dataclass(frozen=True, eq=False)
class ExplainedView:
    """One explained recommendation and where it comes from.

    Attributes
    ----------
    session_id : str or None
        None for a history that a visitor wrote, which is then in `history`.
    history : str or None
        A history that a visitor wrote, or a session with `edits`, in the compact form of a link.
    edits : tuple of Edit
        What a what-if changed.
    before : ExplainedView or None
        The same title before the edits; None without edits.
    """

    bench: Workbench
    explanation: Explanation
    session_id: str | None
    history: str | None = None
    edits: tuple[Edit, ...] = ()
    before: ExplainedView | None = None

    @property
    def session_key(self) -> str:
        """Names the session to the components of the page; the same for two models on one session."""
        return f"{self.bench.data_name}|{self.session_id}|{self.history or ''}"

    @property
    def cache_key(self) -> tuple[str, str, int]:
        """What results on this recommendation depend on."""
        return self.bench.cache_key, self.session_key, self.explanation.candidate.row

    @property
    def whole_history(self) -> Session:
        """All events before the target, also those that are older than what the model reads."""
        return self.explanation.every_event

    @property
    def original_history(self) -> Session:
        """The whole history without the edits."""
        return self.whole_history if self.before is None else self.before.whole_history

    @property
    def target(self) -> RankedItem | None:
        """What came next, with the rank that the model gives it before any edit; None where it is unknown."""
        return self.explanation.target if self.before is None else self.before.explanation.target

    @property
    def titles(self) -> list[str]:
        """Titles of the history, in order."""
        return [self.bench.dataset.catalogue.titles[row] for row in self.explanation.history.items]

    def pin(self, model: str | None = None) -> Pin:
        """A pin of this view, or of another model on the same session and title."""
        item = self.explanation.candidate
        first = model is None and self.explanation.recommendations[0].item_id == item.item_id
        session = self.session_id if self.history is None else self.history
        kind = IN_LOG if self.history is None else WRITTEN
        return Pin(kind, session or "", model or self.bench.model_name or "", "" if first else item.item_id)
