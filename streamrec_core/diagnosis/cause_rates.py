"""Rates of each cause's condition in misses and in hits; a cause of misses is more frequent in misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from streamrec_core.diagnosis.causes import CauseSettings, Flags
from streamrec_core.evaluation.metrics import share_interval


@dataclass(frozen=True)
class CauseRate:
    """One condition over the misses and the hits of a test.

    Attributes
    ----------
    in_misses, in_hits : int
        Misses and hits in which the condition holds.
    misses, hits : int
        All of them.
    times_as_often : float
        How many times as often it must hold in misses (`CauseSettings`).
    """

    in_misses: int
    misses: int
    in_hits: int
    hits: int
    times_as_often: float

    @property
    def among_misses(self) -> float:
        """Share of the misses; 0 without any."""
        return self.in_misses / self.misses if self.misses else 0.0

    @property
    def among_hits(self) -> float:
        """Share of the hits; 0 without any."""
        return self.in_hits / self.hits if self.hits else 0.0

    @cached_property
    def difference_interval(self) -> tuple[float, float]:
        """95 % interval of `among_misses` - `among_hits`: Newcombe's hybrid score interval (1998, method 10).

        -1 to 1 where there are no hits or no misses to compare with.
        """
        if not self.misses or not self.hits:
            return (-1.0, 1.0)
        missed, hit = self.among_misses, self.among_hits
        low_missed, high_missed = share_interval(self.in_misses, self.misses)
        low_hit, high_hit = share_interval(self.in_hits, self.hits)
        below = np.hypot(missed - low_missed, high_hit - hit)
        above = np.hypot(high_missed - missed, hit - low_hit)
        return (float(missed - hit - below), float(missed - hit + above))

    @property
    def is_cause(self) -> bool:
        """Whether it counts as a cause of misses: clearly more frequent in them, and by the stated factor."""
        return self.difference_interval[0] > 0 and self.among_misses >= self.times_as_often * self.among_hits


def cause_rates(holds: Mapping[str, Flags], missed: Flags, limit: CauseSettings) -> dict[str, CauseRate]:
    """Count each condition in misses and in hits.

    Parameters
    ----------
    holds : mapping of str to (M,) bool
        Where each condition holds.
    missed : (M,) bool
        Which of the M examples are misses.
    limit : CauseSettings
        `times_as_often` is how many times as often a cause must hold in misses.

    Returns
    -------
    dict of str to CauseRate
        By the name of the condition.
    """
    misses, hits = int(missed.sum()), int((~missed).sum())
    return {
        name: CauseRate(int(met[missed].sum()), misses, int(met[~missed].sum()), hits, limit.times_as_often)
        for name, met in holds.items()
    }
