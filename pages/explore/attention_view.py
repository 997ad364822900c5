"""How the heads are looked at: read from a link or from the browser, both untrusted, and written back into the link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pages.explore.url import EVENT, HEAD, HEADS, JOIN, KEEP, QUANTITY, ROW, SCALE, TAB

TABS, JOINS, SCALES = ("row", "maps"), ("mean", "max"), ("shared", "own")
QUANTITIES = ("contribution", "attention")
LEAST, EVERYTHING = 10, 100
"""Per cent of the attention that the slider keeps."""


def number(text: str) -> int | None:
    """A whole number of at most eight digits; None for any other text, 0 for zero."""
    return int(text) if text.isdecimal() and len(text) <= 8 else None


@dataclass(frozen=True)
class Shape:
    """What there is to look at: layers, heads in each, events of the session."""

    layers: int
    heads: int
    events: int

    @property
    def every(self) -> int:
        """All heads, layer by layer."""
        return self.layers * self.heads

    def head(self, text: str) -> int | None:
        """The number of the head called "1.3" (layer 1, head 3); None where there is no such head."""
        layer, head = (number(part) for part in text.partition(".")[::2])
        if layer is None or head is None or layer >= self.layers or head >= self.heads:
            return None
        return layer * self.heads + head

    def name(self, head: int) -> str:
        """The name of a head in a link."""
        return f"{head // self.heads}.{head % self.heads}"


@dataclass(frozen=True)
class View:
    """One way to look at the heads of one session.

    Attributes
    ----------
    tab : str
        row: where the prediction looked; maps: the whole maps.
    head : int or None
        The enlarged head, counted layer by layer; None for those in `heads` together.
    event, row : int or None
        The locked event, and the row of the map that it is looked at from; None for none and for the predicting row.
    keep : int
        Per cent of the attention that is shown, the heaviest events first.
    heads : tuple of int or None
        The heads that count in "together"; None for all.
    join, scale : str
        The mean of their attention or the heaviest; one colour scale for all heads, or each its own.
    quantity : str
        contribution: what each head adds to the score, where the model is additive; attention: where it looked.
    """

    tab: str = "row"
    head: int | None = None
    event: int | None = None
    row: int | None = None
    keep: int = EVERYTHING
    heads: tuple[int, ...] | None = None
    join: str = "mean"
    scale: str = "shared"
    quantity: str = "contribution"

    def plain(self) -> dict[str, Any]:
        """As the browser takes it."""
        return asdict(self)


def from_browser(told: object, shape: Shape) -> View | None:
    """The view that a browser sent; None where any of it is not of the right type or out of range."""
    if not isinstance(told, Mapping) or set(told) != set(View().plain()):
        return None
    heads = told["heads"]
    if heads is not None:
        if not isinstance(heads, list) or not heads or not all(_within(head, shape.every) for head in heads):
            return None
        heads = tuple(sorted(set(heads)))
    sound = (
        told["tab"] in TABS
        and told["join"] in JOINS
        and told["scale"] in SCALES
        and told["quantity"] in QUANTITIES
        and _within(told["keep"], EVERYTHING + 1)
        and told["keep"] >= LEAST
        and all(
            told[name] is None or _within(told[name], most)
            for name, most in (("head", shape.every), ("event", shape.events), ("row", shape.events))
        )
    )
    return View(**{**told, "heads": heads}) if sound else None


def _within(told: object, most: int) -> bool:
    """A whole number from 0 to below `most`; True is no number here."""
    return type(told) is int and 0 <= told < most


def from_link(asked: Mapping[str, str], shape: Shape) -> tuple[View, tuple[str, ...]]:
    """The view that a link asks for, and what in it does not exist, in words; that part keeps its usual value."""
    view, faults = View(), []
    for name, text in asked.items():
        field, read, what = _READERS[name]
        found = read(text, shape)
        if found is None:
            faults.append(f"{what} {text[:40]!r}")
        else:
            view = replace(view, **{field: found})
    return view, tuple(faults)


def _one_of(names: tuple[str, ...]) -> Callable[[str, Shape], str | None]:
    return lambda text, shape: text if text in names else None


def _place(text: str, shape: Shape) -> int | None:
    """Events count from 1 in a link, as they do on the page."""
    found = number(text)
    return found - 1 if found is not None and 1 <= found <= shape.events else None


def _share(text: str, shape: Shape) -> int | None:
    found = number(text)
    return found if found is not None and LEAST <= found <= EVERYTHING else None


def _several(text: str, shape: Shape) -> tuple[int, ...] | None:
    found = [shape.head(part) for part in text.split(",")[: shape.every + 1]]
    known = sorted({head for head in found if head is not None})
    return tuple(known) if None not in found else None


# By the name in a link: the field, how its text is read, and what a fault in it is called.
_READERS: dict[str, tuple[str, Callable[[str, Shape], Any], str]] = {
    TAB: ("tab", _one_of(TABS), "a look called"),
    HEAD: ("head", lambda text, shape: shape.head(text), "head"),
    EVENT: ("event", _place, "event"),
    ROW: ("row", _place, "the row of event"),
    KEEP: ("keep", _share, "the share"),
    HEADS: ("heads", _several, "the heads"),
    JOIN: ("join", _one_of(JOINS), "heads joined by"),
    SCALE: ("scale", _one_of(SCALES), "a scale called"),
    QUANTITY: ("quantity", _one_of(QUANTITIES), "a quantity called"),
}


def to_link(view: View, shape: Shape) -> dict[str, str | None]:
    """What stands in the link for a view; None for what is as usual and stands nowhere."""
    usual = View()
    words: dict[str, Callable[[Any], str]] = {
        HEAD: shape.name,
        EVENT: lambda place: str(place + 1),
        ROW: lambda place: str(place + 1),
        KEEP: str,
        HEADS: lambda heads: ",".join(map(shape.name, heads)),
    }
    found: dict[str, str | None] = {}
    for name, (field, _, _) in _READERS.items():
        value = getattr(view, field)
        found[name] = None if value == getattr(usual, field) else words.get(name, str)(value)
    return found
