"""Scores of many variants of a history without computing twice what they share, as far as causality allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from streamrec_core.attribution.case import Case, whole_batch
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.attention import SelfAttention, TransformerLayer
from streamrec_core.models.embedding import at_last
from streamrec_core.models.lstm import SessionLSTM
from streamrec_core.models.protocol import AdditiveModel, SessionModel
from streamrec_core.models.transformer import SessionTransformer

FEWEST = 16
"""Variants that are run side by side at least."""


@dataclass(frozen=True, eq=False)
class Edited:
    """n variants of C histories, some events of each dropped or hidden.

    Attributes
    ----------
    whole : Batch
        The C histories as they are.
    batch : Batch
        The n variants.
    source : (n,) int64
        Which history each variant comes from.
    first : (n,) int64
        First event that was taken away; everything before it is as it was.
    dropped : (n,) int64
        How many events were dropped (hidden ones keep their place).
    kept : (n, L) int64
        Place in its history of each event of a variant; 0 at padding.
    """

    whole: Batch
    batch: Batch
    source: Tensor
    first: Tensor
    dropped: Tensor
    kept: Tensor

    @property
    def shared(self) -> Tensor:
        """(n,) how many events at the start can be taken over; the last event of a variant is always run anew."""
        return torch.minimum(self.first, self.batch.lengths - 1)

    def take(self, rows: Tensor) -> Edited:
        """Some of the variants, as narrow as they allow."""
        lengths = self.batch.lengths[rows]
        width = int(lengths.max())
        hidden = None if self.batch.hidden is None else self.batch.hidden[rows, :width]
        batch = Batch(self.batch.items[rows, :width], self.batch.engagements[rows, :width], lengths, hidden=hidden)
        return Edited(
            self.whole, batch, self.source[rows], self.first[rows], self.dropped[rows], self.kept[rows, :width]
        )


def edited(cases: Sequence[Case], positions: Sequence[Sequence[int]], batch: Batch, catalogue: Catalogue) -> Edited:
    """Variants as `removal.variant_batch` laid them out, with what each has in common with its whole history."""
    histories = {id(case.history): case for case in cases}
    number = {key: at for at, key in enumerate(histories)}
    kept = np.zeros(tuple(batch.items.shape), np.int64)
    for row, (case, gone, length) in enumerate(zip(cases, positions, batch.lengths.tolist(), strict=True)):
        dropped = len(case.history) > length
        kept[row, :length] = np.delete(np.arange(len(case.history)), list(gone)) if dropped else np.arange(length)
    whole_lengths = torch.tensor([len(case.history) for case in cases])
    return Edited(
        whole=whole_batch([*histories.values()], catalogue),
        batch=batch,
        source=torch.tensor([number[id(case.history)] for case in cases]),
        first=torch.tensor([min(gone, default=len(case.history)) for case, gone in zip(cases, positions, strict=True)]),
        dropped=whole_lengths - batch.lengths,
        kept=torch.from_numpy(kept),
    )


def sharing_logits(model: SessionModel, batch: Batch) -> Tensor:
    """Scores (B, V) of histories that share events, equal to `model.logits(batch)` to 1e-5.

    Keys and values of an event of an additive model depend on no other event, so that each is computed once for all
    histories; edits of attention and of named terms reach them as usual. Whoever watches is shown every row by
    `logits`, which also runs any other model, and one in training.
    """
    return model.edited_scores(batch) if shares_events(model) else model.logits(batch)


def shares_events(model: SessionModel) -> TypeGuard[AdditiveModel]:
    """Whether `sharing_logits` computes each event once: an additive model outside training that nobody watches."""
    if not isinstance(model, AdditiveModel) or cast(torch.nn.Module, model).training:
        return False
    return not any(probe.watched for probe in model.attention_probes())


def edited_logits(model: SessionModel, variants: Edited) -> Tensor:
    """Scores (n, V) of the variants, equal to `model.logits(variants.batch)` to 1e-5.

    A model whose class is not in `SHORTCUTS`, one in training, and one whose attention somebody watches or edits is
    simply run.
    """
    shortcut = SHORTCUTS.get(type(model))
    watched = any(probe.open for probe in model.attention_probes())
    if shortcut is None or watched or cast(torch.nn.Module, model).training:
        return model.logits(variants.batch)
    return shortcut(model, variants)


def _lstm_logits(model: SessionLSTM, variants: Edited) -> Tensor:
    """Started from the state before the first event that was taken away."""
    hidden, cell = _states_before(model, variants.whole)
    shared = variants.shared
    rest = _rest(variants)
    start = (hidden[:, variants.source, shared].contiguous(), cell[:, variants.source, shared].contiguous())
    packed = pack_padded_sequence(model.embed(rest), rest.lengths, batch_first=True, enforce_sorted=False)
    _, (last, _) = model.recurrent(packed, start)
    return model.scores(model.norm(model.to_items(last[-1])))


def _states_before(model: SessionLSTM, whole: Batch) -> tuple[Tensor, Tensor]:
    """Hidden and cell states (layers, C, L + 1, hidden) before each event."""
    recurrent, given = model.recurrent, model.embed(whole)
    hidden_states, cell_states = [], []
    for layer in range(recurrent.num_layers):
        weights = [getattr(recurrent, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        hidden = cell = torch.zeros(len(whole), recurrent.hidden_size)
        states = [(hidden, cell)]
        for at in range(given.shape[1]):
            # One cell at a time, since the whole layer gives away no cell state but the last.
            hidden, cell = torch.lstm_cell(given[:, at], (hidden, cell), *weights)
            states.append((hidden, cell))
        hidden_states.append(torch.stack([one for one, _ in states], 1))
        cell_states.append(torch.stack([one for _, one in states], 1))
        given = hidden_states[-1][:, 1:]
    return torch.stack(hidden_states), torch.stack(cell_states)


def _transformer_logits(model: SessionTransformer, variants: Edited) -> Tensor:
    """Keys and values of the events before the first that was taken away are taken over; of the last layer, only the
    predicting position is computed.

    Where positions are counted from the end, dropping m events moves all before them by m: they are computed once
    for each m.
    """
    start = variants.shared
    bases, which = torch.unique(torch.stack([variants.source, variants.dropped], 1), dim=0, return_inverse=True)
    past = _past(model, variants.whole, bases, max(int(start.max()), 1))
    scores = torch.empty(len(start), model.embedding.size)
    # Side by side stand variants with about as many events to run, so that little is spent on padding.
    order = (start - variants.batch.lengths).argsort(stable=True)
    for rows in torch.split(order, max(FEWEST, len(order) // 12)):
        width = max(int(start[rows].max()), 1)
        seen = [(key[which[rows], :, :width], value[which[rows], :, :width]) for key, value in past]
        scores[rows] = _resumed_logits(model, variants.take(rows), seen)
    return scores


Memory = tuple[Tensor, Tensor]
"""Keys and values (n, H, P, D/H) of one layer."""


def _past(model: SessionTransformer, whole: Batch, bases: Tensor, width: int) -> list[Memory]:
    """Keys and values, layer by layer, of the first `width` events of the histories `bases[:, 0]`, each as many events
    nearer to the end as `bases[:, 1]` says.
    """
    before = _take(whole, bases[:, 0], width)
    lengths = (whole.lengths[bases[:, 0]] - bases[:, 1]).clamp(min=1)
    events = model.embed(before) + model.positions(Batch(before.items, before.engagements, lengths))
    found = []
    for number, layer in enumerate(cast(list[TransformerLayer], list(model.layers)), start=1):
        found.append(_keys_and_values(layer, events))
        events = layer(events) if number < len(model.layers) else events
    return found


def _resumed_logits(model: SessionTransformer, variants: Edited, past: Sequence[Memory]) -> Tensor:
    start, rest = variants.shared, _rest(variants)
    positions = model.positions(variants.batch).expand(len(start), -1, -1)
    places = (start.unsqueeze(1) + torch.arange(rest.items.shape[1])).clamp(max=positions.shape[1] - 1)
    events = model.embed(rest) + positions[torch.arange(len(start)).unsqueeze(1), places]
    mask = _mask(rest, start, past[0][0].shape[2])
    for number, layer in enumerate(cast(list[TransformerLayer], list(model.layers)), start=1):
        last = number == len(model.layers)
        events = _resumed(layer, events, past[number - 1], mask, rest.lengths if last else None)
    return model.scores(model.norm(events.squeeze(1)))


def _resumed(layer: TransformerLayer, events: Tensor, past: Memory, mask: Tensor, lengths: Tensor | None) -> Tensor:
    """One layer over events (n, S, D) that also see and values of the past; with `lengths`, the last alone."""
    attention = layer.attention
    normed = layer.norm1(events)
    own_key, own_value = _keys_and_values(layer, events, normed)
    if lengths is not None:
        events, normed = (at_last(one, lengths).unsqueeze(1) for one in (events, normed))
        mask = mask[torch.arange(len(lengths)), :, lengths - 1].unsqueeze(2)
    width = events.shape[-1]
    query = F.linear(normed, attention.in_proj_weight[:width], attention.in_proj_bias[:width])
    key, value = torch.cat([past[0], own_key], 2), torch.cat([past[1], own_value], 2)
    mixed = F.scaled_dot_product_attention(_split(query, attention.heads), key, value, attn_mask=mask)
    events = events + attention.out_proj(mixed.transpose(1, 2).reshape(events.shape))
    return events + layer.linear2(F.gelu(layer.linear1(layer.norm2(events))))


def _keys_and_values(layer: TransformerLayer, events: Tensor, normed: Tensor | None = None) -> Memory:
    attention: SelfAttention = layer.attention
    width = events.shape[-1]
    both = F.linear(
        layer.norm1(events) if normed is None else normed,
        attention.in_proj_weight[width:],
        attention.in_proj_bias[width:],
    )
    return _split(both[..., :width], attention.heads), _split(both[..., width:], attention.heads)


def _mask(rest: Batch, start: Tensor, width: int) -> Tensor:
    """(n, 1, S, P + S) which of P past and S own events each own event may look at; hidden ones only at themselves."""
    steps = torch.arange(rest.items.shape[1])
    past = torch.arange(width) < start.unsqueeze(1)
    own = steps <= steps.unsqueeze(1)
    if rest.hidden is None:
        own = own.expand(len(start), -1, -1)
    else:
        own = own & (~rest.hidden.unsqueeze(1) | torch.eye(len(steps), dtype=torch.bool))
    return torch.cat([past.unsqueeze(1).expand(-1, len(steps), -1), own], 2).unsqueeze(1)


def _rest(variants: Edited) -> Batch:
    """The events of each variant that must be run anew."""
    batch, start = variants.batch, variants.shared
    lengths = batch.lengths - start
    places = start.unsqueeze(1) + torch.arange(int(lengths.max()))
    places = places.clamp(max=batch.items.shape[1] - 1)
    hidden = None if batch.hidden is None else batch.hidden.gather(1, places)
    return Batch(batch.items.gather(1, places), batch.engagements.gather(1, places), lengths, hidden=hidden)


def _take(batch: Batch, rows: Tensor, width: int) -> Batch:
    return Batch(batch.items[rows, :width], batch.engagements[rows, :width], batch.lengths[rows].clamp(max=width))


def _split(tensor: Tensor, heads: int) -> Tensor:
    """(n, L, D) -> (n, H, L, D/H)."""
    return tensor.reshape(*tensor.shape[:2], heads, -1).transpose(1, 2)


SHORTCUTS: dict[type, Callable[[Any, Edited], Tensor]] = {
    SessionLSTM: _lstm_logits,
    SessionTransformer: _transformer_logits,
}
"""How variants are scored, by class of model; a class that is not here is run on every variant as a whole."""
