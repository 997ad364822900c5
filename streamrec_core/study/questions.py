"""Questions of a study: which of two events, neither named by any explanation, the recommendation depends on more.

A question about an event that a text names asks for what the text prints, and rewards reading it instead of having
understood the model. So both events of a question are events that no arm's text names, neither by title nor by
category, and nothing can be copied: who answers right has predicted the model (counterfactual simulatability,
Doshi-Velez and Kim 2017, "Towards a rigorous science of interpretable machine learning").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.removal import remove_each
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.models.protocol import SessionModel

Prediction = Literal["earlier", "later"]
PREDICTIONS: tuple[Prediction, ...] = ("earlier", "later")
LEAST_EVENTS = 3
"""Shorter histories leave too little when an event is removed."""
LEAST_GAP = 0.05
"""Nats of log-probability by which the two events of a question differ: about a twentieth of the probability."""


class ArmText(Settings):
    """The text of one arm for one case or, where it has none, why not; never a stand-in.

    Attributes
    ----------
    text : str
        Empty where the arm cannot word the case.
    absent : str
        Why not; empty where there is a text.
    events : tuple of int
        Positions in the history that the text is about, those it only counts ("and 2 more") included.
    """

    text: str = ""
    absent: str = ""
    events: tuple[int, ...] = ()


@dataclass(frozen=True)
class Question:
    """The question: without which of two events is the recommended title less likely?

    Attributes
    ----------
    positions : (int, int)
        Of the two events in the history, the earlier one first.
    truth : str
        "earlier" or "later": the event without which the title's probability is lower.
    probabilities : (float, float)
        Of the title without the earlier and without the later event.
    gap : float
        Difference of the two log-probabilities, in nats; at least `LEAST_GAP`.
    """

    positions: tuple[int, int]
    truth: Prediction
    probabilities: tuple[float, float]
    gap: float


def questions(
    model: SessionModel, dataset: DataSet, history: Session, candidate: int, texts: Iterable[ArmText]
) -> tuple[Question, ...]:
    """Build every question that can be asked about a recommendation, the widest gap first.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    history : Session
        At most as many events as the model sees.
    candidate : int
        Catalogue row of the recommended title.
    texts : iterable of ArmText
        Of all arms of the study.

    Returns
    -------
    tuple of Question
        Empty where fewer than two events are left to ask about, or none differ by `LEAST_GAP`.
    """
    positions = unnamed(dataset.catalogue, history, candidate, texts)
    if len(positions) < 2:
        return ()
    (removal,) = remove_each(model, dataset.catalogue, [case_of(history, candidate, model, dataset.card.filter_seen)])
    left = removal.log_probability - removal.effect  # (L,) log-probability of the title without each event
    pairs = [_question(left, pair) for pair in combinations(positions, 2)]
    return tuple(sorted((pair for pair in pairs if pair.gap >= LEAST_GAP), key=lambda pair: -pair.gap))


def unnamed(catalogue: Catalogue, history: Session, candidate: int, texts: Iterable[ArmText]) -> tuple[int, ...]:
    """Find the positions of events that a question may name and that no text names.

    A text names an event where it is about it, holds its title, or holds the name of its category, whatever the
    letter case. Titles and categories are searched for as parts of the text, so that a short one may count as named
    although it is not; the reverse cannot happen.

    Parameters
    ----------
    catalogue : Catalogue
    history : Session
    candidate : int
        Catalogue row of the recommended title.
    texts : iterable of ArmText

    Returns
    -------
    tuple of int
    """
    spoken = [text for text in texts if text.text]
    words = "\n".join(text.text for text in spoken).casefold()
    events = {position for text in spoken for position in text.events}
    return tuple(
        position
        for position in askable(catalogue, history, candidate)
        if position not in events
        and catalogue.titles[history.items[position]].casefold() not in words
        and catalogue.category(int(history.items[position])).casefold() not in words
    )


def askable(catalogue: Catalogue, history: Session, candidate: int) -> tuple[int, ...]:
    """Find the positions of events that a title identifies: not neutral, and of a title that occurs once.

    Parameters
    ----------
    catalogue : Catalogue
    history : Session
    candidate : int
        Catalogue row of the recommended title.

    Returns
    -------
    tuple of int
    """
    titles = Counter(catalogue.titles[row] for row in history.items)
    titles[catalogue.titles[candidate]] += 1
    return tuple(
        position
        for position, row in enumerate(history.items)
        if not catalogue.neutral[row] and titles[catalogue.titles[row]] == 1
    )


def _question(left: np.ndarray[tuple[int], np.dtype[np.float64]], pair: tuple[int, int]) -> Question:
    earlier, later = (float(left[position]) for position in pair)
    return Question(
        positions=pair,
        truth="earlier" if earlier < later else "later",
        probabilities=(float(np.exp(earlier)), float(np.exp(later))),
        gap=abs(earlier - later),
    )
