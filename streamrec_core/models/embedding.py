"""Embedding tables of items, categories and engagements, shared by all neural models."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.known_items import KnownItems


class EventEmbedding(nn.Module):
    """The sum of an event's item, category and engagement embeddings.

    Parameters
    ----------
    with_category, with_engagement : bool
        Whether these tables exist.
    scale : float
        Factor on the sum; sqrt(width) in the original transformer (Vaswani et al. 2017, section 3.4).
    item_dropout : float
        In training, the share of events whose item vector is left out, so that the model cannot lean on
        items it has seen a few times only.
    """

    category_of: Tensor

    def __init__(
        self,
        catalogue: Catalogue,
        width: int,
        with_category: bool,
        with_engagement: bool,
        scale: float,
        item_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        size, categories = len(catalogue), len(catalogue.categories)
        self.width, self.size = width, size
        self.scale, self.item_dropout = scale, item_dropout
        self.items = nn.Embedding(size + 1, width, padding_idx=size)
        self.categories = nn.Embedding(categories + 1, width, padding_idx=categories) if with_category else None
        self.engagements = nn.Embedding(len(catalogue.words), width) if with_engagement else None
        self.item_bias: nn.Parameter | None = None
        codes = torch.from_numpy(catalogue.category_of.copy())
        self.register_buffer("category_of", torch.cat([codes, torch.tensor([categories])]), persistent=False)

    def add_item_bias(self) -> None:
        """Give every item a learned bias (V,) that is added to its score, zero at first."""
        self.item_bias = nn.Parameter(torch.zeros(self.size))

    def renumber_items(self, item_match: KnownItems) -> None:
        """Put the rows of all tables into the order of a data set; unknown items are blank and score -inf."""
        rows = torch.from_numpy(item_match.rows)
        unknown, old = rows < 0, self.size
        source = torch.cat([torch.where(unknown, old, rows), torch.tensor([old])])  # padding is a row of zeros
        self.size = len(rows)
        table = self.items.weight.detach()[source]
        self.items = nn.Embedding(len(table), self.width, padding_idx=self.size, _weight=table)
        bias = torch.zeros(old) if self.item_bias is None else self.item_bias.detach()
        bias = torch.cat([bias, torch.tensor([float("-inf")])])[source[:-1]]
        self.item_bias = nn.Parameter(bias) if self.item_bias is not None or bool(unknown.any()) else None
        blank = 0 if self.categories is None else self.categories.num_embeddings - 1
        codes = torch.from_numpy(item_match.categories)
        self.category_of = torch.cat([torch.where(codes < 0, blank, codes), torch.tensor([blank])])

    def renumber_engagements(self, codes: Tensor) -> None:
        """Put the engagement table into the order of a data set's words; `codes` (W,) are those of the model."""
        if self.engagements is not None:
            table = self.engagements.weight.detach()[codes]
            self.engagements = nn.Embedding(len(table), self.width, _weight=table)

    def start_at(self, deviation: float, items: float = 0.0) -> EventEmbedding:
        """Draw all tables anew from normal distributions; padding stays zero.

        Parameters
        ----------
        deviation : float
            Standard deviation of every table.
        items : float
            That of item vectors where there is a category table beside them. At zero an item is taken for its
            category until its own events say otherwise. Where all items are of one category, zero is a saddle: every
            item is the same point, and no gradient tells them apart.
        """
        for table in (self.items, self.categories, self.engagements):
            if table is not None:
                nn.init.normal_(table.weight, std=deviation)
                if table.padding_idx is not None:
                    nn.init.zeros_(table.weight[table.padding_idx])
        if self.categories is not None:
            with torch.no_grad():
                self.items.weight *= items / deviation
        return self

    def forward(self, batch: Batch) -> Tensor:
        """Event vectors (B, L, D)."""
        vectors = self.items(batch.items)
        if self.training and self.item_dropout:
            keep = torch.rand(batch.items.shape, device=vectors.device) >= self.item_dropout
            vectors = vectors * keep.unsqueeze(-1)
        if self.categories is not None:
            vectors = vectors + self.categories(self.category_of[batch.items])
        if self.engagements is not None:
            vectors = vectors + self.engagements(batch.engagements)
        return vectors * self.scale

    def rows(self, items: Tensor) -> Tensor:
        """(..., D) rows of `table` for these items (...), computed without the others."""
        vectors = nn.functional.embedding(items, self.items.weight, sparse=self.items.sparse)
        return vectors if self.categories is None else vectors + self.categories(self.category_of[items])

    def table(self) -> Tensor:
        """(V, D) what each item adds, its category included; not to be changed in place.

        Where no gradient of the weights is recorded and the module is not in training, the sum is kept until a weight
        changes.
        """
        if self.categories is None:
            return self.items.weight[: self.size]
        weights = (self.items.weight, self.categories.weight)
        recorded = torch.is_grad_enabled() and any(weight.requires_grad for weight in weights)
        if self.training or recorded or any(weight.is_inference() for weight in weights):
            return self._summed()
        # Weights are replaced or moved (another address) or changed in place (another version).
        state = tuple((weight.data_ptr(), weight._version) for weight in weights)
        cached = _TABLES.get(self)
        if cached is None or cached.state != state:
            with torch.inference_mode(False), torch.no_grad():
                cached = _SummedTable(tuple(weight.detach() for weight in weights), state, self._summed())
            _TABLES[self] = cached
        return cached.rows

    def _summed(self) -> Tensor:
        assert self.categories is not None
        return self.items.weight[: self.size] + self.categories.weight[self.category_of[: self.size]]


@dataclass(frozen=True, eq=False)
class _SummedTable:
    """A sum of item and category vectors, and the state of the weights that it is the sum of.

    Attributes
    ----------
    weights : tuple of Tensor
        They keep the memory of the weights taken, so that no later weight can have the same address.
    state : tuple of (int, int)
        Address and version of each.
    """

    weights: tuple[Tensor, ...]
    state: tuple[tuple[int, int], ...]
    rows: Tensor


# Beside the modules, not in them: a deep copy of a model, whose weights count their changes anew, starts without.
_TABLES: WeakKeyDictionary[EventEmbedding, _SummedTable] = WeakKeyDictionary()


def sinusoidal_positions(length: int, width: int) -> Tensor:
    """Fixed sines and cosines (Vaswani et al. 2017, section 3.5), counted from the first event.

    Parameters
    ----------
    length : int
    width : int

    Returns
    -------
    (length, width) Tensor
    """
    position = torch.arange(length, dtype=torch.float32).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)[:, : width // 2]
    return table


def positions_from_end(lengths: Tensor, length: int) -> Tensor:
    """Distance of each event to the last one of its history; 0 for the last and for padding.

    Parameters
    ----------
    lengths : (B,) int64
    length : int
        L.

    Returns
    -------
    (B, L) int64 Tensor
    """
    steps = torch.arange(length, device=lengths.device)
    return (lengths.unsqueeze(1) - 1 - steps).clamp(min=0)


def at_last(hidden: Tensor, lengths: Tensor) -> Tensor:
    """The vector of each history's last event.

    Parameters
    ----------
    hidden : (B, L, D)
    lengths : (B,) int64

    Returns
    -------
    (B, D) Tensor
    """
    return hidden[torch.arange(len(lengths), device=hidden.device), lengths - 1]


def every_row(batch: Batch) -> Tensor:
    """(B, L) every position, for the predictions made after each event."""
    return torch.arange(batch.items.shape[1], device=batch.items.device).expand(len(batch), -1)


def last_row(batch: Batch) -> Tensor:
    """(B, 1) position of each history's last event, from which the prediction is made."""
    return (batch.lengths - 1).unsqueeze(1)
