"""For how many recommendations an explanation fails: shares with intervals over checked explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, PartName, Split
from streamrec_core.evaluation.metrics import interval
from streamrec_core.explain.verified import Verified, VerifySettings, verify_examples
from streamrec_core.models.protocol import SessionModel

AT_ONCE = 16
SHARES_FILE = "explanations.json"
"""Name of what was counted beforehand, beside a model's card."""


class Share(Settings):
    """A share of n recommendations with its 95 % interval; None where there are none to count."""

    share: float | None
    interval: tuple[float, float] | None
    n: int


class ExplanationShares(Settings):
    """What became of the explanations of n recommendations.

    Attributes
    ----------
    failed : Share
        No reason was confirmed, though some could be tested: the headline.
    untestable : Share
        The history is too short for any test; counted beside the failed ones, not among them.
    verified : Share
        At least one reason was confirmed. The three add up to 1.
    first_look_wrong : Share
        Of the recommendations for which the first look named something that could be tested: it named at least one
        thing that the test did not confirm.
    warned : Share
        Attention or gradients disagree with removal.
    dropped : dict of str to int
        How many reasons were dropped, by verdict.
    """

    failed: Share
    untestable: Share
    verified: Share
    first_look_wrong: Share
    warned: Share
    dropped: dict[str, int]

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return self.model_dump(mode="json")


class CountedShares(Settings):
    """What became of a model's explanations, with what it speaks of; can be written beside its card and read back.

    Attributes
    ----------
    settings
        Every threshold of the checks.
    """

    model: str
    weights_sha256: str
    data: str
    catalogue_hash: str
    events_hash: str | None
    split: str
    part: PartName
    settings: VerifySettings
    shares: ExplanationShares


def count_shares(
    model: SessionModel,
    weights_sha256: str,
    dataset: DataSet,
    divided: Split,
    sessions: int,
    progress: Callable[[float], None] | None = None,
) -> CountedShares:
    """Count what becomes of explanations of so many test sessions, and keep what that speaks of."""
    settings = VerifySettings()
    return CountedShares(
        model=model.name,
        weights_sha256=weights_sha256,
        data=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes.get("events"),
        split=divided.kind,
        part="test",
        settings=settings,
        shares=explanation_shares(model, dataset, divided.test, sessions, settings, progress),
    )


def read_shares(folder: Path) -> CountedShares | None:
    """What was counted beside a model's card; None where nothing was."""
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
    """Explain and check the first recommendation of so many examples, drawn without replacement (fixed seed)."""
    drawn = examples.sample(sessions, seed=0)
    found: list[Verified] = []
    for start in range(0, len(drawn), AT_ONCE):
        part = drawn.take(np.arange(start, min(start + AT_ONCE, len(drawn))))
        found += verify_examples(model, dataset, part, settings)
        if progress is not None:
            progress(len(found) / len(drawn))
    return shares(found)


def shares(found: Sequence[Verified]) -> ExplanationShares:
    """Count what became of explanations."""
    named = [one for one in found if _named_testable(one)]
    verdicts = [tested.check.verdict for one in found for tested in one.dropped]
    return ExplanationShares(
        failed=_share([one.status == "no reason holds" for one in found]),
        untestable=_share([one.status == "untestable" for one in found]),
        verified=_share([one.status == "verified" for one in found]),
        first_look_wrong=_share(
            [any(tested.check.verdict != "untestable" for tested in one.first_look_dropped) for one in named]
        ),
        warned=_share([one.badge.warning for one in found]),
        dropped={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
    )


def _named_testable(found: Verified) -> bool:
    tested = (*found.holds, *found.dropped)
    return any(one.reason.named_first and one.check.verdict != "untestable" for one in tested)


def _share(flags: Sequence[bool]) -> Share:
    values = np.array(flags, np.float64)
    if not len(values):
        return Share(share=None, interval=None, n=0)
    return Share(share=float(values.mean()), interval=interval(values), n=len(values))
