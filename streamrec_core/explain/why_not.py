"""Why not: why a title was not shown, by its rank, by what was filtered around the model, and by what would lift it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.attribution.bring_in import bring_in
from streamrec_core.attribution.bring_in_record import BringIn, BringInSettings
from streamrec_core.attribution.case import case_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import NOUN
from streamrec_core.data.filter_records import FilterRecord, FilterRecords
from streamrec_core.data.log import Session
from streamrec_core.data.nouns import plural
from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.models.protocol import SessionModel

BRING_IN_NOTE = (
    "What is named is enough, and rarely the only thing that is: the same search over random titles brings in nearly "
    "as many, so that most of it is the search, not a link that the model learned."
)
"""Measured in BENCHMARKS.md, "What brings a title on the list?"."""
WhyNotCause = Literal["filtered", "neutral", "unknown", "seen", "listed", "ranked lower"]


@dataclass(frozen=True, eq=False)
class WhyNot:
    """Why a title was not shown after a history.

    Attributes
    ----------
    title, item_id, session_id, model : str
    cause : str
        filtered: a record says that something around the model removed it; neutral, unknown or seen: the model never
        recommends it here; listed: it is on the model's list; ranked lower: other titles score higher.
    k : int
        Length of the list.
    rank : int
        Rank that the model gives it, filters of seen items left aside; 0 where it gives none.
    items : int
        Titles that can be ranked.
    gap : float or None
        Nats by which the last title of the list is more likely; negative where the title is on the list.
    last_title : str
        The last title of the list; empty where nothing can be recommended.
    noun : str
        Of the data set.
    records : tuple of FilterRecord
    bring_in : BringIn or None
        What would lift it; None where it was not searched.
    """

    title: str
    item_id: str
    session_id: str
    model: str
    cause: WhyNotCause
    k: int
    rank: int
    items: int
    gap: float | None
    last_title: str
    noun: str = NOUN
    records: tuple[FilterRecord, ...] = ()
    bring_in: BringIn | None = None

    @property
    def text(self) -> str:
        """The answer in plain words."""
        return why_not_words(self)


def why_not(
    model: SessionModel,
    dataset: DataSet,
    history: Session,
    title: int,
    k: int = TOP,
    filters: FilterRecords | None = None,
) -> WhyNot:
    """Say why a title was not shown after a history; `bring_in_title` says what would lift it.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    history : Session
        The whole one.
    title : int
        Catalogue row.
    k : int
        Length of the list.
    filters : FilterRecords or None
        What was removed around the model.

    Returns
    -------
    WhyNot
    """
    catalogue = dataset.catalogue
    ranked = score_history(model, catalogue, history, filter_seen=False)
    shown = score_history(model, catalogue, history, dataset.card.filter_seen) if dataset.card.filter_seen else ranked
    last = int(shown.order[min(k, len(shown.order)) - 1]) if len(shown.order) else None
    rank = int(shown.ranks[title] or ranked.ranks[title])
    records = () if filters is None else filters.of(history.session_id, catalogue.item_ids[title])
    return WhyNot(
        title=catalogue.titles[title],
        item_id=catalogue.item_ids[title],
        session_id=history.session_id,
        model=model.name,
        cause="filtered" if records else _cause(model, dataset, history, title, int(shown.ranks[title]) <= k),
        k=k,
        rank=rank,
        items=len(ranked.order),
        gap=None if last is None or not rank else float(ranked.scores[last] - ranked.scores[title]),
        last_title="" if last is None else catalogue.titles[last],
        noun=catalogue.words.noun,
        records=records,
    )


def bring_in_title(
    model: SessionModel,
    dataset: DataSet,
    history: Session,
    title: int,
    train: Examples,
    settings: BringInSettings | None = None,
) -> BringIn:
    """Search the smallest addition or swap that brings a title on the list.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    history : Session
        The whole one.
    title : int
        Catalogue row.
    train : Examples
        Sessions that were trained on: where the items to try come from.
    settings : BringInSettings or None

    Returns
    -------
    BringIn

    Raises
    ------
    BadInput
        The title cannot be recommended, or is on the list already.
    """
    search = settings or BringInSettings()
    case = case_of(history, title, model, dataset.card.filter_seen)
    pool = addition_pool(dataset, train, title, search.items)
    return bring_in(model, dataset.catalogue, case, pool, search)


def _cause(model: SessionModel, dataset: DataSet, history: Session, title: int, listed: bool) -> WhyNotCause:
    """Why the model does not list a title that no record says was filtered."""
    item_match = getattr(model, "item_match", None)
    if dataset.catalogue.neutral[title]:
        return "neutral"
    if item_match is not None and item_match.rows[title] < 0:
        return "unknown"
    if dataset.card.filter_seen and title in history.items:
        return "seen"
    return "listed" if listed else "ranked lower"


def why_not_words(answer: WhyNot) -> str:
    """The answer in plain words, with no more than was measured."""
    title = shown_text(answer.title)
    ranked = f"{answer.model} ranks it {answer.rank:,} of {answer.items:,}"
    if answer.cause == "filtered":
        causes = " and ".join(
            f'{record.stage or "a filter"} removed it ("{shown_text(record.reason)}")' for record in answer.records
        )
        if not answer.rank:
            return f"{title} was not shown because {causes}. {answer.model} does not rank it either."
        without = "would have shown it" if answer.rank <= answer.k else f"is beyond the first {answer.k} as well"
        joint = f"{ranked}, which {without}."
        return f"{title} was not shown because {causes}. {joint}"
    fixed = {
        "neutral": "is neutral: it is in the log, but never recommended.",
        "unknown": f"is unknown to {answer.model}: it was not among the items that it learned, so it has no score.",
        "seen": f"is in the history, and {plural(answer.noun)} of the history are filtered here. "
        f"Without that, {ranked}.",
        "listed": f"has rank {answer.rank}, so it is among the first {answer.k} of {answer.model}. If it was not "
        "shown, something behind the model removed it; no record says what.",
    }
    if answer.cause in fixed:
        return f"{title} {fixed[answer.cause]}"
    times = (
        ""
        if answer.gap is None
        else f"; the {answer.noun} on rank {answer.k}, {shown_text(answer.last_title)}, "
        f"is {_times(answer.gap)} as likely"
    )
    return f"{title} was not shown because {ranked}{times}.{_lift_words(answer.bring_in, answer.noun)}"


def _times(gap: float) -> str:
    factor = float(np.exp(min(gap, 50.0)))
    return f"{factor:.1f} times" if factor < 10 else f"{factor:,.0f} times" if factor < 10_000 else "over 10,000 times"


def _lift_words(lift: BringIn | None, noun: str) -> str:
    return "" if lift is None else f" {bring_in_words(lift, noun)}"


def bring_in_words(lift: BringIn, noun: str = NOUN) -> str:
    """What would bring a title on the list, in one sentence.

    Parameters
    ----------
    lift : BringIn
    noun : str
        Of the data set.

    Returns
    -------
    str
    """
    if lift.edits is None:
        return (
            f"No change that was tried brings it among the first {lift.k}: {lift.tried:,} changed histories with "
            f"{lift.items:,} other {plural(noun)}, best rank {lift.rank_after:,}."
        )
    added = [name for edit, name in zip(lift.edits, lift.names, strict=True) if edit.kind == "add"]
    swapped = [
        f"{name} in place of event {lift.number(edit)}"
        for edit, name in zip(lift.edits, lift.names, strict=True)
        if edit.kind == "swap"
    ]
    parts = [f"{' and '.join(added)} at the end"] * bool(added) + swapped
    return f"With {', '.join(parts)}, it has rank {lift.rank_after}."
