"""Weigh what a model goes by: what its recommendations lose, over many sessions, when one main parameter is taken away.

A parameter is taken away where it enters: its events are left out of the history, a named term is switched off, or the
popularity of titles is taken out of the scores. The first works for any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.attribution.ablation import switched_off
from streamrec_core.attribution.case import Case, whole_batch
from streamrec_core.attribution.contribution import first_recommendations, owned_terms
from streamrec_core.attribution.removal import (
    SCORES_AT_ONCE,
    Standing,
    Values,
    Variant,
    joined_standing,
    stand,
    standing_of,
)
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.slices import few, share
from streamrec_core.models.counting import learned_events
from streamrec_core.models.protocol import SessionModel

Progress = Callable[[float], None]
"""Told the share done, 0 to 1."""
Way = Literal["events taken away", "made alike", "taken out of the scores", "named term off"]
K = 10
DRAWS = 2
"""Random sets of as many other events that each kind of event is compared with."""
DRAW_SEED = 42
FEWEST = 20
"""A parameter that fewer sessions have is not weighed."""

Content = npt.NDArray[np.int64]
Chooser = Callable[[Case, Content, Catalogue], Content]


@dataclass(frozen=True)
class Mean:
    """A mean over sessions with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Weight:
    """What one main parameter is worth to a model.

    Attributes
    ----------
    parameter : str
        recency, category, opening, engagement, repeats, popularity, series, or session for all events at once.
    way : str
        How it was taken away.
    sessions, of : int
        In how many sessions there was something to take away, of how many that were looked at. All figures are means
        over the former.
    fall : Mean
        Fall of the log-probability of the title that was recommended first, in nats.
    others : Mean or None
        The same when as many events are taken away at random; None where no events are taken away.
    leaves : Mean
        Share of these titles that are then no longer among the first ten.
    hit_before, hit_change : float, Mean
        Hit@10 with the parameter, and its paired change without it.
    """

    parameter: str
    way: Way
    sessions: int
    of: int
    fall: Mean
    others: Mean | None
    leaves: Mean
    hit_before: float
    hit_change: Mean


def _last(case: Case, content: Content, catalogue: Catalogue) -> Content:
    return content[-1:]


def _first(case: Case, content: Content, catalogue: Catalogue) -> Content:
    return content[:1]


def _category(case: Case, content: Content, catalogue: Catalogue) -> Content:
    own = catalogue.category_of[case.candidate]
    return content[catalogue.category_of[case.history.items[content]] == own]


def _again(case: Case, content: Content, catalogue: Catalogue) -> Content:
    """Every event of an item that comes up once more later."""
    items = case.history.items[content].tolist()
    return content[[item in items[place + 1 :] for place, item in enumerate(items)]]


KINDS: dict[str, Chooser] = {"recency": _last, "category": _category, "opening": _first, "repeats": _again}
"""Which events of a history belong to a parameter; those of `category` share that of the recommended title."""
OF_TERM = {
    "recency": "recency",
    "same category": "category",
    "opening": "opening",
    "repeat": "repeats",
    "same series": "series",
    "engagement": "engagement",
}
"""Which parameter a named term stands for."""


@dataclass(frozen=True, eq=False)
class _Session:
    """One session: its first recommendation, what really came next, and the places of its content."""

    first: Case
    target: Case
    content: Content


def weigh_parameters(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    train: Examples,
    progress: Progress | None = None,
) -> tuple[Weight, ...]:
    """Weigh every main parameter in every way that the model allows.

    Parameters
    ----------
    examples : Examples
        Sessions that are looked at.
    train : Examples
        What popularity is counted on.

    Raises
    ------
    BadInput
        There are fewer than `FEWEST` examples.
    """
    if len(examples) < FEWEST:
        raise BadInput(f"{len(examples)} sessions are too few to weigh parameters on; give {FEWEST} or more")
    sessions = _sessions(model, dataset, examples)
    scale = _Scale(model, dataset.catalogue, sessions)
    work: list[Callable[[], Weight | None]] = [
        *(partial(scale.events, name) for name in KINDS),
        scale.everything,
        partial(scale.engagement, _commonest(dataset)),
        partial(scale.popularity, _log_counts(dataset, train)),
        *(partial(scale.term, name) for name in owned_terms(model)),
    ]
    found = []
    for done, weigh in enumerate(work, start=1):
        found.append(weigh())
        if progress is not None:
            progress(done / len(work))
    return tuple(one for one in found if one is not None)


def _sessions(model: SessionModel, dataset: DataSet, examples: Examples) -> list[_Session]:
    targets = examples.targets(dataset.log).tolist()
    found = []
    for case, target in zip(first_recommendations(model, dataset, examples), targets, strict=True):
        content = np.flatnonzero(~dataset.catalogue.neutral[case.history.items])
        found.append(_Session(case, replace(case, candidate=target), content))
    return found


def _commonest(dataset: DataSet) -> int:
    return int(np.bincount(dataset.log.engagements, minlength=len(ENGAGEMENTS)).argmax())


def _log_counts(dataset: DataSet, train: Examples) -> Values:
    """(V,) logarithm of how often each item occurs in what is learned from, smoothed as popularity is."""
    counts = np.bincount(dataset.log.items[learned_events(dataset.log, train)], minlength=len(dataset.catalogue))
    return np.log(counts + 0.5)


class _Scale:
    """Weighs one parameter at a time over the same sessions."""

    def __init__(self, model: SessionModel, catalogue: Catalogue, sessions: Sequence[_Session]) -> None:
        self.model, self.catalogue, self.sessions = model, catalogue, sessions
        self.first, self.target = self._stand([((), one.first, one.target) for one in sessions])

    def events(self, name: str) -> Weight | None:
        """Leave the events of a kind out, and as many others at random."""
        rng = np.random.default_rng(DRAW_SEED)
        rows, gone = [], []
        drawn: list[Variant] = []
        for row, one in enumerate(self.sessions):
            places = KINDS[name](one.first, one.content, self.catalogue)
            if 0 < len(places) < len(one.content):
                rows.append(row)
                gone.append((tuple(places.tolist()), one.first, one.target))
                drawn += [
                    (one.first, tuple(sorted(rng.choice(one.content, len(places), replace=False).tolist())), "drop")
                    for _ in range(DRAWS)
                ]
        if len(rows) < FEWEST:
            return None
        at_random = stand(self.model, self.catalogue, drawn).log_probability.reshape(-1, DRAWS).mean(1)
        others = self.first.log_probability[rows] - at_random
        return self._weight(name, "events taken away", rows, self._stand(gone), _mean(others))

    def everything(self) -> Weight:
        """Hide the whole session."""
        rows = [*range(len(self.sessions))]
        gone = [(tuple(range(len(one.first.history))), one.first, one.target) for one in self.sessions]
        return self._weight("session", "events taken away", rows, self._stand(gone))

    def engagement(self, code: int) -> Weight | None:
        """Give every event the same engagement."""
        rows = [row for row, one in enumerate(self.sessions) if (one.first.history.engagements != code).any()]
        if len(rows) < FEWEST:
            return None
        alike = []
        for row in rows:
            one = self.sessions[row]
            marks = np.full_like(one.first.history.engagements, code)
            history = replace(one.first.history, engagements=marks)
            alike.append(((), replace(one.first, history=history), replace(one.target, history=history)))
        return self._weight("engagement", "made alike", rows, self._stand(alike))

    def popularity(self, log_counts: Values) -> Weight:
        """Score as though every title had been chosen equally often (logit adjustment; Menon et al. 2021, eq. 9)."""
        rows = [*range(len(self.sessions))]
        taken = torch.from_numpy(log_counts).float()
        step = max(1, SCORES_AT_ONCE // len(self.catalogue))
        parts: list[tuple[Standing, Standing]] = []
        for start in range(0, len(rows), step):
            part = self.sessions[start : start + step]
            with torch.inference_mode():
                scores = self.model.logits(whole_batch([one.first for one in part], self.catalogue)) - taken
                parts.append(
                    (
                        standing_of(scores, [one.first for one in part], self.catalogue),
                        standing_of(scores, [one.target for one in part], self.catalogue),
                    )
                )
        order: IntArray = np.arange(len(rows), dtype=np.int64)
        after = (joined_standing([own for own, _ in parts], order), joined_standing([own for _, own in parts], order))
        return self._weight("popularity", "taken out of the scores", rows, after)

    def term(self, name: str) -> Weight:
        """Switch a named term off in every head."""
        with switched_off(self.model, terms=[name]):
            after = self._stand([((), one.first, one.target) for one in self.sessions])
        return self._weight(OF_TERM[name], "named term off", [*range(len(self.sessions))], after)

    def _stand(self, variants: Sequence[tuple[tuple[int, ...], Case, Case]]) -> tuple[Standing, Standing]:
        """How first recommendations, and targets, stand without these events."""
        both: list[Variant] = [(case, gone, "drop") for gone, *cases in variants for case in cases]
        found = stand(self.model, self.catalogue, both)
        return _every_other(found, 0), _every_other(found, 1)

    def _weight(
        self,
        name: str,
        way: Way,
        rows: list[int],
        after: tuple[Standing, Standing],
        others: Mean | None = None,
    ) -> Weight:
        first, target = after
        before = (self.target.rank[rows] <= K).astype(np.float64)
        gone = (first.rank > K).astype(np.float64)
        change = (target.rank <= K).astype(np.float64) - before
        return Weight(
            parameter=name,
            way=way,
            sessions=len(rows),
            of=len(self.sessions),
            fall=_mean(self.first.log_probability[rows] - first.log_probability),
            others=others,
            leaves=Mean(float(gone.mean()), *share(gone)),
            hit_before=float(before.mean()),
            hit_change=Mean(float(change.mean()), *few(change, lowest=-1.0)),
        )


def _every_other(found: Standing, start: int) -> Standing:
    return Standing(found.value[start::2], found.log_probability[start::2], found.rank[start::2], found.top[start::2])


def _mean(values: Values) -> Mean:
    return Mean(float(values.mean()), *interval(values))
