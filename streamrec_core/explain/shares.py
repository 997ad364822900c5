"""Shares of recommendations whose explanation fails its check, with intervals, stored beside a model's card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ConfigDict, Field

from streamrec_core.config import SealedRecord, Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, PartName
from streamrec_core.evaluation.metrics import interval
from streamrec_core.explain.in_chunks import verify_in_chunks
from streamrec_core.explain.nulls import NULL_ROWS, NullShares, NullSubject, StageProgress, null_shares
from streamrec_core.explain.quality import removal_fit_of_model
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.protocol import SessionModel

SHARES_FILE = "explanations.json"
"""File of precomputed shares beside a model's card."""


class Proportion(Settings):
    """A share of n recommendations with its 95 % interval; None where there are none to count."""

    share: float | None
    interval: tuple[float, float] | None
    n: int


class ExplanationShares(Settings):
    """Outcomes of the explanations of n recommendations.

    Attributes
    ----------
    failed : Proportion
        No reason was confirmed: the headline.
    verified : Proportion
        At least one reason was confirmed. The two add up to 1.
    first_look_wrong : Proportion
        Of the recommendations for which the first look named something: it named at least one thing that the test did
        not confirm.
    warned : Proportion
        A method disagrees with removal, or two methods give the first event opposite signs.
    rejected : dict of str to int
        How many reasons were rejected, by verdict; `dropped` in files.
    """

    model_config = ConfigDict(populate_by_name=True)

    failed: Proportion
    verified: Proportion
    first_look_wrong: Proportion
    warned: Proportion
    rejected: dict[str, int] = Field(alias="dropped")

    def as_plain(self) -> dict[str, Any]:
        """Convert to plain values for JSON."""
        return self.model_dump(mode="json", by_alias=True)


class RemovalFitSummary(Settings):
    """How well a model's event values predict the effects of removing random sets of events.

    Attributes
    ----------
    r2 : float
        Share of the variance of the measured effects that is predicted; 1 is perfect, 0 no better than their mean.
    interval : (float, float) or None
        95 % interval over n sessions.
    guess : float
        The same of the best guess that does not look at the model.
    n : int
    """

    r2: float
    interval: tuple[float, float] | None
    guess: float
    n: int


class CountedShares(SealedRecord):
    """Outcomes of a model's explanations, with the model, data and settings; a file beside its card.

    Attributes
    ----------
    model, weights_sha256, data, catalogue_hash, events_hash, split, part
        What was explained.
    settings : VerifySettings
        Every threshold of the checks.
    shares : ExplanationShares
    nulls : NullShares or None
        The null controls; None where no session is long enough.
    removal_fit : RemovalFitSummary or None
        None where it was not measured; `foresight` in files.
    """

    model_config = ConfigDict(populate_by_name=True)

    model: str
    weights_sha256: str
    data: str
    catalogue_hash: str
    events_hash: str | None
    split: str
    part: PartName
    settings: VerifySettings
    shares: ExplanationShares
    nulls: NullShares | None = None
    removal_fit: RemovalFitSummary | None = Field(None, alias="foresight")


def count_shares(
    subject: NullSubject, weights_sha256: str, sessions: int, progress: StageProgress | None = None
) -> CountedShares:
    """Count the outcomes of explanations of test sessions, run the null controls, and record what was explained.

    Parameters
    ----------
    subject : NullSubject
    weights_sha256 : str
    sessions : int
        How many to draw.
    progress : callable or None
        Takes the stage and the share of it that is done.

    Returns
    -------
    CountedShares
    """
    settings = VerifySettings()
    model, dataset, divided = subject.model, subject.dataset, subject.divided
    tell = progress or (lambda stage, share: None)
    return CountedShares(
        model=model.name,
        weights_sha256=weights_sha256,
        data=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes.get("events"),
        split=divided.kind,
        part=subject.part,
        settings=settings,
        shares=explanation_shares(
            model,
            dataset,
            divided.part(subject.part),
            sessions,
            settings,
            lambda share: tell("checking explanations", share),
        ),
        nulls=null_shares(
            subject, sessions, settings, lambda row, share: tell(f"null control: {NULL_ROWS[row]}", share)
        ),
        removal_fit=measure_removal_fit(model, dataset, divided.part(subject.part).sample(sessions)),
    )


def measure_removal_fit(model: SessionModel, dataset: DataSet, examples: Examples) -> RemovalFitSummary | None:
    """Measure how well the model's event values predict removals, beside the best guess without the model.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    RemovalFitSummary or None
        None where no history is long enough.
    """
    measured = removal_fit_of_model(model, dataset, examples)
    if measured is None:
        return None
    fit, guess = measured
    return RemovalFitSummary(r2=fit.r2, interval=fit.interval(), guess=guess.r2, n=len(fit.errors))


def read_shares(folder: Path) -> CountedShares | None:
    """Read the shares stored beside a model's card; None where there are none."""
    path = folder / SHARES_FILE
    return CountedShares.read(path) if path.is_file() else None


def explanation_shares(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    sessions: int,
    settings: VerifySettings | None = None,
    progress: Callable[[float], None] | None = None,
) -> ExplanationShares:
    """Explain and check the first recommendation of examples drawn with a fixed seed, and count outcomes.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    sessions : int
        How many to draw.
    settings : VerifySettings or None
    progress : callable or None
        Takes the share that is done.

    Returns
    -------
    ExplanationShares
    """
    return shares(verify_in_chunks(model, dataset, examples.sample(sessions, seed=0), settings, progress))


def shares(explanations: Sequence[Verified]) -> ExplanationShares:
    """Count the outcomes of explanations."""
    named = [
        explanation
        for explanation in explanations
        if any(tested.reason.named_first for tested in (*explanation.confirmed, *explanation.rejected))
    ]
    verdicts = [tested.check.verdict for explanation in explanations for tested in explanation.rejected]
    return ExplanationShares(
        failed=_share([not explanation.confirmed for explanation in explanations]),
        verified=_share([bool(explanation.confirmed) for explanation in explanations]),
        first_look_wrong=_share([bool(explanation.first_look_rejected) for explanation in named]),
        warned=_share([explanation.agreement.warning for explanation in explanations]),
        rejected={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
    )


def _share(flags: Sequence[bool]) -> Proportion:
    values = np.array(flags, np.float64)
    if not len(values):
        return Proportion(share=None, interval=None, n=0)
    return Proportion(share=float(values.mean()), interval=interval(values), n=len(values))
