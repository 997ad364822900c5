"""Records of a report: sections of texts and tables that cite the figures of one register.

Fields with an alias are written to `figures.json` under it, so that older packs can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from streamrec_core.config import Settings
from streamrec_core.data.engagement import NOUN
from streamrec_core.data.shown_number import shown_number
from streamrec_core.report.settings import ReportSettings

Unit = Literal["share", "points", "score points", "nats", "factor", "count", "number"]
Page = Literal["overview", "explore", "trust", "heads", "compare", "dataset"]
REF = re.compile(r"\[\[([^\[\]]+)\]\]")
"""A figure cited in a text: its id in double brackets."""

SPACE = "\u00a0"
"""Between a figure and its unit, so that no line breaks there."""


class FrozenRecord(Settings, populate_by_name=True):
    """A part of a report; written by alias."""


class Figure(FrozenRecord):
    """One measured figure.

    Attributes
    ----------
    id
        The same in every pack; parts are joined by `/`.
    value, low, high
        Rounded; the 95 % interval is None where there is none.
    n
        Number of sessions or recommendations that it is a mean over; None where it is no mean.
    unit
        share (of 1), points (a difference of shares, of 1), score points (hundredths of a nat, as on the dashboard's
        pages), factor, count or number; nats only in packs made before there were score points.
    """

    id: str
    label: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: Unit = "number"


class Row(FrozenRecord):
    """A line of a table: its name, a note below it, and a figure's id, or words, for each column."""

    label: str
    note: str = ""
    cells: tuple[str, ...]


class Table(FrozenRecord):
    """Figures side by side.

    Attributes
    ----------
    columns
        Titles; the first is of the rows' names.
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


class DashboardLink(FrozenRecord):
    """A link to the page of the dashboard that shows the evidence of a section."""

    page: Page
    label: str
    link: dict[str, str] = Field(default_factory=dict)


class Section(FrozenRecord):
    """One question and its answer.

    Attributes
    ----------
    says
        Paragraphs, which cite figures as `[[id]]`.
    points
        A list below them.
    after
        Notes below the tables.
    """

    key: str
    title: str
    question: str
    says: tuple[str, ...]
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    after: tuple[str, ...] = ()
    evidence: tuple[DashboardLink, ...] = ()


class EventLine(FrozenRecord):
    """One event of a case with its evidence, as ids of figures; empty where a method does not apply.

    Attributes
    ----------
    heads
        What each head of the case makes of it: points that it adds to the title, or per cent of the head's attention.
    """

    position: int = Field(validation_alias="place", serialization_alias="place")
    title: str
    category: str
    engagement: str
    removal: str
    rank_without: str
    attention: str = ""
    gradients: str = ""
    heads: tuple[float, ...] = ()


class HeadColumn(FrozenRecord):
    """A head as a column of a case's matrix: its names, its type with the type's colour, and what it looked at."""

    name: str
    short: str
    type: str
    colour: str
    phrase: str


class ReasonText(FrozenRecord):
    """A reason in words: its label, the effect of its removal, and what that was compared with."""

    label: str
    text: str
    detail: str = ""


class CaseFile(FrozenRecord):
    """One recommendation in full.

    Attributes
    ----------
    selection
        Why this case: requested, or the rule that selected it.
    status
        verified, no reason holds, or not on the list.
    sentence
        The explanation for the person concerned.
    formal
        The same for a regulator.
    heads
        Columns of the matrix of events and heads; empty for a model without heads.
    adds
        Whether the cells of the matrix are points that add up to the score, not attention.
    """

    session_id: str
    selection: str = Field(validation_alias="chosen", serialization_alias="chosen")
    candidate: str
    probability: str
    target: str
    target_rank: str
    status: str
    sentence: str
    formal: str
    badge: str
    warning: str
    reasons: tuple[ReasonText, ...]
    rejected: tuple[ReasonText, ...] = Field(validation_alias="dropped", serialization_alias="dropped")
    counterfactual: str
    events: tuple[EventLine, ...]
    unseen: int
    recommended: tuple[str, ...]
    heads: tuple[HeadColumn, ...] = ()
    adds: bool = False
    evidence: tuple[DashboardLink, ...]


class Answer(FrozenRecord):
    """A question that Article 27 of the DSA raises, a short answer, and the sections with the long one."""

    question: str
    source: str
    answer: str
    sections: tuple[str, ...]


class Hashes(FrozenRecord):
    """SHA-256 of the model's weights, and of the columns of the data."""

    weights: str
    catalogue: str
    events: str
    learned_from: str


class Document(FrozenRecord):
    """A whole report; `figures.json` is this record, and every other file is made from it.

    Attributes
    ----------
    made
        The date on which the pack was written; empty before. The content hash leaves it out.
    no_pdf
        Why there is no PDF; empty where there is one, and before the pack is written. The content hash leaves it out.
    noun
        What an item is called.
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
    noun: str = NOUN

    @model_serializer(mode="wrap")
    def _without_the_usual_noun(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the usual noun out, so that packs made before there were others keep their content hash."""
        fields: dict[str, Any] = write(self)
        if self.noun == NOUN:
            del fields["noun"]
        return fields

    def by_id(self) -> dict[str, Figure]:
        """Every figure by its id."""
        return {figure.id: figure for figure in self.figures}

    def section(self, key: str) -> Section:
        """The section of this key."""
        return next(section for section in self.sections if section.key == key)


def pieces(text: str, figures: Mapping[str, Figure]) -> Iterator[str | Figure]:
    """Cut a text into words and figures.

    Parameters
    ----------
    text : str
        Figures are cited in it as `[[id]]`; brackets that name no figure stay words.
    figures : mapping of str to Figure
        By their ids.

    Yields
    ------
    str or Figure
    """
    end = 0
    for match in REF.finditer(text):
        figure = figures.get(match[1])
        if figure is not None:
            yield text[end : match.start()]
            yield figure
            end = match.end()
    yield text[end:]


def plain_text(text: str, figures: Mapping[str, Figure]) -> str:
    """Write out the figures of a text.

    Parameters
    ----------
    text : str
        Figures are cited in it as `[[id]]`.
    figures : mapping of str to Figure
        By their ids.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_text("in [[n]] sessions", {"n": Figure(id="n", label="sessions", value=1600, unit="count")})
    'in 1,600 sessions'
    """
    return "".join(piece if isinstance(piece, str) else in_words(piece) for piece in pieces(text, figures))


def in_words(figure: Figure) -> str:
    """Write a figure with its unit: 31.7%, 4.5 times, 1,600."""
    return _written(figure.value, figure.unit)


def interval_in_words(figure: Figure) -> str:
    """Write a figure's 95 % interval, percentage points without their unit; empty where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = _written(figure.low, figure.unit), _written(figure.high, figure.unit)
    if figure.unit == "points":  # the figure itself, beside it, has the unit
        high = high.partition(SPACE)[0]
    return f"{low.partition(SPACE)[0].rstrip('%')} to {high}"  # the unit stands once, after both


def _written(value: float, unit: Unit) -> str:
    return str(WRITE[unit](value)).replace(" ", SPACE, 1)


def _factor(value: float) -> str:
    return f"{value:,.0f} times" if value >= 10 else f"{value:.1f} times" if value >= 1.95 else f"{value:.2f} times"


WRITE: dict[Unit, Any] = {
    "share": lambda value: shown_number(value, ".1%"),
    "points": lambda value: f"{shown_number(100 * value, '+.1f')} percentage points",
    "score points": lambda value: f"{shown_number(value, ',.1f')} points",
    "nats": shown_number,
    "factor": _factor,
    "count": lambda value: shown_number(value, ",.0f"),
    "number": lambda value: shown_number(value, ",.3f"),
}
"""How each unit is written."""
