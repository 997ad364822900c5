"""Attention of the additive transformer: from a readout to events, with named terms in its scores."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from streamrec_core.models.attention import through_output
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.terms import NamedTerms


class AdditiveAttention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017, eq. 1) from a readout to events, with named terms in its scores.

    The query is a learned vector a head and asks nothing of the events. Query and key are normalised (Henry et al.
    2020), so that content can move a score by `content_limit` at most and the named terms keep the last word. Values
    have no bias: an event to which no weight goes adds nothing.

    Parameters
    ----------
    terms : NamedTerms
        One figure a head for each term.
    layer : int
        Number of the layer, counted from 0; the probe carries it.
    head_width : int or None
        How many numbers a head passes on of an event; by default an even share of the width.
    """

    def __init__(
        self,
        width: int,
        dropout: float,
        layer: int,
        terms: NamedTerms,
        content_limit: float,
        head_width: int | None = None,
    ) -> None:
        super().__init__()
        passed_on = terms.heads * (head_width or width // terms.heads)
        self.dropout, self.terms, self.content_limit = dropout, terms, content_limit
        self.query = nn.Parameter(torch.randn(terms.heads, width // terms.heads))
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, passed_on, bias=False)
        self.out_proj = nn.Linear(passed_on, width, bias=False)
        self.following = nn.Parameter(torch.zeros_like(terms.engagement))
        self.probe = AttentionProbe(layer, terms.heads)

    def renumber_engagements(self, codes: Tensor) -> None:
        """Put the weights of engagements into the order of a data set's words; `codes` (W,) are those of the model."""
        self.following = nn.Parameter(self.following.detach()[:, codes])

    def content(self, events: Tensor) -> Tensor:
        """(..., H) what the content of events (..., D) adds to their attention scores, at most `content_limit`."""
        key = F.normalize(self._by_head(self.key(events)), dim=-1)
        return (key * F.normalize(self.query, dim=-1)).sum(-1) * self.content_limit

    def weights(self, content: Tensor, terms: Tensor) -> Tensor:
        """Attention weights, as the probe leaves them; zero in a row that may look at nothing, since all is hidden.

        Parameters
        ----------
        content : (B, L, H)
        terms : (B, H, T, L)
            What the named terms add; -inf where a row may not look.

        Returns
        -------
        (B, H, T, L) Tensor
        """
        scores = content.transpose(1, 2).unsqueeze(2) + terms
        nothing = torch.isneginf(scores).all(-1, keepdim=True)
        weights = scores.masked_fill(nothing, 0.0).softmax(-1).masked_fill(nothing, 0.0)
        return self.probe.show(weights) if self.probe.active else weights

    def forward(self, events: Tensor, terms: Tensor) -> tuple[Tensor, Tensor]:
        """What T readouts gain from events.

        Parameters
        ----------
        events : (B, L, D)
        terms : (B, H, T, L)
            What the named terms add to the attention scores.

        Returns
        -------
        gain : (B, T, D)
        weights : (B, H, T, L)
        """
        weights = F.dropout(self.weights(self.content(events), terms), self.dropout, self.training)
        return self.mixed(weights, self.value(events)), weights

    def mixed(self, weights: Tensor, values: Tensor) -> Tensor:
        """What T readouts gain from the values of events.

        Parameters
        ----------
        weights : (B, H, T, L)
        values : (B, L, H x P)
            P numbers a head.

        Returns
        -------
        (B, T, D) Tensor
        """
        # (B, L, H x P) -> (B, H, L, P), weighted (B, H, T, P) -> (B, T, D)
        by_head = weights @ self._by_head(values).transpose(1, 2)
        gain: Tensor = self.out_proj(by_head.transpose(1, 2).flatten(2))
        return gain

    def following_weights(self, weights: Tensor, engagements: Tensor) -> Tensor:
        """How much each head counts the followers of each event.

        Parameters
        ----------
        weights : (B, H, T, L)
        engagements : (B, L) int64

        Returns
        -------
        (B, H, T, L) Tensor
        """
        return weights * self.following[:, engagements].transpose(0, 1).unsqueeze(2)

    def values_by_head(self, events: Tensor) -> Tensor:
        """(..., H, P) values of events (..., D)."""
        return self._by_head(self.value(events))

    def value_vectors(self, events: Tensor) -> Tensor:
        """(B, H, L, D) what each event (B, L, D) hands to the readout where its weight is 1."""
        return through_output(self.value(events), self.out_proj.weight, self.terms.heads)

    def parts(self, weights: Tensor, events: Tensor) -> Tensor:
        """The summands of `forward` for one readout: what each head adds because of each event.

        Parameters
        ----------
        weights : (B, H, L)
        events : (B, L, D)

        Returns
        -------
        (B, H, L, D) Tensor
        """
        values = self.values_by_head(events)
        # (D, H x P) -> (D, H, P), each head's part of the output map
        output = self._by_head(self.out_proj.weight)
        return torch.einsum("bhl,blhd,ehd->bhle", weights, values, output)

    def _by_head(self, tensor: Tensor) -> Tensor:
        """(..., H x P) -> (..., H, P)."""
        return tensor.view(*tensor.shape[:-1], self.terms.heads, -1)


class AdditiveLayer(nn.Module):
    """One layer: every event is transformed by itself, then the readout gains what the heads bring of it."""

    def __init__(self, attention: AdditiveAttention, width: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.event_net = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, feed_forward),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(feed_forward, width),
            nn.Dropout(dropout),
        )
        self.norm_events = nn.LayerNorm(width)
        self.attention = attention

    def forward(self, events: Tensor) -> tuple[Tensor, Tensor]:
        """Events (..., D) one layer on, and the same as the heads see them; no event sees another."""
        events = events + self.event_net(events)
        return events, self.norm_events(events)
