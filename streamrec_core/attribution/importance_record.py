"""Record of a main parameter's importance: the drop without it, the drop under its null, and what exceeds this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AblationKind = Literal["events removed", "engagement made alike", "taken out of the scores", "named term off"]
RESOLUTION = 1e-4
"""Nats. Less than this is no effect: single precision moves log-probabilities by up to a tenth of it."""


@dataclass(frozen=True)
class Mean:
    """A mean over sessions with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ParameterImportance:
    """What one main parameter is worth to a model, beside what the same change is worth without its meaning.

    Attributes
    ----------
    parameter : str
        recency, category, opening, engagement, repeats, popularity, series, or session for all events at once.
    ablation : str
        How it was removed.
    sessions, of : int
        In how many sessions there was something to remove, of how many that were analysed. All figures are means
        over the former.
    log_prob_drop : Mean
        Drop of the log-probability of the title that was recommended first, in nats.
    null : Mean or None
        The same under the parameter's null; None for the whole session and for named terms, which have none.
    excess : Mean or None
        `log_prob_drop` less `null`, paired session by session.
    dropped_from_top_k : Mean
        Share of these titles that are then no longer among the first ten.
    hit_before : float
        Hit@10 with the parameter.
    hit_change : Mean
        Its paired change without the parameter.
    """

    parameter: str
    ablation: AblationKind
    sessions: int
    of: int
    log_prob_drop: Mean
    null: Mean | None
    excess: Mean | None
    dropped_from_top_k: Mean
    hit_before: float
    hit_change: Mean

    @property
    def matters(self) -> bool:
        """Whether taking it away costs something, and more than its null does; False where there is no null."""
        return self.excess is not None and min(self.log_prob_drop.low, self.excess.low) > RESOLUTION
