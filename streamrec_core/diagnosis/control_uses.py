"""The controls of a user, each with its floor: how it is used in a session, as an edit of the history or of scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session

LESS = 4.0
"""Less of a category: its titles keep a quarter of their odds."""
Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ControlSession:
    """One session before any control is used.

    Attributes
    ----------
    history : Session
    titles : (k,) int64
        Catalogue rows of its list.
    category : int
        Code of the category that has most titles in the list; -1 where categories tell nothing.
    content : (n,) int64
        Positions of the events that are not neutral.
    catalogue : Catalogue
    """

    history: Session
    titles: IntArray
    category: int
    content: IntArray
    catalogue: Catalogue


@dataclass(frozen=True, eq=False)
class ControlUse:
    """One use of a control.

    Attributes
    ----------
    history : Session
        What the model sees then.
    excluded : tuple of int
        Catalogue rows that may not be listed.
    category : int
        Code of the category whose odds fall; -1: none.
    unwanted : (V,) bool or None
        What the user wants to see less of; None where the control names nothing.
    """

    history: Session
    excluded: tuple[int, ...] = ()
    category: int = -1
    unwanted: Rows | None = None


UseOf = Callable[[ControlSession, np.random.Generator], ControlUse | None]
"""None where the session gives the control nothing to act on."""


@dataclass(frozen=True)
class Control:
    """A control of a user, and its floor.

    Attributes
    ----------
    words : str
        What it does.
    use, floor : callable
    floor_words : str
        What the floor does instead.
    """

    words: str
    use: UseOf
    floor_words: str
    floor: UseOf


def _hide_first(session: ControlSession, rng: np.random.Generator) -> ControlUse:
    first = int(session.titles[0])
    return ControlUse(session.history, (first,), unwanted=np.arange(len(session.catalogue)) == first)


def _hide_any(session: ControlSession, rng: np.random.Generator) -> ControlUse:
    return ControlUse(session.history, (int(rng.choice(np.flatnonzero(~session.catalogue.neutral))),))


def _forget_last(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    last = int(session.history.items[session.content[-1]])
    category = session.catalogue.category_of
    unwanted = (category == category[last]) if session.catalogue.telling[category[last]] else None
    return _without(session, session.history.items == last, (last,), unwanted)


def _forget_another(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    items = session.history.items[session.content]
    others = np.unique(items[items != items[-1]])
    if not len(others):
        return None
    other = int(rng.choice(others))
    return _without(session, session.history.items == other, (other,))


def _less(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    if session.category < 0:
        return None
    unwanted = session.catalogue.category_of == session.category
    return ControlUse(session.history, category=session.category, unwanted=unwanted)


def _less_of_another(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    others = np.flatnonzero(session.catalogue.telling)
    others = others[others != session.category]
    return ControlUse(session.history, category=int(rng.choice(others))) if len(others) else None


def _forget_category(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    category = session.catalogue.category_of
    removed = category[session.history.items] == session.category
    if session.category < 0 or not removed.any():
        return None
    return _without(session, removed, unwanted=category == session.category)


def _forget_as_many(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    inside = session.catalogue.category_of[session.history.items[session.content]] == session.category
    others = session.content[~inside]
    drawn = rng.permutation(others)[: int(inside.sum())]
    return _without(session, np.isin(np.arange(len(session.history)), drawn)) if len(drawn) else None


def _last_event_only(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    return _only(session, int(session.content[-1]))


def _any_event_only(session: ControlSession, rng: np.random.Generator) -> ControlUse | None:
    return _only(session, int(rng.choice(session.content)))


def _only(session: ControlSession, position: int) -> ControlUse | None:
    return _without(session, np.arange(len(session.history)) != position) if len(session.content) > 1 else None


def _without(
    session: ControlSession, removed: Rows, excluded: tuple[int, ...] = (), unwanted: Rows | None = None
) -> ControlUse | None:
    """The history without some events; None where no event that is not neutral would be left."""
    if removed[session.content].all():
        return None
    left = replace(session.history.take(~removed), start=session.history.start)
    return ControlUse(left, excluded, unwanted=unwanted)


CONTROLS: dict[str, Control] = {
    "hide the title": Control(
        "the first title of the list is hidden", _hide_first, "a random title of the catalogue is hidden", _hide_any
    ),
    "forget the title": Control(
        "the last title is taken out of the history and hidden",
        _forget_last,
        "another title of the history instead",
        _forget_another,
    ),
    "less of the category": Control(
        "the odds of the list's main category are divided by four",
        _less,
        "those of a random other category",
        _less_of_another,
    ),
    "forget the category": Control(
        "the events of the list's main category are taken out of the history",
        _forget_category,
        "as many other events instead",
        _forget_as_many,
    ),
    "no history": Control(
        "the model sees the last event only", _last_event_only, "one random event only", _any_event_only
    ),
}
"""Every control by name."""
