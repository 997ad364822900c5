"""Variants of histories, some events dropped or masked, scored without computing twice what they share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, TypeGuard, cast, runtime_checkable

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.models.protocol import AdditiveModel, SessionModel


@dataclass(frozen=True, eq=False)
class HistoryVariants:
    """n variants of C histories, some events of each dropped or masked.

    Attributes
    ----------
    whole : Batch
        The C histories as they are.
    batch : Batch
        The n variants.
    source : (n,) int64
        Which history each variant comes from.
    first_removed : (n,) int64
        First event that was taken away; everything before it is as it was.
    dropped : (n,) int64
        How many events were dropped (masked ones keep their position).
    """

    whole: Batch
    batch: Batch
    source: Tensor
    first_removed: Tensor
    dropped: Tensor

    @property
    def shared(self) -> Tensor:
        """(n,) how many events at the start can be taken over; the last event of a variant is always run anew."""
        return torch.minimum(self.first_removed, self.batch.lengths - 1)

    @property
    def rest(self) -> Batch:
        """The events of each variant that must be run anew."""
        batch, start = self.batch, self.shared
        lengths = batch.lengths - start
        # (n, 1) + (S,) -> (n, S) positions of these events in their variants
        positions = start.unsqueeze(1) + torch.arange(int(lengths.max()), device=start.device)
        positions = positions.clamp(max=batch.items.shape[1] - 1)
        events = ("items", "engagements", "hidden", "times")
        rest = {name: value.gather(1, positions) for name in events if (value := getattr(batch, name)) is not None}
        return replace(batch, lengths=lengths, **rest)

    def take(self, rows: Tensor) -> HistoryVariants:
        """Some of the variants, as narrow as they allow."""
        batch = self.batch.take(rows)
        width = int(batch.lengths.max())
        narrow = {
            name: value[:, :width] for name, value in vars(batch).items() if value is not None and value.dim() > 1
        }
        batch = replace(batch, **narrow)
        return HistoryVariants(self.whole, batch, self.source[rows], self.first_removed[rows], self.dropped[rows])


@runtime_checkable
class VariantModel(SessionModel, Protocol):
    """A session model that can resume from what a variant shares with its whole history."""

    def variant_scores(self, variants: HistoryVariants) -> Tensor:
        """Scores (n, V) of the variants outside training, equal to `logits(variants.batch)` to 1e-5."""
        ...


def variant_scores(model: SessionModel, variants: HistoryVariants) -> Tensor:
    """Scores (n, V) of the variants, equal to `model.logits(variants.batch)` to 1e-5.

    Parameters
    ----------
    model : SessionModel
        One that is no `VariantModel`, is in training, or whose attention somebody watches or edits, is simply run.
    variants : HistoryVariants

    Returns
    -------
    (n, V) Tensor
    """
    if _in_training(model) or any(probe.active for probe in model.attention_probes()):
        return model.logits(variants.batch)
    return model.variant_scores(variants) if isinstance(model, VariantModel) else model.logits(variants.batch)


def shared_event_scores(model: SessionModel, batch: Batch) -> Tensor:
    """Scores (B, V) of histories that share events, equal to `model.logits(batch)` to 1e-5.

    Keys and values of an event of an additive model depend on no other event, so that each is computed once for all
    histories; edits of attention and of named terms reach them as usual.

    Parameters
    ----------
    model : SessionModel
        One to which `shares_events` does not apply is simply run.
    batch : Batch

    Returns
    -------
    (B, V) Tensor
    """
    return model.edited_scores(batch) if shares_events(model) else model.logits(batch)


def shares_events(model: SessionModel) -> TypeGuard[AdditiveModel]:
    """Whether `shared_event_scores` computes each event once: an additive model outside training, not watched."""
    if not isinstance(model, AdditiveModel) or _in_training(model):
        return False
    # Whoever watches is shown every row, which `logits` alone computes.
    return not any(probe.watched for probe in model.attention_probes())


def _in_training(model: SessionModel) -> bool:
    return isinstance(model, nn.Module) and cast(nn.Module, model).training
