"""Small torch recommenders as people write them, each with its attention weights computed by hand beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from streamrec_core.adapters import ScoringFunction

ITEMS, WIDTH, HEADS, LONGEST = 12, 16, 2, 7
PAD, MASK = 0, ITEMS + 1
"""Ids inside the models: 0 pads, 1 to 12 are items, 13 masks."""


class Base(nn.Module):
    """Embeds ids, adds positions, runs two layers, scores against the item table."""

    causal = True

    def __init__(self, padding: str, mask: bool = False, blind_to_padding: bool = True) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.items = nn.Embedding(ITEMS + 2, WIDTH)
        self.at = nn.Embedding(LONGEST + 1, WIDTH)
        self.padding, self.mask, self.blind = padding, mask, blind_to_padding
        self.layers = nn.ModuleList([self.layer() for _ in range(2)])
        self.by_hand: list[Tensor] = []

    def layer(self) -> nn.Module:
        raise NotImplementedError

    def forbidden(self, ids: Tensor) -> Tensor:
        """(B, T, T) where a row may not look; every row may look at itself."""
        width = ids.shape[1]
        forbidden = torch.zeros(len(ids), width, width, dtype=torch.bool)
        if self.causal:
            forbidden |= torch.ones(width, width, dtype=torch.bool).triu(1)
        if self.blind:
            forbidden |= (ids == PAD)[:, None, :]
        return forbidden & ~torch.eye(width, dtype=torch.bool)

    def forward(self, ids: Tensor) -> Tensor:
        states = self.items(ids) + self.at(torch.arange(ids.shape[1]).expand_as(ids))
        forbidden = self.forbidden(ids)
        self.by_hand = []
        for layer in self.layers:
            states = states + self.attend(layer, states, forbidden)
        return states

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        raise NotImplementedError

    def ids(self, histories: list[list[str]]) -> Tensor:
        rows = [[int(item[1:]) + 1 for item in history][-LONGEST:] + [MASK] * self.mask for history in histories]
        width = LONGEST + self.mask if self.padding == "left" else max(map(len, rows), default=1)
        blank = [[PAD] * (width - len(row)) for row in rows]
        pairs = zip(rows, blank, strict=True)
        return torch.tensor([[*space, *row] if self.padding == "left" else [*row, *space] for row, space in pairs])

    def score(self, histories: list[list[str]]) -> Any:
        ids = self.ids(histories)
        with torch.no_grad():
            states = self(ids)
            last = (ids != PAD).sum(1) - 1 if self.padding == "right" else torch.full((len(ids),), ids.shape[1] - 1)
            return (states[torch.arange(len(ids)), last] @ self.items.weight[1 : ITEMS + 1].T).detach().cpu().numpy()


def projected(layer: Any, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values (B, H, T, D/H)."""
    query, key, value = (
        part.view(*states.shape[:2], HEADS, -1).transpose(1, 2) for part in layer["in"](states).chunk(3, -1)
    )
    return query, key, value


def joined(layer: Any, heads: Tensor) -> Tensor:
    """(B, H, T, D/H) -> (B, T, D)."""
    return layer["out"](heads.transpose(1, 2).flatten(2))


class MultiHead(Base):
    """`nn.MultiheadAttention` without weights asked for: the fused kernel."""

    need_weights = False

    def layer(self) -> nn.Module:
        return nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, _ = functional.linear(states, layer.in_proj_weight, layer.in_proj_bias).chunk(3, -1)
        query, key = (part.view(*states.shape[:2], HEADS, -1).transpose(1, 2) for part in (query, key))
        scores = query @ key.transpose(-2, -1) / math.sqrt(WIDTH / HEADS)
        self.by_hand.append(by_softmax(scores, forbidden))
        mask = forbidden.repeat_interleave(HEADS, 0)
        return layer(states, states, states, attn_mask=mask, need_weights=self.need_weights)[0]


class MultiHeadWithWeights(MultiHead):
    need_weights = True


class Encoder(Base):
    """`nn.TransformerEncoder`, whose fast path hides its weights from hooks."""

    def layer(self) -> nn.Module:
        block = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, dropout=0.1, batch_first=True)
        return nn.TransformerEncoder(block, 1, enable_nested_tensor=False)

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        attention = layer.layers[0].self_attn
        query, key, _ = functional.linear(states, attention.in_proj_weight, attention.in_proj_bias).chunk(3, -1)
        query, key = (part.view(*states.shape[:2], HEADS, -1).transpose(1, 2) for part in (query, key))
        self.by_hand.append(by_softmax(query @ key.transpose(-2, -1) / math.sqrt(WIDTH / HEADS), forbidden))
        return layer(states, mask=forbidden.repeat_interleave(HEADS, 0)) - states


class Plain(Base):
    def layer(self) -> nn.Module:
        return nn.ModuleDict({"in": nn.Linear(WIDTH, 3 * WIDTH), "out": nn.Linear(WIDTH, WIDTH)})


class ScaledDot(Plain):
    """`scaled_dot_product_attention`."""

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, value = projected(layer, states)
        self.by_hand.append(by_softmax(query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1]), forbidden))
        return joined(layer, functional.scaled_dot_product_attention(query, key, value, attn_mask=~forbidden[:, None]))


class OwnSoftmax(Plain):
    """A softmax of its own, heads as an axis."""

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, value = projected(layer, states)
        weights = by_softmax(query @ key.transpose(-2, -1), forbidden)
        self.by_hand.append(weights.detach())
        return joined(layer, functional.dropout(weights, 0.1, self.training) @ value)


class HeadsInBatch(Plain):
    """A softmax of its own, heads laid behind each other in the batch as the first SASRec did."""

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, value = (torch.cat(part.chunk(HEADS, -1)) for part in layer["in"](states).chunk(3, -1))
        scores = (query @ key.transpose(1, 2)).masked_fill(forbidden.repeat(HEADS, 1, 1), float("-inf"))
        weights = nn.Softmax(-1)(scores)
        self.by_hand.append(torch.stack(weights.detach().chunk(HEADS), 1))
        return layer["out"](torch.cat(torch.bmm(weights, value).chunk(HEADS), -1))


class Gated(Plain):
    """SiLU weights as in HSTU: masked after the gate, of any sum."""

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, value = projected(layer, states)
        weights = functional.silu(query @ key.transpose(-2, -1)) / LONGEST
        weights = weights * (~forbidden[:, None]).float()
        self.by_hand.append(weights.detach())
        return joined(layer, torch.einsum("bhnm,bhmd->bhnd", weights, value))


class Differential(Plain):
    """The difference of two softmaxes (Ye et al. 2024)."""

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        query, key, value = projected(layer, states)
        first, second = (
            by_softmax(part @ other.transpose(-2, -1), forbidden)
            for part, other in zip(query.chunk(2, -1), key.chunk(2, -1), strict=True)
        )
        weights = first - 0.6 * second
        self.by_hand.append(weights.detach())
        return joined(layer, torch.matmul(weights, value))


class Bidirectional(ScaledDot):
    causal = False


class FirstLost(Bidirectional):
    """Appends its MASK and cuts the first event, as a known library does."""

    def ids(self, histories: list[list[str]]) -> Tensor:
        return super().ids([history[1:] for history in histories])


class Recurrent(Base):
    """A GRU: a look-up and no attention."""

    def layer(self) -> nn.Module:
        return nn.GRU(WIDTH, WIDTH, batch_first=True)

    def attend(self, layer: Any, states: Tensor, forbidden: Tensor) -> Tensor:
        return layer(states)[0]


class MeanPooled(OwnSoftmax):
    """Predicts from the mean of all positions."""

    def score(self, histories: list[list[str]]) -> Any:
        ids = self.ids(histories)
        return self(ids).mean(1) @ self.items.weight[1 : ITEMS + 1].T


def by_softmax(scores: Tensor, forbidden: Tensor) -> Tensor:
    return scores.masked_fill(forbidden[:, None], float("-inf")).softmax(-1)


def scorer_of(module: Base, score: Callable[[list[list[str]]], Any] | None = None) -> ScoringFunction:
    """A stand-in as its author would hand it over, without the last item of the catalogue of 13."""
    return ScoringFunction(
        score or module.score, [f"i{row}" for row in range(ITEMS)], module, LONGEST, type(module).__name__
    )
