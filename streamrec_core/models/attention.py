"""Causal multi-head self-attention: the fused kernel, or explicit weights while a probe records or edits them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from streamrec_core.models.embedding import at_last
from streamrec_core.models.probe import AttentionProbe

KeysValues = tuple[Tensor, Tensor]
"""Keys and values (n, H, L, D/H) of one layer."""


class SelfAttention(nn.Module):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, eq. 1) over the events so far.

    Weights are laid out as in `torch.nn.MultiheadAttention`, so that either can be copied into the other.

    Parameters
    ----------
    width : int
        D, split evenly over the heads.
    heads : int
        H.
    dropout : float
        Of the attention weights, in training only.
    layer : int
        Number of the layer, counted from 0; the probe carries it.
    """

    def __init__(self, width: int, heads: int, dropout: float, layer: int) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.probe = AttentionProbe(layer, heads)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, events: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Mix each event with those before it and itself; padding stands right, so that no event sees it.

        Parameters
        ----------
        events : (B, L, D)
        hidden : (B, L) bool or None
            Masked events, which are seen by themselves alone.

        Returns
        -------
        (B, L, D) Tensor
        """
        batch, length, width = events.shape
        projected = F.linear(events, self.in_proj_weight, self.in_proj_bias)
        # (B, L, 3D) -> three of (B, H, L, D/H)
        query, key, value = projected.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        if self.probe.active or hidden is not None:
            mixed = self._explicit(query, key, value, dropout, hidden)
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout, is_causal=True)
        # (B, H, L, D/H) -> (B, L, D)
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))

    def _explicit(self, query: Tensor, key: Tensor, value: Tensor, dropout: float, hidden: Tensor | None) -> Tensor:
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
        excluded = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        if hidden is not None:
            itself = torch.eye(scores.shape[-1], dtype=torch.bool, device=scores.device)
            excluded = excluded | (hidden[:, None, None, :] & ~itself)
        weights = self.probe.show(scores.masked_fill(excluded, float("-inf")).softmax(-1))
        return F.dropout(weights, dropout) @ value

    def query(self, events: Tensor) -> Tensor:
        """Queries (n, H, L, D/H) of events (n, L, D)."""
        width = events.shape[-1]
        return self._split(F.linear(events, self.in_proj_weight[:width], self.in_proj_bias[:width]))

    def keys_values(self, events: Tensor) -> KeysValues:
        """Keys and values (n, H, L, D/H) of events (n, L, D)."""
        width = events.shape[-1]
        both = F.linear(events, self.in_proj_weight[width:], self.in_proj_bias[width:])
        return self._split(both[..., :width]), self._split(both[..., width:])

    def value_vectors(self, events: Tensor) -> Tensor:
        """(n, H, L, D) what each event (n, L, D) hands on where its weight is 1 (Kobayashi et al. 2020, eq. 3)."""
        width = events.shape[-1]
        value = F.linear(events, self.in_proj_weight[2 * width :], self.in_proj_bias[2 * width :])
        return through_output(value, self.out_proj.weight, self.heads)

    def _split(self, events: Tensor) -> Tensor:
        """(n, L, D) -> (n, H, L, D/H)."""
        return events.reshape(*events.shape[:2], self.heads, -1).transpose(1, 2)


def through_output(values: Tensor, output: Tensor, heads: int) -> Tensor:
    """Each head's part of the values through its part of the output map.

    Parameters
    ----------
    values : (n, L, H x P)
    output : (D, H x P)
        Weight of the output map.
    heads : int
        H, with P numbers each.

    Returns
    -------
    (n, H, L, D) Tensor
    """
    parts = values.view(*values.shape[:2], heads, -1)
    return torch.einsum("blhd,ehd->bhle", parts, output.view(output.shape[0], heads, -1))


class TransformerLayer(nn.Module):
    """Pre-LN transformer layer (Xiong et al. 2020): attention, then a GELU net, each added to its input."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, layer: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout, layer)
        self.norm2 = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, feed_forward)
        self.linear2 = nn.Linear(feed_forward, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, events: Tensor, hidden: Tensor | None = None) -> Tensor:
        """One layer over all events.

        Parameters
        ----------
        events : (B, L, D)
        hidden : (B, L) bool or None
            Masked events.

        Returns
        -------
        (B, L, D) Tensor
        """
        events = events + self.dropout(self.attention(self.norm1(events), hidden))
        inner = self.dropout(F.gelu(self.linear1(self.norm2(events))))
        return events + self.dropout(self.linear2(inner))

    def resume(self, events: Tensor, cached: KeysValues, mask: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The same over S further events that also see P earlier ones by their cached keys and values.

        Parameters
        ----------
        events : (n, S, D)
        cached : KeysValues
            (n, H, P, D/H) each.
        mask : (n, 1, S, P + S) bool
            What each event may look at.
        lengths : (n,) int64 or None
            Compute the last event of each row alone, which stands at `lengths` - 1.

        Returns
        -------
        (n, S, D) Tensor
            (n, 1, D) with `lengths`.
        """
        normed = self.norm1(events)
        key, value = self.attention.keys_values(normed)
        if lengths is not None:
            events, normed = (at_last(rows, lengths).unsqueeze(1) for rows in (events, normed))
            mask = mask[torch.arange(len(lengths), device=mask.device), :, lengths - 1].unsqueeze(2)
        key, value = torch.cat([cached[0], key], 2), torch.cat([cached[1], value], 2)
        mixed = F.scaled_dot_product_attention(self.attention.query(normed), key, value, attn_mask=mask)
        # (n, H, S, D/H) -> (n, S, D)
        events = events + self.attention.out_proj(mixed.transpose(1, 2).reshape(events.shape))
        return events + self.linear2(F.gelu(self.linear1(self.norm2(events))))
