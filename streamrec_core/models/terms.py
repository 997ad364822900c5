"""Named terms of the attention score: what a head looks for beside content, as figures that people can read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import STREAMREC_WORDS
from streamrec_core.models.known_items import KnownItems

JOBS: dict[str, dict[str, float]] = {
    "last": {"recency": 1.6},
    "recent": {"recency": 0.4, "engagement": 0.0},
    "lasting": {"recency": 0.05, "engagement": 0.0},
    "category": {"same category": 4.0, "engagement": 0.0},
    "opening": {"opening": 5.0},
    "engaged": {"engagement": 1.0, "recency": 0.3},
    "series": {"same series": 3.0, "recency": 0.6, "repeat": 0.0},
    "free": {
        "recency": 0.0,
        "same category": 0.0,
        "opening": 0.0,
        "repeat": 0.0,
        "same series": 0.0,
        "engagement": 0.0,
    },
}
"""What a head can be started for: the terms it has and their first values; training moves them, and gives it no other.

The first value of `engagement` is that of the strongest type; the others rise to it from its negative.
"""

TIME_GAP = "time gap"
SECONDS_A_STEP = 60.0
UNTIMED = "last"
"""The job whose heads have no time gap: they look at the last event, whenever it was."""

_OFF: ContextVar[frozenset[str]] = ContextVar("streamrec_terms_off", default=frozenset())
_ROWS: ContextVar[dict[str, Tensor] | None] = ContextVar("streamrec_terms_by_row", default=None)


@dataclass(frozen=True)
class TermInputs:
    """What named terms are computed from: T rows that look at L events.

    Attributes
    ----------
    at : (B, T) int64
        Position of the last event that each row may look at.
    seen : (B, T, L) bool
        Which events it may look at.
    times : (B, L) int64 or None
        Seconds; None where they are not known.
    """

    at: Tensor
    seen: Tensor
    items: Tensor
    engagements: Tensor
    category: Tensor
    series: Tensor
    content: Tensor
    times: Tensor | None = None

    def last_of(self, values: Tensor) -> Tensor:
        """(B, T) value of the last event that is seen and not neutral; -1 where there is none."""
        positions = torch.arange(self.items.shape[1], device=self.items.device)
        latest = torch.where(self.seen & self.content.unsqueeze(1), positions, -1).amax(-1)
        return torch.where(latest >= 0, values.gather(1, latest.clamp(min=0)), -1)


def _distance(inputs: TermInputs) -> Tensor:
    positions = torch.arange(inputs.items.shape[1], device=inputs.items.device)
    return (positions - inputs.at.unsqueeze(-1)).float()


def _same_category(inputs: TermInputs) -> Tensor:
    return (inputs.category.unsqueeze(1) == inputs.last_of(inputs.category).unsqueeze(-1)).float()


def _opening(inputs: TermInputs) -> Tensor:
    content = inputs.seen & inputs.content.unsqueeze(1)
    return (content & (content.cumsum(-1) == 1)).float()


def _repeat(inputs: TermInputs) -> Tensor:
    titles, number = torch.unique(inputs.items, return_inverse=True)
    if inputs.seen.shape[1] == 1 and len(titles) <= inputs.items.shape[1] ** 2:  # count titles, not pairs of events
        counts = torch.zeros(len(number), len(titles), device=number.device)
        counts.scatter_add_(1, number, inputs.seen.squeeze(1).float())
        return ((counts.gather(1, number) > 1) & inputs.content).float().unsqueeze(1)
    same = (inputs.items.unsqueeze(2) == inputs.items.unsqueeze(1)).float()
    return ((inputs.seen.float() @ same > 1) & inputs.content.unsqueeze(1)).float()


def _same_series(inputs: TermInputs) -> Tensor:
    last = inputs.last_of(inputs.series)
    return ((inputs.series.unsqueeze(1) == last.unsqueeze(-1)) & (last >= 0).unsqueeze(-1)).float()


def _time_gap(inputs: TermInputs) -> Tensor:
    if inputs.times is None:
        return torch.zeros(inputs.seen.shape, device=inputs.seen.device)
    times = inputs.times.unsqueeze(1)
    now = torch.where(inputs.seen, times, 0).amax(-1, keepdim=True)  # of the last event that is seen
    return -torch.log1p((now - times).clamp(min=0).float() / SECONDS_A_STEP)


FEATURES: dict[str, Callable[[TermInputs], Tensor]] = {
    "recency": _distance,
    "same category": _same_category,
    "opening": _opening,
    "repeat": _repeat,
    "same series": _same_series,
    TIME_GAP: _time_gap,
}
"""(B, T, L) what each term multiplies; for recency that is minus the number of events in between, for the time gap
minus log(1 + minutes) between an event and the last one that is seen (0 where times are not known).
"""
ENGAGEMENT = "engagement"
TERMS = (*FEATURES, ENGAGEMENT)
AN_HOUR = math.log1p(3600 / SECONDS_A_STEP)
"""The time gap of an hour."""


class TermInputBuilder(nn.Module):
    """Looks up categories and series in the catalogue and lays out what a batch's terms are computed from."""

    category_of: Tensor
    series_of: Tensor
    content_of: Tensor

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        end = torch.tensor([-2])  # padding is of no category and no series
        self.register_buffer("category_of", torch.cat([torch.tensor(catalogue.category_of), end]), persistent=False)
        self.register_buffer("series_of", torch.cat([torch.tensor(catalogue.series), end]), persistent=False)
        content = torch.from_numpy(~catalogue.neutral)
        self.register_buffer("content_of", torch.cat([content, torch.tensor([False])]), persistent=False)

    def renumber_items(self, item_match: KnownItems) -> None:
        """Look up in the order of a data set; an item of a category that the model does not know stands alone in it."""
        alone = -3 - torch.arange(len(item_match.rows))
        codes, end = torch.from_numpy(item_match.categories), torch.tensor([-2])
        self.category_of = torch.cat([torch.where(codes < 0, alone, codes), end])
        self.series_of = torch.cat([torch.from_numpy(item_match.series), end])
        self.content_of = torch.cat([torch.from_numpy(~item_match.neutral), torch.tensor([False])])

    def forward(self, batch: Batch, at: Tensor) -> TermInputs:
        """What the terms of a batch are computed from; hidden events are left out.

        Parameters
        ----------
        batch : Batch
        at : (B, T) int64
            Position of the last event that each row may look at.

        Returns
        -------
        TermInputs
        """
        positions = torch.arange(batch.items.shape[1], device=at.device)
        seen = (positions <= at.unsqueeze(-1)) & batch.visible.unsqueeze(1)
        content = self.content_of[batch.items]
        category = torch.where(content, self.category_of[batch.items], -2)
        series = self.series_of[batch.items]
        return TermInputs(at, seen, batch.items, batch.engagements, category, series, content, batch.times)


class NamedTerms(nn.Module):
    """The terms of one layer's heads; a head has those of its job.

    Parameters
    ----------
    jobs : sequence of str
        What each head is started for, names in `JOBS`.
    engagements : int
        W, from the weakest to the strongest.
    time_gaps : bool
        Whether the heads, but for those of the job `UNTIMED`, also have a time gap, zero at first.
    """

    owned: Tensor

    def __init__(self, jobs: Sequence[str], engagements: int = len(STREAMREC_WORDS), time_gaps: bool = False) -> None:
        super().__init__()
        self.heads = len(jobs)
        timed = {TIME_GAP: 0.0} if time_gaps else {}
        starts = [JOBS[job] | (timed if job != UNTIMED else {}) for job in jobs]
        features = [name for name in FEATURES if name != TIME_GAP or time_gaps]
        self.names = (*features, ENGAGEMENT)
        self.weights = nn.ParameterDict(
            {_key(name): torch.tensor([start.get(name, 0.0) for start in starts]) for name in features}
        )
        owned = torch.tensor([[float(name in start) for start in starts] for name in TERMS])
        self.register_buffer("owned", owned, persistent=False)
        scale = torch.linspace(-1.0, 1.0, engagements) if engagements > 1 else torch.zeros(1)
        self.engagement = nn.Parameter(torch.stack([start.get(ENGAGEMENT, 0.0) * scale for start in starts]))

    def forward(self, features: dict[str, Tensor], inputs: TermInputs) -> Tensor:
        """What the terms add to the content's attention scores.

        Parameters
        ----------
        features : dict of str to (B, T, L) Tensor
            By term, see `FEATURES`.
        inputs : TermInputs

        Returns
        -------
        (B, H, T, L) Tensor
            -inf where a row may not look.
        """
        off, rows = _OFF.get(), _ROWS.get() or {}
        total = torch.zeros((), device=inputs.seen.device)
        for name, feature in features.items():
            if name not in off:
                feature = feature * rows[name].view(-1, 1, 1) if name in rows else feature
                total = total + self._weight(name).view(-1, 1, 1) * feature.unsqueeze(1)
        if ENGAGEMENT not in off:
            # (H, W)[:, (B, L)] -> (B, H, 1, L)
            scale = (self.engagement * self._owned(ENGAGEMENT).unsqueeze(1))[:, inputs.engagements].transpose(0, 1)
            scale = scale * rows[ENGAGEMENT].view(-1, 1, 1) if ENGAGEMENT in rows else scale
            total = total + scale.unsqueeze(2)
        return total.masked_fill(~inputs.seen.unsqueeze(1), float("-inf"))

    def has(self, name: str) -> bool:
        """Whether some head has this term."""
        return bool(self._owned(name).any())

    def renumber_engagements(self, codes: Tensor) -> None:
        """Put the weights of engagements into the order of a data set's words; `codes` (W,) are those of the model."""
        self.engagement = nn.Parameter(self.engagement.detach()[:, codes])

    def _owned(self, name: str) -> Tensor:
        """(H,) 1 for heads that have this term, else 0."""
        return self.owned[TERMS.index(name)]

    def _weight(self, name: str) -> Tensor:
        return self.weights[_key(name)] * self._owned(name)

    def figures(self) -> dict[str, list[float | None]]:
        """What each term adds to the score, head by head; None where a head has no such term.

        Recency is what each event further back costs, the time gap what an hour costs; engagement the gap between the
        weakest and the strongest type.
        """
        with torch.no_grad():
            weights = {name: self._weight(name) for name in self.names if name != ENGAGEMENT}
            if TIME_GAP in weights:
                weights[TIME_GAP] = weights[TIME_GAP] * AN_HOUR
            weights[ENGAGEMENT] = (
                self.engagement[:, min(1, self.engagement.shape[1] - 1) :].amax(1) - self.engagement[:, 0]
            )
        return {
            name: [float(value) if owned else None for value, owned in zip(values, self._owned(name), strict=True)]
            for name, values in weights.items()
        }


def _key(name: str) -> str:
    return name.replace(" ", "_")


@contextmanager
def terms_off(names: Sequence[str]) -> Iterator[None]:
    """Switch these terms off in this context, for every head; on again afterwards, also after an error."""
    token = _OFF.set(_OFF.get() | frozenset(names))
    try:
        yield
    finally:
        _OFF.reset(token)


@contextmanager
def terms_by_row(on: Mapping[str, Tensor]) -> Iterator[None]:
    """Switch terms off for single rows of a batch in this context: by term (B,), 1 where it is on and 0 where off."""
    token = _ROWS.set(dict(on))
    try:
        yield
    finally:
        _ROWS.reset(token)
