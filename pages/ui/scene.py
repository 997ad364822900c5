"""What is on the stage: one session, the model that reads it, and the explained item, as a link or a pin names them."""

from __future__ import annotations

from dataclasses import dataclass

from pages.explore.pin import IN_LOG, OWN, Pin
from pages.ui import cached
from pages.ui.url_state import HISTORY, ITEM, SESSION, wanted
from pages.ui.workbench import Workbench, lay
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.explain.record import Explanation


@dataclass(frozen=True, eq=False)
class Scene:
    """One explained recommendation and where it comes from.

    Attributes
    ----------
    session_id : str or None
        None for a history that a visitor wrote, which then stands in `history`.
    """

    bench: Workbench
    found: Explanation
    session_id: str | None
    history: str | None = None

    @property
    def name(self) -> str:
        """Names the session to the components of the page; the same for two models on one session."""
        return f"{self.bench.data_name}|{self.session_id}|{self.history or ''}"

    @property
    def whole_history(self) -> Session:
        """All events before the target, also those that lie before the model's window."""
        if self.session_id is None:
            return self.found.history
        log = self.bench.dataset.log
        session = log.session(log.row(self.session_id))
        return Session(session.session_id, session.items[:-1], session.engagements[:-1])

    @property
    def titles(self) -> list[str]:
        """Titles of the history, in order."""
        return [self.bench.dataset.catalogue.titles[row] for row in self.found.history.items]

    def pin(self, model: str | None = None) -> Pin:
        """A pin of this view, or of another model on the same session and title."""
        item = self.found.candidate
        first = model is None and self.found.recommendations[0].item_id == item.item_id
        session = self.session_id if self.history is None else self.history
        kind = IN_LOG if self.history is None else OWN
        return Pin(kind, session or "", model or self.bench.model_name or "", "" if first else item.item_id)


def first_session(bench: Workbench) -> str:
    """The session to begin with, one that shows something: the one behind the product manager's door."""
    assert bench.model is not None
    return cached.doors(bench.weights, bench.events_hash, bench.model, bench.dataset)[0].session_id


def asked_item(bench: Workbench) -> tuple[int | None, str | None]:
    """Catalogue row of the item to explain, and the id that a link names in vain."""
    asked = wanted(ITEM)
    row = None if asked is None else bench.dataset.catalogue.rows.get(asked)
    return row, asked if row is None else None


def chosen(bench: Workbench, item: int | None) -> Scene:
    """The session that the link names, or the first one; raises `BadInput` where it cannot be shown."""
    history = wanted(HISTORY)
    session_id = None if history is not None else wanted(SESSION) or first_session(bench)
    return _scene(bench, session_id, history, item)


def pinned(pin: Pin, data_name: str) -> Scene:
    """The pinned session; raises `BadInput` naming what of it is not here."""
    bench = lay(data_name, pin.model)
    if bench.model is None:
        raise BadInput(bench.refusal or f"no model {pin.model!r} here")
    row = bench.dataset.catalogue.rows.get(pin.item) if pin.item else None
    if pin.item and row is None:
        raise BadInput(f"no item has the id {pin.item!r} in this catalogue")
    own = pin.session if pin.kind == OWN else None
    return _scene(bench, None if own is not None else pin.session, own, row)


def _scene(bench: Workbench, session_id: str | None, history: str | None, item: int | None) -> Scene:
    keys = (bench.weights, bench.events_hash)
    assert bench.model is not None
    if history is not None:
        return Scene(bench, cached.own_explanation(*keys, history, item, bench.model, bench.dataset), None, history)
    found = cached.explanation(*keys, str(session_id), item, bench.model, bench.dataset)
    return Scene(bench, found, session_id)
