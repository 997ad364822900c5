"""Ways out of a magnet item, each measured: leave it out, hide it, mark it neutral, or train without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamrec_core.attention.measures import same_category
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.removal import How, Variant, score_variants
from streamrec_core.data.catalogue import NEUTRAL, Catalogue, IntArray
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, Session, ragged
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.lift import presence
from streamrec_core.diagnosis.occurrences import histories, joined_attention
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import Values, hits, interval
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.verified import verify_many
from streamrec_core.models.protocol import SessionModel

EXPLAINED = 12
"""Sessions whose explanations are made before and after."""


@dataclass(frozen=True)
class Way:
    """A way out.

    Attributes
    ----------
    how : How or None
        How the item's events are taken from a history before the model reads it; None: they stay.
    neutral : bool
        Whether the item is marked neutral: never recommended, never named, of no category.
    """

    title: str
    words: str
    how: How | None
    neutral: bool


WAYS: dict[str, Way] = {
    "as it is": Way("As it is", "nothing is changed", None, False),
    "left out": Way(
        "Left out at prediction", "its events are dropped before the model reads the session", "drop", False
    ),
    "hidden": Way("Hidden at prediction", "its events keep their place and nobody looks at them", "mask", False),
    "neutral": Way("Marked neutral", "it is never recommended, never named as a reason, of no category", None, True),
}


@dataclass(frozen=True, eq=False)
class Outcome:
    """One way out over the n sessions that hold the item.

    Attributes
    ----------
    hit : (n,) float64
        1 where the target is among the ten.
    attention_on_it : float
        Mean share of the joined attention on the item.
    attention_on_category : float or None
        Mean share on events of the last item's category; None where they are
        hidden in place.
    naming_it, naming_something : float or None
        Share of `explained` first looks that name the item, and that name anything; None for hidden events.
    confirmed : float or None
        Share of `explained` recommendations for which a reason holds when its events are taken away.
    """

    way: str
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

    def gain(self, before: Outcome) -> tuple[float, tuple[float, float]]:
        """Hit@10 won over `before`, session by session, and its 95 % interval."""
        return float((self.hit - before.hit).mean()), interval(self.hit - before.hit)


def holding(dataset: DataSet, examples: Examples, row: int) -> Examples:
    """The examples whose history holds the item; raises `BadInput` where none does."""
    found = examples.take(np.flatnonzero(presence(dataset, examples, np.array([row]))[0]))
    if not len(found):
        raise BadInput(f"none of the {len(examples):,} sessions looked at holds {dataset.catalogue.titles[row]!r}")
    return found


def try_way(model: SessionModel, dataset: DataSet, examples: Examples, row: int, name: str) -> Outcome:
    """Measure one way out on examples that hold the item; raises `BadInput` for an unknown way."""
    if name not in WAYS:
        raise BadInput(f"unknown way {name!r}; choose one of {', '.join(WAYS)}")
    way = WAYS[name]
    seen = marked_neutral(dataset, row) if way.neutral else dataset
    sessions = histories(dataset, examples)
    left = [_left(session, row) if way.how == "drop" else session for session in sessions]
    blind = way.how == "mask" or not model.attention_probes()
    attention = None if blind else list(joined_attention(model, left, len(seen.catalogue)))
    on_it, on_category = _attention(attention, left, row, seen.catalogue, model.max_events)
    named = None if way.how == "mask" else _explained(model, seen, left[:EXPLAINED], row)
    return Outcome(
        way=name,
        hit=hits(_ranks(model, seen, left, examples.targets(dataset.log), row if way.how == "mask" else None)),
        attention_on_it=on_it,
        attention_on_category=on_category,
        naming_it=named[0] if named else None,
        naming_something=named[1] if named else None,
        confirmed=named[2] if named else None,
        explained=min(EXPLAINED, len(left)),
    )


def _left(session: Session, row: int) -> Session:
    """The history without the item; a history of nothing else stays as it is, since no model predicts from nothing."""
    kept = session.items != row
    return Session(session.session_id, session.items[kept], session.engagements[kept]) if kept.any() else session


def _ranks(
    model: SessionModel, dataset: DataSet, sessions: Sequence[Session], targets: IntArray, hidden: int | None
) -> IntArray:
    """(n,) ranks of the targets, with the events of `hidden` masked in place, if any."""
    variants: list[Variant] = []
    for session, target in zip(sessions, targets, strict=True):
        case = case_of(session, int(target), model, dataset.card.filter_seen)
        places = tuple(np.flatnonzero(case.history.items == hidden).tolist())
        variants.append((case, places, "mask"))
    found = score_variants(model, dataset.catalogue, variants)
    return np.where(np.isfinite(found.log_probability), found.rank, len(dataset.catalogue) + 1)


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
    """Share of first looks that name the item, that name anything, and of recommendations with a reason that holds."""
    explained = [explain(model, dataset, session) for session in sessions]
    named = [
        {int(found.history.items[place]) for reason in found.reasons for place in reason.positions}
        for found in explained
    ]
    checked = verify_many(model, dataset, list(zip(explained, sessions, strict=True)))
    shares = ([row in rows for rows in named], [bool(rows) for rows in named], [bool(one.confirmed) for one in checked])
    it, something, confirmed = (float(np.mean(share)) for share in shares)
    return it, something, confirmed


def marked_neutral(dataset: DataSet, row: int) -> DataSet:
    """The same events over a catalogue in which the item is neutral."""
    catalogue = dataset.catalogue
    if catalogue.neutral[row]:
        return dataset
    categories = catalogue.categories if NEUTRAL in catalogue.categories else (*catalogue.categories, NEUTRAL)
    neutral, codes = catalogue.neutral.copy(), catalogue.category_of.copy()
    neutral[row], codes[row] = True, categories.index(NEUTRAL)
    changed = replace(catalogue, categories=categories, neutral=neutral, category_of=codes)
    return _derived(dataset, changed, dataset.log, f"{catalogue.item_ids[row]} marked neutral")


def left_out(dataset: DataSet, row: int) -> DataSet:
    """The same sessions without the item's events; the catalogue stays, so that models of both can be compared.

    Sessions of which fewer than two events are left are dropped.
    """
    log = dataset.log
    session = np.repeat(np.arange(len(log)), log.lengths)
    stays = np.bincount(session[log.items != row], minlength=len(log)) >= 2
    if not stays.any():
        raise BadInput(f"without {dataset.catalogue.titles[row]!r} no session of two events is left")
    kept = (log.items != row) & stays[session]
    users = log.user_ids
    changed = EventLog(
        session_ids=tuple(name for name, stay in zip(log.session_ids, stays, strict=True) if stay),
        offsets=ragged(np.bincount(session[kept], minlength=len(log))[stays]),
        items=log.items[kept],
        engagements=log.engagements[kept],
        timestamps=None if log.timestamps is None else log.timestamps[kept],
        user_ids=None if users is None else tuple(name for name, stay in zip(users, stays, strict=True) if stay),
    )
    return _derived(dataset, dataset.catalogue, changed, f"without {dataset.catalogue.item_ids[row]}")


DATA_WAYS: dict[str, Callable[[DataSet, int], DataSet]] = {"neutral": marked_neutral, "without": left_out}
"""Data sets to train on anew."""


def _derived(dataset: DataSet, catalogue: Catalogue, log: EventLog, change: str) -> DataSet:
    card = dataset.card.model_dump(exclude={"counts", "hashes", "generator", "name", "source"})
    made = make_dataset(catalogue, log, name=dataset.name, source=f"{dataset.card.source}; {change}", **card)
    return DataSet(made.card, catalogue, log)
