"""How heads are shown: read from a link or from the browser, both untrusted, and written to the link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pages.explore.url import EVENT, HEAD, HEADS, JOIN, KEEP, QUANTITY, ROW, SCALE

JOINS, SCALES = ("mean", "max"), ("shared", "own")
QUANTITIES = ("contribution", "attention")
LEAST, EVERYTHING = 10, 100
"""Per cent of the attention that the slider keeps."""


def number(text: str) -> int | None:
    """A whole number of at most eight digits; None for any other text, 0 for zero."""
    return int(text) if text.isdecimal() and len(text) <= 8 else None


@dataclass(frozen=True)
class Shape:
    """Layers, heads in each, events that the model reads, and how many older ones the session has."""

    layers: int
    heads: int
    events: int
    start: int = 0

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
class AttentionView:
    """How the heads of a session are shown.

    Attributes
    ----------
    head : int or None
        The enlarged head, counted layer by layer; None for the aggregate of `heads`.
    event, row : int or None
        The locked event (None for none), and the row of the map that is shown (None for the predicting one).
    keep : int
        Per cent of the attention that is shown, largest shares first.
    heads : tuple of int or None
        The heads that are aggregated; None for all.
    join, scale : str
        Their mean or maximum; one colour scale for all heads, or one for each.
    quantity : str
        contribution: what each head adds to the score of an additive model; attention: its attention.
    """

    head: int | None = None
    event: int | None = None
    row: int | None = None
    keep: int = EVERYTHING
    heads: tuple[int, ...] | None = None
    join: str = "mean"
    scale: str = "shared"
    quantity: str = "contribution"

    def plain(self) -> dict[str, Any]:
        """As the browser reads it."""
        return asdict(self)


def from_browser(message: object, shape: Shape) -> AttentionView | None:
    """The view that a browser sent; None where a part of it is of the wrong type or out of range."""
    if not isinstance(message, Mapping) or set(message) != set(AttentionView().plain()):
        return None
    heads = message["heads"]
    if heads is not None:
        if not isinstance(heads, list) or not heads or not all(_within(head, shape.every) for head in heads):
            return None
        heads = tuple(sorted(set(heads)))
    valid = (
        message["join"] in JOINS
        and message["scale"] in SCALES
        and message["quantity"] in QUANTITIES
        and _within(message["keep"], EVERYTHING + 1)
        and message["keep"] >= LEAST
        and all(
            message[name] is None or _within(message[name], most)
            for name, most in (("head", shape.every), ("event", shape.events), ("row", shape.events))
        )
    )
    return AttentionView(**{**message, "heads": heads}) if valid else None


def _within(value: object, most: int) -> bool:
    """A whole number from 0 to below `most`; True is not a number here."""
    return type(value) is int and 0 <= value < most


def from_link(values: Mapping[str, str], shape: Shape) -> tuple[AttentionView, tuple[str, ...]]:
    """The view of a link, and its parts that are not available, in words; those keep their defaults."""
    view, faults = AttentionView(), []
    for name, text in values.items():
        field, read, noun = _READERS[name]
        value = read(text, shape)
        if value is None:
            older = field in ("event", "row") and 1 <= (number(text) or 0) <= shape.start
            why = f" (older than the {shape.events} events that this model reads)" if older else ""
            faults.append(f"{noun} {text[:40]!r}{why}")
        else:
            view = replace(view, **{field: value})
    return view, tuple(faults)


def _one_of(names: tuple[str, ...]) -> Callable[[str, Shape], str | None]:
    return lambda text, shape: text if text in names else None


def _position(text: str, shape: Shape) -> int | None:
    """Events count from 1 in the session, as they do on the page."""
    event = number(text)
    if event is None or not shape.start < event <= shape.start + shape.events:
        return None
    return event - shape.start - 1


def _share(text: str, shape: Shape) -> int | None:
    share = number(text)
    return share if share is not None and LEAST <= share <= EVERYTHING else None


def _several(text: str, shape: Shape) -> tuple[int, ...] | None:
    heads = [shape.head(part) for part in text.split(",")[: shape.every + 1]]
    return tuple(sorted({head for head in heads if head is not None})) if None not in heads else None


# By the name in a link: the field, how its text is read, and its noun in a notice.
_READERS: dict[str, tuple[str, Callable[[str, Shape], Any], str]] = {
    HEAD: ("head", lambda text, shape: shape.head(text), "head"),
    EVENT: ("event", _position, "event"),
    ROW: ("row", _position, "row"),
    KEEP: ("keep", _share, "share"),
    HEADS: ("heads", _several, "heads"),
    JOIN: ("join", _one_of(JOINS), "aggregation"),
    SCALE: ("scale", _one_of(SCALES), "scale"),
    QUANTITY: ("quantity", _one_of(QUANTITIES), "quantity"),
}


def to_link(view: AttentionView, shape: Shape) -> dict[str, str | None]:
    """The link of a view; None for defaults, which it leaves out."""
    default = AttentionView()
    writers: dict[str, Callable[[Any], str]] = {
        HEAD: shape.name,
        EVENT: lambda position: str(shape.start + position + 1),
        ROW: lambda position: str(shape.start + position + 1),
        KEEP: str,
        HEADS: lambda heads: ",".join(map(shape.name, heads)),
    }
    link: dict[str, str | None] = {}
    for name, (field, _, _) in _READERS.items():
        value = getattr(view, field)
        link[name] = None if value == getattr(default, field) else writers.get(name, str)(value)
    return link
