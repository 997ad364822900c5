"""What a user's controls do to lists and accuracy: hide a title, less of a category, forget, no history.

Each control is a re-scoring or an edit of the history, and stands beside a floor: the same kind of change aimed at
something else. No user is simulated.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.control_uses import CONTROLS, LESS, ControlSession, ControlUse, Rows
from streamrec_core.diagnosis.gate.list_changes import jaccard
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY
from streamrec_core.evaluation.metrics import Values, interval
from streamrec_core.evaluation.ranked_catalogue import RankedCatalogue, score_histories
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.models.protocol import SessionModel

AT_ONCE = 64
SEED = 0


@dataclass(frozen=True)
class ControlOutcome:
    """Means over sessions, each with its 95 % interval.

    Attributes
    ----------
    lists_changed : float
        Share of the titles that change, 1 - Jaccard at 10.
    unwanted_change : float or None
        Change of the share of list places that the user wants less of; None where the control names nothing.
    hit_change : float
        Paired change of Hit@10.
    """

    lists_changed: float
    lists_changed_interval: tuple[float, float]
    unwanted_change: float | None
    unwanted_change_interval: tuple[float, float] | None
    hit_change: float
    hit_change_interval: tuple[float, float]


@dataclass(frozen=True)
class ControlEffect:
    """What one control does, beside its floor, on the sessions where both can be used.

    Attributes
    ----------
    control : str
        In `CONTROLS`.
    sessions : int
    hit_before : float
        Hit@10 without the control.
    unwanted_before : float or None
        Share of the list places that the user wants less of.
    used, floor : ControlOutcome
    """

    control: str
    sessions: int
    hit_before: float
    unwanted_before: float | None
    used: ControlOutcome
    floor: ControlOutcome

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure_controls(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[ControlEffect, ...]:
    """Use every control in every session, and its floor.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        Two or more; only histories with an event that is not neutral count.

    Returns
    -------
    tuple of ControlEffect
        Controls that no session gives anything to act on are left out.

    Raises
    ------
    BadInput
        There are fewer than two examples.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data, split
    >>> dataset = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", dataset)
    >>> [effect.control for effect in measure_controls(model, dataset, split(dataset).test.sample(20))][:2]
    ['hide the title', 'forget the title']
    """
    if len(examples) < 2:
        raise BadInput(f"controls are measured on two sessions or more, and there are {len(examples)}")
    targets = examples.targets(dataset.log)
    histories = examples.histories(dataset.log)
    before = _lists(model, dataset, histories, [ControlUse(history) for history in histories])
    sessions = [_session(history, titles, dataset.catalogue) for history, titles in zip(histories, before, strict=True)]
    rows = [row for row, session in enumerate(sessions) if len(session.content) and session.titles[0] != EMPTY]
    effects = []
    for name, control in CONTROLS.items():
        rng = np.random.default_rng(SEED)
        uses = {row: (control.use(sessions[row], rng), control.floor(sessions[row], rng)) for row in rows}
        both = {row: (use, floor) for row, (use, floor) in uses.items() if use is not None and floor is not None}
        if len(both) >= 2:
            effects.append(_effect(name, model, dataset, both, (histories, before, targets)))
    return tuple(effects)


def _session(history: Session, titles: IntArray, catalogue: Catalogue) -> ControlSession:
    listed = catalogue.category_of[titles[titles != EMPTY]]
    counts = np.bincount(listed, minlength=len(catalogue.categories)) * catalogue.telling
    category = int(counts.argmax()) if counts.any() else -1
    return ControlSession(history, titles, category, np.flatnonzero(~catalogue.neutral[history.items]), catalogue)


def _effect(
    name: str,
    model: SessionModel,
    dataset: DataSet,
    uses: dict[int, tuple[ControlUse, ControlUse]],
    sessions: tuple[list[Session], IntArray, IntArray],
) -> ControlEffect:
    """One control on the sessions (rows of histories, lists and targets) where it and its floor can be used."""
    histories, lists, targets = sessions
    rows = np.array(list(uses), np.int64)
    before, target = lists[rows], targets[rows]
    unwanted = [use.unwanted for use, _ in uses.values()]
    outcomes = []
    for side in (0, 1):
        used = [pair[side] for pair in uses.values()]
        after = _lists(model, dataset, [histories[row] for row in rows.tolist()], used)
        outcomes.append(_outcome(before, after, target, unwanted))
    shares = _shares(before, unwanted)
    return ControlEffect(
        name,
        len(rows),
        float(_hits(before, target).mean()),
        float(shares.mean()) if len(shares) else None,
        outcomes[0],
        outcomes[1],
    )


def _outcome(before: IntArray, after: IntArray, targets: IntArray, unwanted: list[Rows | None]) -> ControlOutcome:
    changed = 1 - jaccard(before, after)
    hit = _hits(after, targets) - _hits(before, targets)
    share = _shares(after, unwanted) - _shares(before, unwanted)
    return ControlOutcome(
        float(changed.mean()),
        interval(changed),
        float(share.mean()) if len(share) else None,
        interval(share) if len(share) else None,
        float(hit.mean()),
        interval(hit),
    )


def _hits(lists: IntArray, targets: IntArray) -> Values:
    return (lists == targets[:, None]).any(1).astype(np.float64)


def _shares(lists: IntArray, unwanted: list[Rows | None]) -> Values:
    """Share of each list that is unwanted, of the sessions where something is."""
    return np.array(
        [
            (mask[titles] & (titles != EMPTY)).sum() / max((titles != EMPTY).sum(), 1)
            for titles, mask in zip(lists, unwanted, strict=True)
            if mask is not None
        ]
    )


def _lists(model: SessionModel, dataset: DataSet, histories: list[Session], uses: list[ControlUse]) -> IntArray:
    """(M, 10) the list of each session where a control is used; what was seen before stays seen."""
    catalogue = dataset.catalogue
    lists = np.full((len(uses), min(TOP, len(catalogue))), EMPTY, np.int64)
    for start in range(0, len(uses), AT_ONCE):
        part = uses[start : start + AT_ONCE]
        ranked = score_histories(model, catalogue, [use.history for use in part], filter_seen=False)
        for row, (use, scored) in enumerate(zip(part, ranked, strict=True), start=start):
            seen = histories[row].items.tolist() if dataset.card.filter_seen else []
            titles = _list_of(scored, use, {*seen, *use.excluded}, catalogue)[: lists.shape[1]]
            lists[row, : len(titles)] = titles
    return lists


def _list_of(scored: RankedCatalogue, use: ControlUse, excluded: set[int], catalogue: Catalogue) -> IntArray:
    """Rows that can be listed, best first."""
    order = scored.order[~np.isin(scored.order, list(excluded))]
    if use.category < 0:
        return order
    scores = scored.scores[order] - math.log(LESS) * (catalogue.category_of[order] == use.category)
    return order[np.argsort(-scores, kind="stable")]
