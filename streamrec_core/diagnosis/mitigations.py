"""Mitigations of an attention sink, each measured: leave the item out, hide it, mark it neutral, or retrain without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamrec_core.attention.measures import same_category
from streamrec_core.attribution.candidate_scores import RemovalMode, Variant, score_variants
from streamrec_core.attribution.case import case_of
from streamrec_core.data.catalogue import NEUTRAL, Catalogue, IntArray
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, Session, ragged
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.lift import presence
from streamrec_core.diagnosis.occurrences import mean_attention
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import Values, hits, interval
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.verified import verify_many
from streamrec_core.models.protocol import SessionModel

EXPLAINED = 12
"""Number of sessions whose explanations are made before and after."""


@dataclass(frozen=True)
class Mitigation:
    """A mitigation at prediction time.

    Attributes
    ----------
    how : RemovalMode or None
        How the item's events are removed from a history before the model reads it; None: they stay.
    neutral : bool
        Whether the item is marked neutral: never recommended, never named in a reason, without a category.
    """

    title: str
    words: str
    how: RemovalMode | None
    neutral: bool


MITIGATIONS: dict[str, Mitigation] = {
    "as it is": Mitigation("As it is", "nothing is changed", None, False),
    "left out": Mitigation(
        "Left out at prediction", "its events are dropped before the model reads the session", "drop", False
    ),
    "hidden": Mitigation("Hidden at prediction", "its events keep their positions and get no attention", "mask", False),
    "neutral": Mitigation("Marked neutral", "it is never recommended, never a reason, and has no category", None, True),
}


@dataclass(frozen=True, eq=False)
class MitigationResult:
    """One mitigation over the n sessions that contain the item.

    Attributes
    ----------
    hit : (n,) float64
        1 where the target is among the ten.
    attention_on_it : float
        Mean share of the attention, averaged over heads, on the item.
    attention_on_category : float or None
        Mean share on events of the last item's category; None where events are hidden.
    naming_it, naming_something : float or None
        Share of `explained` first looks that name the item, and that name anything; None where events are hidden.
    confirmed : float or None
        Share of `explained` recommendations with a reason that the removal of its events confirms.
    explained : int
        Number of explained sessions.
    """

    mitigation: str
    hit: Values
    attention_on_it: float
    attention_on_category: float | None
    naming_it: float | None
    naming_something: float | None
    confirmed: float | None
    explained: int

    @property
    def hit_at_ten(self) -> float:
        """Hit@10."""
        return float(self.hit.mean())

    @property
    def hit_interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of Hit@10 over sessions."""
        return interval(self.hit)

    def gain(self, before: MitigationResult) -> tuple[float, tuple[float, float]]:
        """Difference in Hit@10 from `before`, paired by session, and its 95 % interval."""
        return float((self.hit - before.hit).mean()), interval(self.hit - before.hit)


def sessions_with(dataset: DataSet, examples: Examples, row: int) -> Examples:
    """Select the examples whose history contains an item.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
    row : int
        Catalogue row of the item.

    Returns
    -------
    examples : Examples

    Raises
    ------
    BadInput
        No history contains it.
    """
    matches = examples.take(np.flatnonzero(presence(dataset, examples, np.array([row]))[0]))
    if not len(matches):
        raise BadInput(f"none of the {len(examples):,} sessions contains {dataset.catalogue.titles[row]!r}")
    return matches


def measure_mitigation(
    model: SessionModel, dataset: DataSet, examples: Examples, row: int, name: str
) -> MitigationResult:
    """Measure one mitigation on examples whose history contains the item.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        From `sessions_with`.
    row : int
        Catalogue row of the item.
    name : str
        Key in `MITIGATIONS`.

    Returns
    -------
    MitigationResult

    Raises
    ------
    BadInput
        The name is unknown.
    """
    if name not in MITIGATIONS:
        raise BadInput(f"unknown mitigation {name!r}; choose one of {', '.join(MITIGATIONS)}")
    mitigation = MITIGATIONS[name]
    seen = marked_neutral(dataset, row) if mitigation.neutral else dataset
    sessions = examples.histories(dataset.log)
    left = [_left(session, row) if mitigation.how == "drop" else session for session in sessions]
    blind = mitigation.how == "mask" or not model.attention_probes()
    attention = None if blind else list(mean_attention(model, left, len(seen.catalogue)))
    on_it, on_category = _attention(attention, left, row, seen.catalogue, model.max_events)
    named = None if mitigation.how == "mask" else _explained(model, seen, left[:EXPLAINED], row)
    return MitigationResult(
        mitigation=name,
        hit=hits(_ranks(model, seen, left, examples.targets(dataset.log), row if mitigation.how == "mask" else None)),
        attention_on_it=on_it,
        attention_on_category=on_category,
        naming_it=named[0] if named else None,
        naming_something=named[1] if named else None,
        confirmed=named[2] if named else None,
        explained=min(EXPLAINED, len(left)),
    )


def _left(session: Session, row: int) -> Session:
    """The history without the item; a history of nothing else stays as it is, since no model predicts from nothing."""
    others = session.items != row
    return session.take(others) if others.any() else session


def _ranks(
    model: SessionModel, dataset: DataSet, sessions: Sequence[Session], targets: IntArray, hidden: int | None
) -> IntArray:
    """(n,) ranks of the targets, with the events of `hidden` masked in place, if any."""
    variants: list[Variant] = []
    for session, target in zip(sessions, targets, strict=True):
        case = case_of(session, int(target), model, dataset.card.filter_seen)
        positions = tuple(np.flatnonzero(case.history.items == hidden).tolist())
        variants.append((case, positions, "mask"))
    scores = score_variants(model, dataset.catalogue, variants)
    return np.where(np.isfinite(scores.log_probability), scores.rank, len(dataset.catalogue) + 1)


def _attention(
    attention: list[Values] | None, sessions: Sequence[Session], row: int, catalogue: Catalogue, max_events: int
) -> tuple[float, float | None]:
    if attention is None:
        return 0.0, None
    windows = [session.items[-max_events:] for session in sessions]
    on_it = [float(weights[items == row].sum()) for weights, items in zip(attention, windows, strict=True)]
    on_category = [
        float(weights[same_category(items, catalogue)].sum()) for weights, items in zip(attention, windows, strict=True)
    ]
    return float(np.mean(on_it)), float(np.mean(on_category))


def _explained(
    model: SessionModel, dataset: DataSet, sessions: Sequence[Session], row: int
) -> tuple[float, float, float]:
    """Shares of first looks that name the item, of those that name anything, of those with a confirmed reason."""
    explained = [explain(model, dataset, session) for session in sessions]
    named = [
        {int(explanation.history.items[at]) for reason in explanation.reasons for at in reason.positions}
        for explanation in explained
    ]
    checked = verify_many(model, dataset, list(zip(explained, sessions, strict=True)))
    shares = (
        [row in rows for rows in named],
        [bool(rows) for rows in named],
        [bool(explanation.confirmed) for explanation in checked],
    )
    it, something, confirmed = (float(np.mean(share)) for share in shares)
    return it, something, confirmed


def marked_neutral(dataset: DataSet, row: int) -> DataSet:
    """Copy a data set and mark an item neutral in its catalogue; the events stay.

    Parameters
    ----------
    dataset : DataSet
    row : int
        Catalogue row of the item.

    Returns
    -------
    DataSet
        The same object where the item is neutral already.
    """
    catalogue = dataset.catalogue
    if catalogue.neutral[row]:
        return dataset
    categories = catalogue.categories if NEUTRAL in catalogue.categories else (*catalogue.categories, NEUTRAL)
    neutral, codes = catalogue.neutral.copy(), catalogue.category_of.copy()
    neutral[row], codes[row] = True, categories.index(NEUTRAL)
    changed = replace(catalogue, categories=categories, neutral=neutral, category_of=codes)
    return _derived(dataset, changed, dataset.log, f"{catalogue.item_ids[row]} marked neutral")


def left_out(dataset: DataSet, row: int) -> DataSet:
    """Copy a data set without an item's events; the catalogue stays, so that models of both can be compared.

    Parameters
    ----------
    dataset : DataSet
    row : int
        Catalogue row of the item.

    Returns
    -------
    DataSet
        Without the sessions that would have fewer than two events.

    Raises
    ------
    BadInput
        No session would be left.
    """
    log = dataset.log
    session = np.repeat(np.arange(len(log)), log.lengths)
    stays = np.bincount(session[log.items != row], minlength=len(log)) >= 2
    if not stays.any():
        raise BadInput(f"without {dataset.catalogue.titles[row]!r} no session with two events is left")
    remaining = (log.items != row) & stays[session]
    users = log.user_ids
    changed = EventLog(
        session_ids=tuple(name for name, stay in zip(log.session_ids, stays, strict=True) if stay),
        offsets=ragged(np.bincount(session[remaining], minlength=len(log))[stays]),
        items=log.items[remaining],
        engagements=log.engagements[remaining],
        timestamps=None if log.timestamps is None else log.timestamps[remaining],
        user_ids=None if users is None else tuple(name for name, stay in zip(users, stays, strict=True) if stay),
    )
    return _derived(dataset, dataset.catalogue, changed, f"without {dataset.catalogue.item_ids[row]}")


RETRAINING_DATA: dict[str, Callable[[DataSet, int], DataSet]] = {"neutral": marked_neutral, "without": left_out}
"""Data sets to retrain on."""


def _derived(dataset: DataSet, catalogue: Catalogue, log: EventLog, change: str) -> DataSet:
    card = dataset.card.model_dump(exclude={"counts", "hashes", "generator", "name", "source"})
    made = make_dataset(catalogue, log, name=dataset.name, source=f"{dataset.card.source}; {change}", **card)
    return DataSet(made.card, catalogue, log)
