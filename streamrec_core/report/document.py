"""The pack as plain records: sections of words and tables whose figures all stand in one register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.report.settings import ReportSettings

Unit = Literal["share", "points", "nats", "factor", "count", "number"]
Page = Literal["overview", "explore", "trust", "heads", "compare", "dataset"]
PLACE = re.compile(r"\[\[([^\[\]]+)\]\]")
"""Where a figure stands in a text: its id in double brackets."""

SPACE = "\u00a0"
"""Between a figure and its unit, so that no line breaks there."""


class Figure(Settings):
    """One measured figure.

    Attributes
    ----------
    id
        The same in every pack; parts are joined by `/`.
    value, low, high
        Rounded; the 95 % interval is None where there is none.
    n
        How many sessions or recommendations it is a mean over; None where it is no mean.
    unit
        share (of 1), points (a difference of shares, of 1), nats, factor, count or number.
    """

    id: str
    label: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: Unit = "number"


class Row(Settings):
    """A line of a table: its name, what is said below it, and a figure's id, or words, for each column."""

    label: str
    note: str = ""
    cells: tuple[str, ...]


class Table(Settings):
    """Figures side by side.

    Attributes
    ----------
    columns
        Titles; the first one is that of the rows' names.
    bar
        Which cell of each row is drawn as a bar, counted from 0; None: none.
    zero
        Where bars begin: 0, or 1 for factors.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    bar: int | None = None
    zero: float = 0.0
    note: str = ""


class Evidence(Settings):
    """Where the dashboard shows what a section rests on."""

    page: Page
    label: str
    link: dict[str, str] = Field(default_factory=dict)


class Section(Settings):
    """One question and what was found.

    Attributes
    ----------
    says
        Paragraphs; figures stand in them as `[[id]]`.
    points
        A list below them.
    after
        What must be known beside the tables.
    """

    key: str
    title: str
    question: str
    says: tuple[str, ...]
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    after: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class EventLine(Settings):
    """One event of a case with its evidence, as ids of figures; empty where a method does not apply."""

    place: int
    title: str
    category: str
    engagement: str
    removal: str
    rank_without: str
    attention: str = ""
    gradients: str = ""


class Said(Settings):
    """A reason in words: what it is, what its removal did, and what that was compared with."""

    label: str
    text: str
    detail: str = ""


class CaseFile(Settings):
    """One recommendation told in full.

    Attributes
    ----------
    chosen
        Why this case: asked for, or the rule that found it.
    status
        verified, no reason holds, or not on the list.
    sentence
        What may be read out to the person concerned.
    formal
        The same for a regulator.
    """

    session_id: str
    chosen: str
    candidate: str
    probability: str
    target: str
    target_rank: str
    status: str
    sentence: str
    formal: str
    badge: str
    warning: str
    reasons: tuple[Said, ...]
    dropped: tuple[Said, ...]
    counterfactual: str
    events: tuple[EventLine, ...]
    unseen: int
    recommended: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class Answer(Settings):
    """A question that Article 27 of the DSA raises, the short answer, and the sections that hold the long one."""

    question: str
    source: str
    answer: str
    sections: tuple[str, ...]


class Hashes(Settings):
    """What was measured, beyond doubt: SHA-256 of the model's weights, and of the columns of the data."""

    weights: str
    catalogue: str
    events: str
    learned_from: str


class Document(Settings):
    """Everything that a pack says; `figures.json` is this record, and every other file is made from it.

    Attributes
    ----------
    made
        The date on which the pack was written; empty before. The content hash leaves it out.
    no_pdf
        Why there is no PDF; empty where there is one, and before the pack is written. The content hash leaves it out.
    """

    title: str
    subtitle: str
    model: str
    data: str
    settings: ReportSettings
    command: str
    hashes: Hashes
    versions: dict[str, str]
    summary: tuple[str, ...]
    answers: tuple[Answer, ...]
    sections: tuple[Section, ...]
    cases: tuple[CaseFile, ...]
    figures: tuple[Figure, ...]
    made: str = ""
    no_pdf: str = ""

    def by_id(self) -> dict[str, Figure]:
        """Every figure by its id."""
        return {one.id: one for one in self.figures}

    def section(self, key: str) -> Section:
        """The section of this key."""
        return next(one for one in self.sections if one.key == key)


def pieces(text: str, known: dict[str, Figure]) -> Iterator[str | Figure]:
    """A text cut into words and figures; brackets that name no figure stay words."""
    end = 0
    for found in PLACE.finditer(text):
        figure = known.get(found[1])
        if figure is not None:
            yield text[end : found.start()]
            yield figure
            end = found.end()
    yield text[end:]


def plain_text(text: str, known: dict[str, Figure]) -> str:
    """A text with its figures written out."""
    return "".join(piece if isinstance(piece, str) else in_words(piece) for piece in pieces(text, known))


def in_words(figure: Figure) -> str:
    """A figure as it is read: 31.7 %, 4.5 times, 1,600."""
    return _written(figure.value, figure.unit)


def interval_in_words(figure: Figure) -> str:
    """Its 95 % interval; empty where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = _written(figure.low, figure.unit), _written(figure.high, figure.unit)
    return f"{low.partition(SPACE)[0]} to {high}"  # the unit is said once, after both


def _written(value: float, unit: Unit) -> str:
    return WRITE[unit](value).replace("-", "−").replace(" ", SPACE)


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def _factor(value: float) -> str:
    return f"{value:,.0f} times" if value >= 10 else f"{value:.1f} times" if value >= 1.95 else f"{value:.2f} times"


WRITE: dict[Unit, Any] = {
    "share": lambda value: f"{100 * value:.1f} %",
    "points": lambda value: f"{_signed(100 * value, 1)} points",
    "nats": lambda value: _signed(value, 2).lstrip("+"),
    "factor": _factor,
    "count": lambda value: f"{value:,.0f}",
    "number": lambda value: f"{value:,.3f}",
}
"""How each unit is written."""
