"""Fit of event values to removals of random sets of events, beside baselines that read no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.case import Case
from streamrec_core.attribution.evidence import floor
from streamrec_core.attribution.removal import Removal
from streamrec_core.data.catalogue import Catalogue

Values = npt.NDArray[np.float64]
RANDOM_SETS, RANDOM_SETS_SEED = 40, 7
"""Random sets a session for `removal_fit`, and their seed; event values are fitted on others."""
FIT_FROM_EVENTS = 4
"""Events a history needs for a set of two to be at most half of it."""
RECENCY_DECAY = 0.4


@dataclass(frozen=True, eq=False)
class RemovalFit:
    """Fit of additive attributions to the measured effects of removing random sets of events.

    A set's predicted effect is the sum of its events' values, as in sensitivity-n (Ancona et al. 2018), scored by R²
    instead of correlation.

    Attributes
    ----------
    errors, totals : (n,) float64
        For each session the sum of squared errors over its sets, and the sum of squares around its mean effect.
    """

    errors: Values
    totals: Values

    @property
    def r2(self) -> float:
        """Coefficient of determination over all sets of all sessions, each session around its own mean."""
        return 1 - float(self.errors.sum() / max(self.totals.sum(), 1e-12))

    def interval(self, draws: int = 1_000, seed: int = 0) -> tuple[float, float] | None:
        """Estimate the 95 % bootstrap interval of `r2`, sessions resampled.

        Parameters
        ----------
        draws : int
            Bootstrap samples.
        seed : int

        Returns
        -------
        (float, float) or None
            None with fewer than two sessions.
        """
        if len(self.errors) < 2:
            return None
        rows = np.random.default_rng(seed).integers(0, len(self.errors), (draws, len(self.errors)))
        low, high = np.percentile(
            1 - self.errors[rows].sum(1) / np.maximum(self.totals[rows].sum(1), 1e-12), [2.5, 97.5]
        )
        return float(low), float(high)


def baseline_explainers(catalogue: Catalogue, case: Case) -> dict[str, Values]:
    """Value every event by explainers that do not look at the model: the floors of every figure.

    Random numbers; the last event; one line over the history (recency + same category as the last event + last event);
    one line for the candidate (its category x recency x strength of engagement).

    Parameters
    ----------
    catalogue : Catalogue
    case : Case

    Returns
    -------
    dict of str to (L,) float64
    """
    items, length = case.history.items, len(case.history)
    recency = np.exp(-RECENCY_DECAY * np.arange(length)[::-1])
    category = catalogue.category_of[items]
    engaged = 1 + np.asarray(case.history.engagements, np.float64) / 2
    last = floor("last_item", case)
    return {
        "random": floor("random", case),
        "last event": last,
        "recency + last category + last event": recency + (category == category[-1]) + last,
        "candidate's category x recency x engagement": (category == catalogue.category_of[case.candidate])
        * recency
        * engaged,
    }


def random_event_sets(case: Case) -> list[tuple[int, ...]]:
    """Draw `RANDOM_SETS` sets of two events up to half the history, other ones than those of `removal_sets`.

    Its history needs four events.
    """
    length = len(case.history)
    rng = np.random.default_rng([RANDOM_SETS_SEED, *case.history.items.tolist()])
    sizes = rng.integers(2, length // 2 + 1, RANDOM_SETS)
    return [tuple(np.sort(rng.choice(length, size, replace=False)).tolist()) for size in sizes]


def removal_fit(values: Sequence[Values], removals: Sequence[Removal], scaled: bool = False) -> RemovalFit:
    """Compare sums of values over removed sets with the measured effects of removing them.

    Parameters
    ----------
    values : sequence of (L,) float64
        One array a session.
    removals : sequence of Removal
        Of the same sessions, see `random_event_sets`.
    scaled : bool
        Multiply all values by the one factor that fits best: for values without a unit.

    Returns
    -------
    RemovalFit
    """
    effects = [removal.effect for removal in removals]
    sums = [
        np.array([value[list(positions)].sum() for positions in removal.sets])
        for value, removal in zip(values, removals, strict=True)
    ]
    factor = 1.0
    if scaled:
        together, real = np.concatenate(sums), np.concatenate(effects)
        factor = float(together @ real / max(together @ together, 1e-12))
    return RemovalFit(
        errors=np.array(
            [((real - factor * predicted) ** 2).sum() for predicted, real in zip(sums, effects, strict=True)]
        ),
        totals=np.array([((real - real.mean()) ** 2).sum() for real in effects]),
    )
