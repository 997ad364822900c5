"""Which session and item are explained, as a link or a pin names them."""

from __future__ import annotations

from pages.explore import cached
from pages.explore.pin import OWN, Pin
from pages.explore.scene import Scene
from pages.ui import cached as ui_cached
from pages.ui.url_state import HISTORY, ITEM, SESSION, url_value
from pages.ui.workbench import Workbench, lay
from streamrec_core.errors import BadInput


def first_session(bench: Workbench) -> str:
    """The session to begin with, one that shows something: the one behind the product manager's door."""
    assert bench.model is not None
    return ui_cached.doors(bench.weights, bench.events_hash, bench.model, bench.dataset)[0].session_id


def asked_item(bench: Workbench) -> tuple[int | None, str | None]:
    """Catalogue row of the item to explain, and the id that a link names in vain."""
    asked = url_value(ITEM)
    row = None if asked is None else bench.dataset.catalogue.rows.get(asked)
    return row, asked if row is None else None


def chosen(bench: Workbench, item: int | None) -> Scene:
    """The session that the link names, or the first one; raises `BadInput` where it cannot be shown."""
    history = url_value(HISTORY)
    session_id = None if history is not None else url_value(SESSION) or first_session(bench)
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
    found = ui_cached.explanation(*keys, str(session_id), item, bench.model, bench.dataset)
    return Scene(bench, found, session_id)
