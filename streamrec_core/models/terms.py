"""Named terms of the attention score: what a head looks for beside content, as figures that people can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import ENGAGEMENTS

JOBS: dict[str, dict[str, float]] = {
    "last": {"recency": 1.6},
    "recent": {"recency": 0.4, "engagement": 0.0},
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

_OFF: ContextVar[frozenset[str]] = ContextVar("streamrec_terms_off", default=frozenset())
_ROWS: ContextVar[dict[str, Tensor] | None] = ContextVar("streamrec_terms_by_row", default=None)


@dataclass(frozen=True)
class Scene:
    """What the terms are computed from: who looks (T rows) at whom (L events).

    Attributes
    ----------
    at : (B, T) int64
        Position of the last event that each row may look at.
    seen : (B, T, L) bool
        Which events it may look at.
    """

    at: Tensor
    seen: Tensor
    items: Tensor
    engagements: Tensor
    category: Tensor
    series: Tensor
    content: Tensor

    def last_of(self, values: Tensor) -> Tensor:
        """(B, T) value of the last event that is seen and not neutral; -1 where there is none."""
        places = torch.arange(self.items.shape[1], device=self.items.device)
        latest = torch.where(self.seen & self.content.unsqueeze(1), places, -1).amax(-1)
        return torch.where(latest >= 0, values.gather(1, latest.clamp(min=0)), -1)


def _distance(scene: Scene) -> Tensor:
    places = torch.arange(scene.items.shape[1], device=scene.items.device)
    return (places - scene.at.unsqueeze(-1)).float()


def _same_category(scene: Scene) -> Tensor:
    return (scene.category.unsqueeze(1) == scene.last_of(scene.category).unsqueeze(-1)).float()


def _opening(scene: Scene) -> Tensor:
    content = scene.seen & scene.content.unsqueeze(1)
    return (content & (content.cumsum(-1) == 1)).float()


def _repeat(scene: Scene) -> Tensor:
    titles, number = torch.unique(scene.items, return_inverse=True)
    if scene.seen.shape[1] == 1 and len(titles) <= scene.items.shape[1] ** 2:  # count titles, not pairs of events
        counts = torch.zeros(len(number), len(titles), device=number.device)
        counts.scatter_add_(1, number, scene.seen.squeeze(1).float())
        return ((counts.gather(1, number) > 1) & scene.content).float().unsqueeze(1)
    same = (scene.items.unsqueeze(2) == scene.items.unsqueeze(1)).float()
    return ((scene.seen.float() @ same > 1) & scene.content.unsqueeze(1)).float()


def _same_series(scene: Scene) -> Tensor:
    last = scene.last_of(scene.series)
    return ((scene.series.unsqueeze(1) == last.unsqueeze(-1)) & (last >= 0).unsqueeze(-1)).float()


FEATURES: dict[str, Callable[[Scene], Tensor]] = {
    "recency": _distance,
    "same category": _same_category,
    "opening": _opening,
    "repeat": _repeat,
    "same series": _same_series,
}
"""(B, T, L) what each term multiplies; for recency that is minus the number of events in between."""
ENGAGEMENT = "engagement"
TERMS = (*FEATURES, ENGAGEMENT)


class SceneMaker(nn.Module):
    """Knows the catalogue's categories and series, and lays out what a batch's terms are computed from."""

    category_of: Tensor
    series_of: Tensor
    content_of: Tensor

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        end = torch.tensor([-2])  # padding is of no category and no series
        self.register_buffer("category_of", torch.cat([torch.from_numpy(catalogue.category_of), end]), persistent=False)
        self.register_buffer("series_of", torch.cat([torch.from_numpy(catalogue.series), end]), persistent=False)
        content = torch.from_numpy(~catalogue.neutral)
        self.register_buffer("content_of", torch.cat([content, torch.tensor([False])]), persistent=False)

    def forward(self, batch: Batch, at: Tensor) -> Scene:
        """The scene of rows that look at the events up to positions `at` (B, T), hidden events left out."""
        places = torch.arange(batch.items.shape[1], device=at.device)
        seen = (places <= at.unsqueeze(-1)) & batch.visible.unsqueeze(1)
        content = self.content_of[batch.items]
        category = torch.where(content, self.category_of[batch.items], -2)
        return Scene(at, seen, batch.items, batch.engagements, category, self.series_of[batch.items], content)


class NamedTerms(nn.Module):
    """The terms of one layer's heads; a head has those of its job.

    Parameters
    ----------
    jobs : sequence of str
        What each head is started for, names in `JOBS`.
    """

    owned: Tensor

    def __init__(self, jobs: Sequence[str]) -> None:
        super().__init__()
        self.heads = len(jobs)
        starts = [JOBS[job] for job in jobs]
        self.weights = nn.ParameterDict(
            {_key(name): torch.tensor([start.get(name, 0.0) for start in starts]) for name in FEATURES}
        )
        owned = torch.tensor([[float(name in start) for start in starts] for name in TERMS])
        self.register_buffer("owned", owned, persistent=False)
        scale = torch.linspace(-1.0, 1.0, len(ENGAGEMENTS))
        self.engagement = nn.Parameter(torch.stack([start.get(ENGAGEMENT, 0.0) * scale for start in starts]))

    def forward(self, features: dict[str, Tensor], scene: Scene) -> Tensor:
        """Scores (B, H, T, L) to add to the content's; -inf where a row may not look."""
        off, rows = _OFF.get(), _ROWS.get() or {}
        total = torch.zeros((), device=scene.seen.device)
        for name, feature in features.items():
            if name not in off:
                kept = feature * rows[name].view(-1, 1, 1) if name in rows else feature
                total = total + self._weight(name).view(-1, 1, 1) * kept.unsqueeze(1)
        if ENGAGEMENT not in off:
            # (H, 5)[:, (B, L)] -> (B, H, 1, L)
            scale = (self.engagement * self._owned(ENGAGEMENT).unsqueeze(1))[:, scene.engagements].transpose(0, 1)
            scale = scale * rows[ENGAGEMENT].view(-1, 1, 1) if ENGAGEMENT in rows else scale
            total = total + scale.unsqueeze(2)
        return total.masked_fill(~scene.seen.unsqueeze(1), float("-inf"))

    def _owned(self, name: str) -> Tensor:
        """(H,) 1 for heads that have this term, else 0."""
        return self.owned[TERMS.index(name)]

    def _weight(self, name: str) -> Tensor:
        return self.weights[_key(name)] * self._owned(name)

    def figures(self) -> dict[str, list[float | None]]:
        """What each term adds to the score, head by head; None where a head has no such term.

        Recency is what each event further back costs; engagement the gap between a click and the strongest type.
        """
        with torch.no_grad():
            found = {name: self._weight(name) for name in FEATURES}
            found[ENGAGEMENT] = self.engagement[:, 1:].amax(1) - self.engagement[:, 0]
        return {
            name: [float(value) if owned else None for value, owned in zip(values, self._owned(name), strict=True)]
            for name, values in found.items()
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
def terms_by_row(kept: Mapping[str, Tensor]) -> Iterator[None]:
    """Switch terms off for single rows of a batch in this context: (B,) each, 1 where kept and 0 where off."""
    token = _ROWS.set(dict(kept))
    try:
        yield
    finally:
        _ROWS.reset(token)
