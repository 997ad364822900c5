"""What the matrix is drawn from: events as rows, heads as columns, what each adds to the title, removal beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.measures import HEAD_TYPES
from streamrec_core.attribution.contributions import Contributions
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS, category_colour
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import NOUN
from streamrec_core.data.nouns import in_noun
from streamrec_core.data.shown_number import POINTS, points_text
from streamrec_core.data.shown_text import shown_text
from streamrec_core.explain.head_phrases import head_phrase
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified_record import Verified

TITLE_WIDTH = 120
WORDS = {
    "corner": "Session, oldest first",
    "added": "What each head adds, in points",
    "attended": "Where each head looked: attention, no sign",
    "session": "The session, event by event",
    "without": "If it were taken away",
    "checking": "checking …",
    "score": "above the average title",
    "hint_session": "Point at an event to read what happens without it. Click to keep it; the arrow keys move.",
    "hint": "Point at a cell to read it. Click an event to keep it, or a head to open its full map; arrow keys move.",
}
QUANTITIES, SCALES = ("contribution", "attention"), ("shared", "own")


@dataclass(frozen=True)
class Ghost:
    """An event that a what-if took away.

    Attributes
    ----------
    before : int
        Position of the present event that it stood before; their number where it stood last.
    title : str
    """

    before: int
    title: str


@dataclass(frozen=True)
class MatrixOptions:
    """How a matrix is shown.

    Attributes
    ----------
    key : str
        Changes when another session, model or title is shown.
    session : str
        Names the session to the other components of a page.
    quantity : str
        contribution or attention; contributions need a model that is additive.
    scale : str
        shared: one colour scale for all heads; own: one a head.
    head, event : int or None
        The open head, counted layer by layer, and the locked event.
    expert : bool
        Whether cells show their figures.
    echo : bool
        Whether the state came from this very component.
    editable : bool
        Whether events can be taken away, moved and changed.
    ghosts : tuple of Ghost
        What an edit took away.
    edited : bool
        Whether anything is edited, so that it can be undone.
    compact : bool
        Whether the choices of quantity and scale are left out.
    pending : bool
        Whether the check is still to come, as `check_payload` to the component that brings it.
    """

    key: str = "matrix"
    session: str = "session"
    quantity: str = QUANTITIES[0]
    scale: str = SCALES[0]
    head: int | None = None
    event: int | None = None
    expert: bool = False
    echo: bool = False
    editable: bool = False
    ghosts: tuple[Ghost, ...] = field(default=())
    edited: bool = False
    compact: bool = False
    pending: bool = False


def matrix_payload(
    explanation: Explanation,
    dataset: DataSet,
    verified: Verified | None = None,
    parts: Contributions | None = None,
    options: MatrixOptions | None = None,
) -> dict[str, Any]:
    """Collect what the matrix is drawn from, as JSON can carry it.

    Parameters
    ----------
    explanation : Explanation
        One recommendation over L events; without heads the matrix shows the session and removal only.
    dataset : DataSet
        Titles, categories and words for engagements.
    verified : Verified or None
        What removing each event does; None where the title cannot be recommended or nothing is checked yet.
    parts : Contributions or None
        Of the explained title against the model's average, `contributions(..., foil="average")`; None for a model that
        is not additive, whose attention is shown instead.
    options : MatrixOptions or None

    Returns
    -------
    dict
    """
    settings, noun = options or MatrixOptions(), dataset.catalogue.words.noun
    return {
        "key": settings.key,
        "session": settings.session,
        "label": "Events of the session and what each head makes of them",
        "events": event_rows(explanation, dataset, named_positions(verified)),
        "heads": _heads(explanation, dataset),
        "added": None if parts is None else _added(parts),
        "attention": _attention(explanation),
        "without": None if verified is None else without_event(verified.evidence, noun),
        **({"sums": [], "base": [], "score": 0.0} if parts is None else _sums(parts, 0)),
        "words": {key: in_noun(text, noun) for key, text in WORDS.items()},
        "hidden": _hidden(explanation),
        "ghosts": [
            {"before": ghost.before, "title": shown_text(ghost.title, TITLE_WIDTH)} for ghost in settings.ghosts
        ],
        "marks": _marks(dataset) if settings.editable else None,
        "edited": settings.edited,
        "compact": settings.compact,
        "pending": settings.pending,
        "expert": settings.expert,
        "echo": settings.echo,
        "view": {
            "head": settings.head,
            "event": settings.event,
            "quantity": settings.quantity,
            "scale": settings.scale,
        },
    }


def _hidden(explanation: Explanation) -> str:
    """Which events are not shown, because the model does not read them; empty where it reads all."""
    older, read = explanation.history.start, len(explanation.history)
    events = "1 event" if older == 1 else f"{older:,} events"
    return f"{events} older than the {read} that this model reads" if older else ""


def check_payload(key: str, verified: Verified | None, noun: str = NOUN) -> dict[str, Any]:
    """Collect what the check adds to a matrix that was sent before it, `pending`.

    Parameters
    ----------
    key : str
        Key of the matrix.
    verified : Verified or None
        None where the title cannot be recommended.
    noun : str
        What the items are called.

    Returns
    -------
    dict
    """
    return {
        "key": key,
        "without": None if verified is None else without_event(verified.evidence, noun),
        "named": sorted(named_positions(verified)),
    }


def titles_payload(parts: Contributions) -> dict[str, dict[str, Any]]:
    """Collect what the heads add to several titles of one session, so that a matrix shows another one at once.

    Parameters
    ----------
    parts : Contributions
        Of n titles against the model's average.

    Returns
    -------
    dict
        By catalogue row: what `matrix_payload` holds of it; the contributions as tenths of points, 16 bits each.
    """
    tenths = np.rint(10 * np.round(POINTS * parts.values.reshape(len(parts.candidates), -1), 1)).astype(np.int64)
    fits = np.abs(tenths).max(axis=1, initial=0) < 2**15
    return {
        str(row): {
            "added": base64.b64encode(tenths[at].astype("<i2").tobytes()).decode(),
            **_sums(parts, at),
        }
        for at, row in enumerate(parts.candidates)
        if fits[at]
    }


def named_positions(verified: Verified | None) -> AbstractSet[int]:
    """Positions of the events that the checked sentence names singly; none where no reason is confirmed."""
    reasons = () if verified is None else verified.named
    return {at for named in reasons if named.reason.kind != "category" for at in named.reason.positions}


def event_rows(
    explanation: Explanation, dataset: DataSet, named: AbstractSet[int] = frozenset()
) -> list[dict[str, Any]]:
    """Describe the events of the history, oldest first, as the components in the browser take them.

    Parameters
    ----------
    explanation : Explanation
    dataset : DataSet
    named : set of int
        Positions to mark.

    Returns
    -------
    list of dict
        One an event, ready for JSON.
    """
    words, strong = dataset.catalogue.words.phrases, dataset.catalogue.words.prominent
    catalogue, history = dataset.catalogue, explanation.history
    return [
        {
            "title": shown_text(catalogue.titles[row], TITLE_WIDTH) or "untitled",
            "category": "no category" if catalogue.neutral[row] else shown_text(catalogue.category(row), TITLE_WIDTH),
            "colour": category_colour(int(catalogue.category_of[row]), bool(catalogue.neutral[row])),
            "mark": words[mark],
            "short": words[mark].removeprefix("watched ").removeprefix("rated ").removeprefix("added "),
            "strong": mark >= strong,
            "named": at in named,
            "number": history.number(at),
            "item": row,
        }
        for at, (row, mark) in enumerate(zip(history.items.tolist(), history.engagements.tolist(), strict=True))
    ]


def without_event(evidence: AttributionEvidence, noun: str = NOUN) -> dict[str, Any]:
    """Say what taking each event away does: points that the title loses, and its rank before and after, in words.

    Parameters
    ----------
    evidence : AttributionEvidence
    noun : str
        Of the data set.

    Returns
    -------
    dict
    """
    length, before = len(evidence.case.history), evidence.removal.rank
    ranks: Sequence[int] = evidence.ranks[:length].tolist()
    points: Sequence[float] = np.round(POINTS * evidence.removal.effect[:length], 1).tolist()
    return {
        "points": points,
        "texts": [
            f"{points_text(-value)}{f' · {before:,} → {rank:,}' if rank != before else ''}"
            for value, rank in zip(points, ranks, strict=True)
        ],
        "sentences": [
            f"Without it the {noun} goes from rank {before:,} to rank {rank:,}."
            if rank != before
            else f"Without it the {noun} stays at rank {before:,}."
            for rank in ranks
        ],
    }


def _sums(parts: Contributions, at: int) -> dict[str, Any]:
    """Sum of each head, what no event decides, and the score of one title, in points."""
    return {
        "sums": np.round(POINTS * parts.by_head[at].ravel(), 2).tolist(),
        "base": [["popularity and start", round(POINTS * float(parts.base[at]), 2)]],
        "score": round(POINTS * float(parts.scores[at]), 1),
    }


def _added(parts: Contributions) -> list[list[float]]:
    """(heads, L) contributions in points, layer by layer."""
    values: npt.NDArray[np.float64] = parts.values[0].reshape(-1, parts.values.shape[-1])
    rows: list[list[float]] = np.round(POINTS * values, 1).tolist()
    return rows


def _attention(explanation: Explanation) -> list[list[float]]:
    """(heads, L) per cent of each head's attention from the predicting position, layer by layer."""
    if not explanation.maps.size:
        return []
    rows: list[list[float]] = np.round(
        100 * explanation.maps[:, :, -1].reshape(-1, explanation.maps.shape[-1]).astype(np.float64), 1
    ).tolist()
    return rows


def _heads(explanation: Explanation, dataset: DataSet) -> list[dict[str, Any]]:
    return [
        {
            "name": f"Layer {reading.layer} head {reading.head}",
            "short": f"L{reading.layer}H{reading.head}",
            "type": reading.type,
            "colour": HEAD_TYPE_COLOURS[reading.type],
            "meaning": HEAD_TYPES[reading.type].meaning,
            "uniform": reading.type == reading.type_under_uniform and reading.type != "distributed",
            "phrase": head_phrase(reading, explanation.history, dataset.catalogue),
        }
        for reading in explanation.heads
    ]


def _marks(dataset: DataSet) -> Sequence[Sequence[str]]:
    """Engagement names as edits write them, and the words for each."""
    return list(zip(dataset.catalogue.words.engagements, dataset.catalogue.words.phrases, strict=True))
