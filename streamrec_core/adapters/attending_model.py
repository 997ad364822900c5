"""Models of other libraries whose attention heads can be read and edited, and through which gradients can be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import Tensor

from streamrec_core.adapters.history_layout import HistoryLayout
from streamrec_core.adapters.layout import PassCounter
from streamrec_core.adapters.positions import Positions, find_positions
from streamrec_core.adapters.probed_model import LookedUpModel, ProbedModel
from streamrec_core.adapters.returned import checked_scores
from streamrec_core.adapters.scored_model import Key
from streamrec_core.adapters.scorer import Scorer
from streamrec_core.adapters.tap import AttentionTap, WeightSource
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import WeightKind

Swap = Callable[[Tensor, Positions, Tensor], Tensor]
"""Takes looked-up rows (b, W, D), where the events stand, and the numbers of the histories (b,); gives rows to use."""


@dataclass
class TappedRun:
    """What a tapped call of a batch works with, and the weights shown so far.

    Attributes
    ----------
    read : (B, L) bool
        Events that the model reads.
    last : (B,) int64
        The last event of each history.
    hidden : (B, L) bool or None
        Events hidden in place.
    swap : callable or None
        Replaces the looked-up rows.
    special : dict of int to (B, H) Tensor, or None
        By layer, the share of attention on no event; None: not measured.
    """

    read: Tensor
    last: Tensor
    hidden: Tensor | None = None
    swap: Swap | None = None
    special: dict[int, Tensor] | None = None
    shown: dict[int, Tensor] = field(default_factory=dict)


class AttendingModel(ProbedModel):
    """A `ScoredModel` whose attention heads are shown and edited.

    Parameters
    ----------
    scorer : Scorer
    catalogue : Catalogue
    layout : HistoryLayout
        How it lays out a history, found by experiment.
    time_limit : float or None
        Seconds that one call of `score` may take.
    """

    hides_in_place = False

    def __init__(
        self, scorer: Scorer, catalogue: Catalogue, layout: HistoryLayout, time_limit: float | None = None
    ) -> None:
        super().__init__(scorer, catalogue, time_limit)
        self.layout = layout
        self._probes = tuple(AttentionProbe(number, layer.heads) for number, layer in enumerate(layout.layers))
        self.weight_kind: WeightKind = layout.layers[0].kind if layout.layers else "shares"
        self.predicts_from = "mask" if layout.predicts else "last event"

    def special_shares(self, batch: Batch) -> Tensor:
        """(B, layers, H) share of each head's attention, from where it predicts, on padding, MASK and the like."""
        current = self.begin(batch)
        current.special = {}
        with torch.no_grad():
            self.run_tapped(batch, current)
        return torch.stack([current.special[number] for number in sorted(current.special)], 1)

    def begin(self, batch: Batch, swap: Swap | None = None) -> TappedRun:
        """What a tapped call of a batch works with.

        Parameters
        ----------
        batch : Batch
        swap : callable or None
            Replaces the looked-up rows.

        Returns
        -------
        TappedRun
        """
        return TappedRun(self.read_events(batch), batch.lengths - 1, swap=swap)

    def read_events(self, batch: Batch) -> Tensor:
        """(B, L) bool, events that the model reads."""
        rows = torch.from_numpy(self.rows)
        return batch.visible & (torch.cat([rows, torch.tensor([-1])])[batch.items] >= 0)

    def run_tapped(self, batch: Batch, current: TappedRun | None = None) -> Tensor:
        """Scores (B, V) with attention shown to whoever watches, and look-ups swapped.

        Parameters
        ----------
        batch : Batch
        current : TappedRun or None
            By default of the batch as it is.

        Returns
        -------
        (B, V) Tensor
            With the graph of gradients where gradients are enabled.
        """
        current = current or self.begin(batch)
        keys = self.keys(batch)
        some = torch.tensor([row for row, key in enumerate(keys) if key], dtype=torch.int64)
        run = self._in_catalogue_of([keys[row] for row in some.tolist()], current, some) if len(some) else None
        if run is not None and len(some) == len(keys):
            return run
        scores = self.after_nothing().repeat(len(keys), 1)
        return scores if run is None else scores.index_copy(0, some, run)

    def _in_catalogue_of(self, keys: list[Key], current: TappedRun, some: Tensor) -> Tensor:
        counter = PassCounter(self.layout)
        positions: list[Positions] = []

        def look(index: Tensor, rows: Tensor) -> Tensor:
            if not counter.is_history(index):
                return rows
            part = some[counter.start : counter.start + counter.size]
            read, last = current.read[part].to(index.device), current.last[part].to(index.device)
            positions[:] = [find_positions(self.layout, index.shape[1], read, last)]
            return rows if current.swap is None else current.swap(rows, positions[0], part)

        def see(weights: Tensor, source: WeightSource) -> Tensor:
            layer = counter.layer(weights)
            if layer is None:
                return weights
            by_head = layer.by_head(weights, counter.size)
            part = some[counter.start : counter.start + counter.size]
            edited = self._show(layer.number, by_head, positions[0], part, current)
            return weights if edited is by_head else layer.as_it_was(edited, weights)

        tap = AttentionTap(see, look, gradients=torch.is_grad_enabled())
        return self.in_catalogue(self.run(tap, keys))

    def _show(self, number: int, weights: Tensor, positions: Positions, part: Tensor, current: TappedRun) -> Tensor:
        """Show one layer's attention among events, (b, H, W, W), and give the weights to be used."""
        if current.special is not None:
            current.special.setdefault(number, torch.zeros(len(current.read), weights.shape[1]))
            current.special[number][part] = positions.special_share(weights.detach()).float().cpu()
        if current.hidden is not None:
            scale_up = self.layout.layers[number].kind == "shares"
            weights = positions.hide(weights, current.hidden[part].to(weights.device), scale_up)
        probe = self._probes[number]
        if not probe.active:
            return weights
        events, total = positions.of_events(weights)
        size = (len(current.read), *events.shape[1:])
        # Whoever watches works on the processor, where batches of this model are, wherever its module is.
        blank = torch.zeros(size, dtype=events.dtype)
        whole = current.shown.get(number, blank).index_copy(0, part, events.cpu())
        current.shown[number] = whole.detach()
        edited = probe.show(whole)
        return (
            weights if edited is whole else positions.put_back(weights, edited[part].to(weights.device), events, total)
        )

    def run(self, tap: AttentionTap | None, keys: list[Key]) -> Tensor:
        """Scores (n, items of the model) of histories within a tap.

        Parameters
        ----------
        tap : AttentionTap or None
        keys : list of tuple of int
            Histories as rows of the model's items.

        Returns
        -------
        (n, items of the model) Tensor
            With the graph of gradients where gradients are enabled.
        """
        histories, grad = self.histories(keys), torch.is_grad_enabled()

        def call() -> Any:
            if tap is None:
                return self.scorer.score(histories)
            with tap:
                return self.scorer.score(histories)

        with torch.set_grad_enabled(grad and tap is not None):
            returned = self.call(call)
        if tap is not None and grad:
            return self._with_graph(returned, tap, keys)
        source = f"{self.name}: {self._function}"
        return torch.from_numpy(checked_scores(returned, self.histories(keys), self.item_ids, source))

    def _with_graph(self, returned: Any, tap: AttentionTap, keys: list[Key]) -> Tensor:
        """The returned scores as a tensor that gradients can be taken of."""
        shape = (len(keys), len(self.item_ids))
        if isinstance(returned, Tensor) and returned.shape == shape and returned.requires_grad:
            return returned.float().cpu()
        whole = [tensor for tensor in tap.left if tensor.ndim == 2 and tensor.shape[1] == shape[1]]
        source = f"{self.name}: {self._function}"
        values = torch.from_numpy(checked_scores(returned, self.histories(keys), self.item_ids, source))
        if whole and sum(len(tensor) for tensor in whole) == len(keys):
            left = torch.cat(whole).float().cpu()
            if torch.equal(left.detach(), values):
                return left
        return values  # nothing that was swapped or edited reached it


class DifferentiableModel(AttendingModel, LookedUpModel):
    """An `AttendingModel`, with or without attention, through whose look-up of items gradients are taken.

    An event that a check hides in place keeps its position: its looked-up row is zero, and nothing attends to it.

    Parameters
    ----------
    scorer : Scorer
    catalogue : Catalogue
    layout : HistoryLayout
        How it lays out a history, found by experiment.
    time_limit : float or None
        Seconds that one call of `score` may take.
    """

    hides_in_place = True

    def __init__(
        self, scorer: Scorer, catalogue: Catalogue, layout: HistoryLayout, time_limit: float | None = None
    ) -> None:
        super().__init__(scorer, catalogue, layout, time_limit)
        self._width = 0

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V); events hidden in place keep their positions."""
        if batch.hidden is None or not batch.hidden.any():
            return super().logits(batch)
        # Where nothing is left to see, there is no event at all.
        blind = ~(self.read_events(batch) & ~batch.hidden).any(1, keepdim=True)
        shown = replace(batch, hidden=blind.expand(batch.items.shape) if blind.any() else None)
        current = self.begin(shown, self._blanked(batch.hidden))
        current.hidden = batch.hidden
        return self.run_tapped(shown, current)

    def embed(self, batch: Batch) -> Tensor:
        """Looked-up rows (B, L, D) of the events; zero for padding and for events that the model does not read."""
        captured: list[tuple[Tensor, Tensor]] = []

        def swap(rows: Tensor, positions: Positions, part: Tensor) -> Tensor:
            captured.append((part, positions.of_rows(rows.detach())))
            return rows

        with torch.no_grad():
            self.run_tapped(batch, self.begin(batch, swap))
        self._width = captured[0][1].shape[-1] if captured else self._width
        embedded = torch.zeros(*batch.items.shape, self._width)
        for part, rows in captured:
            embedded[part] = rows.float().cpu()
        return embedded

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Scores (B, V) with other looked-up rows.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, V) Tensor
        """

        def swap(rows: Tensor, positions: Positions, part: Tensor) -> Tensor:
            return positions.with_rows(rows, embedded[part].to(rows))

        return self.run_tapped(batch, self.begin(batch, swap))

    def _copied(self, name: str) -> Self:
        other = super()._copied(name)
        other._width = 0
        return other

    def _blanked(self, hidden: Tensor) -> Swap:
        def swap(rows: Tensor, positions: Positions, part: Tensor) -> Tensor:
            of_events = positions.of_rows(rows)
            blank = hidden[part].unsqueeze(-1).to(rows.device)
            return positions.with_rows(rows, of_events.masked_fill(blank, 0.0))

        return swap
