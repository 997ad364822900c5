"""Null controls of the checks: random reasons, a random title, shuffled weights, an untrained network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field, computed_field, model_validator

from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, PartName, Split
from streamrec_core.evaluation.metrics import share_interval
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.explain.checks import check
from streamrec_core.explain.random_edits import Positions
from streamrec_core.explain.verified import verify_examples
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.popularity import training_counts
from streamrec_core.models.protocol import SessionModel

AT_ONCE = 16
FEWEST_EVENTS = 5
"""Events that a history needs to be counted; of fewer, nearly every random set is a proposed one too."""
MOST_NULLS = 50
"""Sessions on which noise is checked where no figures are stored; each is explained up to five times."""
BEYOND = 200
"""A random title ranks below so many first ones; in a small catalogue, below its first half."""


class NullShare(Settings):
    """Share of n explanations with a verified reason, and its 95 % interval (Wilson 1927), also of older files.

    Earlier versions stored a bootstrap interval, which has no width where none or all are verified.
    """

    verified: float = Field(ge=0, le=1)
    n: int = Field(ge=1)

    @model_validator(mode="before")
    @classmethod
    def _without_interval(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if name != "interval"}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def interval(self) -> tuple[float, float]:
        """Of `verified`."""
        return share_interval(round(self.verified * self.n), self.n)


class NullShares(Settings):
    """Share of verified explanations beside the null controls, on the same sessions; no title need be on the list.

    Attributes
    ----------
    ours : NullShare
        The first recommendation, reasons as they are proposed.
    random_reason : NullShare
        The first recommendation, random sets of events of the same sizes instead.
    random_title : NullShare or None
        A title drawn by popularity from outside the first 200; None where nothing is left to draw.
    shuffled, untrained : NullShare or None
        The first recommendation of the same network with every weight tensor in random order (Adebayo et al. 2018), and
        with fresh weights; None for a model without weights. A claim can be true of a model that learned nothing: it
        says what that model does, not that it does it for a good reason.
    """

    ours: NullShare
    random_reason: NullShare
    random_title: NullShare | None = None
    shuffled: NullShare | None = None
    untrained: NullShare | None = None

    def rows(self) -> dict[str, NullShare]:
        """Return the shares that were counted, by the names of `NULL_ROWS`."""
        return {name: share for name in NULL_ROWS if (share := getattr(self, name)) is not None}


NULL_ROWS = {
    "ours": "this model, its own reasons",
    "random_reason": "this model, random reasons",
    "random_title": "this model, a random title",
    "shuffled": "the same weights, shuffled",
    "untrained": "the same network, untrained",
}
"""Label of each share."""
SHUFFLED_WORDS = (
    "A verified reason says what a model does, not that it learned to: it can be true of shuffled weights too, which "
    "also react to single events. For how good the model is, see its accuracy."
)

NO_WEIGHTS = (
    "This model shows no weights that could be shuffled: random reasons and a random title are its floors, and for the "
    "methods the explainer random."
)


@dataclass(frozen=True, eq=False)
class NullSubject:
    """What the null controls are run on.

    Attributes
    ----------
    model : SessionModel
    untrained : SessionModel or None
        The same network with fresh weights, where there is one.
    dataset : DataSet
    divided : Split
    part : str
        Part of the split to draw sessions from.
    seed : int
    """

    model: SessionModel
    untrained: SessionModel | None
    dataset: DataSet
    divided: Split
    part: PartName = "test"
    seed: int = 0


StageProgress = Callable[[str, float], None]
"""Takes the stage, and the share of it that is done."""


def null_shares(
    subject: NullSubject, sessions: int, settings: VerifySettings | None = None, progress: StageProgress | None = None
) -> NullShares | None:
    """Verify sessions of five events or more, and put the null controls through the same checks.

    Parameters
    ----------
    subject : NullSubject
    sessions : int
        How many to draw.
    settings : VerifySettings or None
    progress : callable or None
        Takes the row being counted and the share of it that is done.

    Returns
    -------
    NullShares or None
        None where no session is long enough.
    """
    examples = long_enough(subject, sessions)
    if not len(examples):
        return None
    limits = anywhere(settings or VerifySettings())
    run = _Runs(subject, examples, limits, progress or (lambda row, share: None))
    ours = run.verified("ours", subject.model)
    shuffled = with_shuffled_weights(subject.model, subject.seed)
    titles = random_titles(subject, examples)
    return NullShares(
        ours=_share([bool(explanation.confirmed) for explanation in ours]),
        random_reason=_share(random_reasons(subject, ours, limits)),
        random_title=None if titles is None else run.share("random_title", subject.model, titles),
        shuffled=None if shuffled is None else run.share("shuffled", shuffled),
        untrained=None if subject.untrained is None else run.share("untrained", subject.untrained),
    )


def anywhere(settings: VerifySettings) -> VerifySettings:
    """Return the same settings, for titles that are not on the list too."""
    return settings.model_copy(update={"checks": settings.checks.model_copy(update={"listed_only": False})})


def long_enough(subject: NullSubject, sessions: int) -> Examples:
    """Draw examples of five events or more without replacement.

    Parameters
    ----------
    subject : NullSubject
    sessions : int
        How many to draw.

    Returns
    -------
    drawn : Examples
    """
    examples = subject.divided.part(subject.part)
    return examples.take(np.flatnonzero(examples.ends >= FEWEST_EVENTS)).sample(sessions, subject.seed)


@dataclass(frozen=True, eq=False)
class _Runs:
    subject: NullSubject
    examples: Examples
    settings: VerifySettings
    progress: StageProgress

    def verified(self, row: str, model: SessionModel, candidates: Sequence[int] | None = None) -> list[Verified]:
        """Explain every example by a model, batch by batch."""
        done: list[Verified] = []
        for start in range(0, len(self.examples), AT_ONCE):
            rows = np.arange(start, min(start + AT_ONCE, len(self.examples)))
            titles = None if candidates is None else [candidates[at] for at in rows.tolist()]
            done += verify_examples(model, self.subject.dataset, self.examples.take(rows), self.settings, titles)
            self.progress(row, len(done) / len(self.examples))
        return done

    def share(self, row: str, model: SessionModel, candidates: Sequence[int] | None = None) -> NullShare:
        """Count the share of examples with a verified reason."""
        return _share([bool(explanation.confirmed) for explanation in self.verified(row, model, candidates)])


def random_reasons(subject: NullSubject, explained: Sequence[Verified], settings: VerifySettings) -> list[bool]:
    """Check as many random sets as reasons were proposed, each of the same size.

    Parameters
    ----------
    subject : NullSubject
    explained : sequence of Verified
    settings : VerifySettings

    Returns
    -------
    list of bool
        For each explanation whether any random set is confirmed.
    """
    rng = np.random.default_rng([subject.seed, 1])
    confirmed: list[bool] = []
    for start in range(0, len(explained), AT_ONCE):
        part = explained[start : start + AT_ONCE]
        requests = [(explanation.case, _random_sets(explanation, subject, rng)) for explanation in part]
        checks = check(subject.model, subject.dataset.catalogue, requests, settings.checks)
        confirmed += [any(each.confirmed for each in case_checks.checks) for case_checks in checks]
    return confirmed


def _random_sets(explained: Verified, subject: NullSubject, rng: np.random.Generator) -> list[Positions]:
    content = np.flatnonzero(~subject.dataset.catalogue.neutral[explained.case.history.items])
    sizes = [len(checked.reason.positions) for checked in (*explained.confirmed, *explained.rejected)]
    drawn = [tuple(np.sort(rng.choice(content, size, replace=False)).tolist()) for size in sizes]
    return list(dict.fromkeys(drawn))


def random_titles(subject: NullSubject, examples: Examples) -> list[int] | None:
    """Draw a title for each example by its popularity in training, from outside the model's first 200.

    Parameters
    ----------
    subject : NullSubject
    examples : Examples

    Returns
    -------
    list of int or None
        Catalogue rows; None where nothing is left to draw.
    """
    rng = np.random.default_rng([subject.seed, 2])
    counts = training_counts(subject.dataset.log, subject.dataset.catalogue, subject.divided.train).astype(np.float64)
    titles = []
    for row, end in zip(examples.sessions.tolist(), examples.ends.tolist(), strict=True):
        history = subject.dataset.log.session(row).until(end)
        scored = score_history(subject.model, subject.dataset.catalogue, history, subject.dataset.card.filter_seen)
        weights = np.where(scored.ranks > min(BEYOND, len(scored.order) // 2), counts, 0.0)
        if not weights.sum():
            return None
        titles.append(int(rng.choice(len(weights), p=weights / weights.sum())))
    return titles


def _share(flags: Sequence[bool]) -> NullShare:
    return NullShare(verified=sum(flags) / len(flags), n=len(flags))
