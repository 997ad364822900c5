"""The reading penalty: while a model learns, its joined attention is tied to what removing events does."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.probe import recording
from streamrec_core.models.readout import ReadoutTransformer

SHORTEST = 3
"""Events a history needs before a correlation over them says anything."""


class ReadingPenalty:
    """One minus the correlation of joined attention with the size of removal effects, averaged over a few histories.

    Both sides learn: attention moves to the events whose removal matters, and what events do moves towards what
    attention shows. The effect of an event is the change of the log-probability of the first recommendation when
    the event is dropped, all drops in one forward pass; its size counts, as in the literature on faithfulness
    (`|attribution|` against `|score drop|`).

    Parameters
    ----------
    catalogue : Catalogue
    sessions : int
        Histories of a batch that are looked at, drawn anew at each step by torch's random state.
    last_only : bool
        Take histories whole, as they are learned from; else cut each at a random event.
    """

    def __init__(self, catalogue: Catalogue, sessions: int, last_only: bool) -> None:
        self._barred = torch.from_numpy(catalogue.neutral)
        self._sessions, self._last_only = sessions, last_only

    def __call__(self, model: ReadoutTransformer, batch: Batch) -> Tensor:
        """The penalty, between 0 and 2; 0 where no history of the batch is long enough."""
        histories = self._draw(batch)
        if histories is None:
            return torch.zeros(())
        model.eval()  # the effect of an event, not of dropout
        try:
            return 1 - correlation(joined(model, histories), self._effects(model, histories), histories.visible)
        finally:
            model.train()

    def _draw(self, batch: Batch) -> Batch | None:
        rows = torch.randperm(len(batch))[: self._sessions]
        rows = rows[batch.lengths[rows] >= SHORTEST]
        if not len(rows):
            return None
        lengths = batch.lengths[rows]
        if not self._last_only:
            lengths = SHORTEST + (torch.rand(len(rows)) * (lengths - SHORTEST + 1)).long()
        longest = int(lengths.max())
        return Batch(batch.items[rows, :longest], batch.engagements[rows, :longest], lengths)

    def _effects(self, model: ReadoutTransformer, histories: Batch) -> Tensor:
        """(B, L) size of the effect of dropping each event; 0 for padding."""
        scores = model.logits(histories).masked_fill(self._barred, float("-inf"))
        first = scores.argmax(1)
        whole = _log_share(scores, first)
        row, place = torch.nonzero(histories.visible, as_tuple=True)
        left = _log_share(
            model.logits(dropped(histories, row, place)).masked_fill(self._barred, float("-inf")), first[row]
        )
        effects = torch.zeros(histories.items.shape).index_put((row, place), (whole[row] - left).abs())
        return effects


def dropped(histories: Batch, row: Tensor, place: Tensor) -> Batch:
    """Histories (n, L - 1) without the event at `place` (n,) of the history in `row` (n,)."""
    steps = torch.arange(histories.items.shape[1] - 1).expand(len(row), -1)
    kept = steps + (steps >= place.unsqueeze(1)).long()
    return Batch(
        histories.items[row].gather(1, kept), histories.engagements[row].gather(1, kept), histories.lengths[row] - 1
    )


def joined(model: ReadoutTransformer, histories: Batch) -> Tensor:
    """(B, L) the maps of all heads from the predicting position, joined by the model's reading weights."""
    found: dict[int, Tensor] = {}
    probes = model.attention_probes()
    with recording({probe: partial(found.__setitem__, probe.layer) for probe in probes}):
        model.logits(histories)
    rows = torch.arange(len(histories))
    maps = torch.stack([found[probe.layer][rows, :, histories.lengths - 1] for probe in probes], dim=1)
    return torch.einsum("lh,blhn->bn", model.reading_weights(), maps)


def correlation(first: Tensor, second: Tensor, inside: Tensor) -> Tensor:
    """Mean over the rows of Pearson's correlation of two (B, L), padding left out."""
    first, second = _centred(first, inside), _centred(second, inside)
    return torch.nn.functional.cosine_similarity(first, second, dim=1, eps=1e-6).mean()


def _centred(values: Tensor, inside: Tensor) -> Tensor:
    mean = (values * inside).sum(1, keepdim=True) / inside.sum(1, keepdim=True)
    return (values - mean) * inside


def _log_share(scores: Tensor, items: Tensor) -> Tensor:
    """(n,) log-probability of one item a row."""
    return scores.gather(1, items.unsqueeze(1)).squeeze(1) - scores.logsumexp(1)
