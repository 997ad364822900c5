"""Recommend, explain and search counterfactuals after a session id, item titles or a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.counterfactual import Counterfactual, CounterfactualSettings, smallest_removal
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import history_of_items
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranked_catalogue import score_histories
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.explain import first_look
from streamrec_core.explain.record import Explanation, RankedItem
from streamrec_core.models.protocol import SessionModel
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd

Events = str | Session | Sequence[str]
"""Events to recommend or explain after: a session id of the data set, a history, or ids or titles of items in order."""


@dataclass(frozen=True)
class Recommendations(NotebookResult):
    """The first titles that a model recommends after a history, best first."""

    model: str
    items: tuple[RankedItem, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a title: rank, item id, title, category, probability."""
        import pandas as pd

        names = ("rank", "item_id", "title", "category", "probability")
        return pd.DataFrame({name: [getattr(item, name) for item in self.items] for name in names})

    def summary(self) -> tuple[str, ...]:
        """Which model recommends how many."""
        return (f"{len(self.items)} recommendations of {self.model}",)


def recommend(model: SessionModel, dataset: DataSet, events: Events, k: int = TOP) -> Recommendations:
    """The first k recommendations after some events.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    events : str, Session or sequence of str
        A session id of the data set (its last event, the target, is left out), a history, or ids or titles of items.
    k : int

    Returns
    -------
    Recommendations
        Fewer than k where fewer titles can be recommended.

    Raises
    ------
    BadInput
        There is no such session or item, or no event.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> recommend(model, data, "17", k=2).to_pandas()["title"].tolist()
    ['The Signal at Copper Creek, Episode 2: The Key', 'The Hour of Tarn End, Episode 7: Blind Spot']
    """
    history, _ = _history_and_target(dataset, events)
    (scored,) = score_histories(model, dataset.catalogue, [history], dataset.card.filter_seen)
    rows = scored.best(k).tolist()
    return Recommendations(model.name, tuple(first_look.ranked_item(dataset.catalogue, scored, row) for row in rows))


def explain_session(
    model: SessionModel, dataset: DataSet, events: Events, candidate: int | str | None = None
) -> Explanation:
    """Explain a recommendation after some events: the first look, which `verify` checks.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    events : str, Session or sequence of str
        As for `recommend`.
    candidate : int, str or None
        The item to explain, by catalogue row, id or title; None: the first recommendation.

    Returns
    -------
    Explanation
        Rank 0 and no reasons where the candidate is never recommended.

    Raises
    ------
    BadInput
        There is no such session or item, no event, or nothing can be recommended.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> explanation = explain_session(model, data, "17")
    >>> explanation.candidate.title
    'The Signal at Copper Creek, Episode 2: The Key'
    >>> explain_session(model, data, "17", "Zero Platform").candidate.rank > 1
    True
    """
    history, target = _history_and_target(dataset, events)
    row = dataset.catalogue.row(candidate) if isinstance(candidate, str) else candidate
    return first_look.explain(model, dataset, history, target, row)


def counterfactual(model: SessionModel, dataset: DataSet, explanation: Explanation, **settings: Any) -> Counterfactual:
    """The fewest events without which the explained title leaves the first ten.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    explanation : Explanation
    **settings
        Fields of `CounterfactualSettings`, such as `k` and `most_removed`.

    Returns
    -------
    Counterfactual

    Raises
    ------
    BadInput
        The title is not among the first k to begin with, or a setting is unknown or out of range.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> counterfactual(model, data, explain_session(model, data, "17")).titles
    ('The Signal at Copper Creek, Episode 1: The Bridge',)
    """
    case = case_of(explanation.every_event, explanation.candidate.row, model, dataset.card.filter_seen)
    limits = CounterfactualSettings.parse(settings, "counterfactual")
    return smallest_removal(model, dataset.catalogue, case, limits)


def _history_and_target(dataset: DataSet, events: Events) -> tuple[Session, int | None]:
    """The events before the target, and the target's catalogue row where it is known."""
    if isinstance(events, Session):
        return events, None
    if not isinstance(events, str):
        return history_of_items(events, dataset.catalogue), None
    session = dataset.log.session(dataset.log.row(events))
    if len(session) < 2:
        raise BadInput(f"session {events!r} has one event and so no history; choose a longer one")
    return session.until(-1), int(session.items[-1])
