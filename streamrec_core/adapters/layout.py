"""Find out how a model lays out a history: which columns are its events, which row predicts, how heads are arranged.

Every answer comes from an experiment: an event is replaced and the columns that change are its own; a row of the last
attention map is emptied and, where the scores change, the model predicts from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from streamrec_core.adapters.history_layout import HistoryLayout, Layer
from streamrec_core.adapters.passes import AttentionMap, Recorded, Run, joined_index, record
from streamrec_core.adapters.tap import AttentionTap, WeightSource
from streamrec_core.models.protocol import WeightKind

LONG, SHORT = 5, 3
"""Events of the histories of the experiments."""
ROWS_AT_ONCE = 64
MOVED = 1e-5
"""Share of the spread of the scores by which they must change for a row to count as predicting."""
Key = tuple[int, ...]


class NotFoundOut(Exception):
    """What could not be found out about a model, as the end of a sentence."""


def find_columns(run: Run, items: Sequence[int]) -> tuple[HistoryLayout, ...]:
    """Find the look-ups of the history, and which of their columns are which events.

    Parameters
    ----------
    run : callable
    items : sequence of int
        Distinct items to make histories of.

    Returns
    -------
    tuple of HistoryLayout
        Without layers, one for each look-up that changes with the events; the first is the most likely.

    Raises
    ------
    NotFoundOut
        No look-up changes with each event at one place of its own.
    """
    if len(items) < SHORT + 1:
        raise NotFoundOut(f"it knows fewer than {SHORT + 1} items of this data set")
    *events, other = items[: LONG + 1]
    long, short = tuple(events), tuple(events[:SHORT])
    variants = [
        (*history[:position], other, *history[position + 1 :])
        for history in (long, short)
        for position in range(len(history))
    ]
    histories = [long, short, *variants]
    each = len(record(run, [long]).look_ups)
    recorded = record(run, histories)
    layouts = []
    for number in range(each):
        index = joined_index(recorded.look_ups, number, each, len(histories))
        if index is None:
            continue
        columns = (
            _columns(index[0], index[2 : 2 + len(long)]),
            _columns(index[1], index[2 + len(long) :]),
        )
        layouts += [
            replace(layout, look_up=number, look_ups=each)
            for layout in _rule([column for column in columns if column], index.shape[1])
        ]
    if not layouts:
        raise NotFoundOut("its look-up of the history's items was not found among the calls of torch")
    return tuple(layouts)


def _columns(whole: Tensor, variants: Tensor) -> list[int]:
    """The column of each event that is read, from the index (W,) and the indices (L, W) with one event replaced.

    Events that change nothing must be the first; empty where another thing changes than one column for each event.
    """
    changed = [(row != whole).nonzero()[:, 0].tolist() for row in variants]
    while changed and not changed[0]:
        changed.pop(0)
    if not changed or any(len(columns) != 1 for columns in changed):
        return []
    columns = [column for (column,) in changed]
    return columns if columns == list(range(columns[0], columns[0] + len(columns))) else []


def _rule(columns: Sequence[list[int]], width: int) -> list[HistoryLayout]:
    """Where the events of a long and of a short history stand."""
    if len(columns) != 2:
        return []
    long, short = columns
    unread = LONG - len(long)
    if unread != SHORT - len(short):
        return []
    if long[0] == short[0]:
        return [HistoryLayout(0, 0, "right", long[0], unread=unread)]
    if long[-1] == short[-1]:
        return [HistoryLayout(0, 0, "left", width - 1 - long[-1], unread=unread)]
    return []


def find_layers(run: Run, layout: HistoryLayout, items: Sequence[int]) -> HistoryLayout:
    """Find the attention layers, their heads, and the row that predicts.

    Parameters
    ----------
    run : callable
    layout : HistoryLayout
        With the columns.
    items : sequence of int
        As for `find_columns`.

    Returns
    -------
    HistoryLayout
        With its layers.

    Raises
    ------
    NotFoundOut
        There is no attention over the history, or not one row that predicts.
    """
    long, short = tuple(items[:LONG]), tuple(items[:SHORT])
    single, double = record(run, [long]), record(run, [long, short])
    width = single.look_ups[layout.look_up].index.shape[1]
    alone = _over_history(single, width)
    together = _over_history(double, double.look_ups[layout.look_up].index.shape[1])
    if not alone:
        raise NotFoundOut("no attention over the history was found among the calls of torch")
    layers = tuple(_layer(number, first, together, len(alone)) for number, first in enumerate(alone))
    if len({layer.heads for layer in layers}) > 1:
        counts = ", ".join(str(layer.heads) for layer in layers)
        raise NotFoundOut(f"its layers have different numbers of heads ({counts}), which cannot be shown together")
    layout = replace(layout, maps=len(alone), layers=layers)
    rows = [_predicting_row(run, layout, history) for history in (long, short)]
    if rows[0] != rows[1]:
        raise NotFoundOut("the row of its attention that predicts was not found")
    return replace(layout, predicts=rows[0])


def _over_history(recorded: Recorded, width: int) -> list[AttentionMap]:
    return [each for each in recorded.maps if each.weights.shape[-1] == width and each.weights.ndim in (3, 4)]


def _layer(number: int, alone: AttentionMap, together: list[AttentionMap], each: int) -> Layer:
    """Heads of a layer from its map of one history and from that of two histories."""
    weights = alone.weights
    heads = weights.shape[1] if weights.ndim == 4 else weights.shape[0]
    heads_first = False
    if weights.ndim == 3 and heads > 1 and len(together) == each:
        both = together[number].weights
        if both.shape[-1] == weights.shape[-1] and len(both) == 2 * heads:
            by_history, by_head = ((part - weights).abs().max() for part in (both[:heads], both[::2]))
            heads_first = bool(by_head < by_history)
    return Layer(number, heads, heads_first, _kind(alone.source, weights))


def _kind(source: WeightSource, weights: Tensor) -> WeightKind:
    if source.difference or (source.function == "softmax" and bool((weights < 0).any())):
        return "signed"
    return "shares" if source.function == "softmax" else "weights"


class PassCounter:
    """Keeps count, within a tap, of which pass, look-up and layer a call belongs to.

    Attributes
    ----------
    start, size : int
        First history of the pass, and how many it has.
    """

    def __init__(self, layout: HistoryLayout) -> None:
        self._layout = layout
        self._look_ups = self._maps = 0
        self.start = self.size = self._width = 0

    def is_history(self, index: Tensor) -> bool:
        """Whether a look-up is that of the history; called once for each look-up."""
        number = self._look_ups % self._layout.look_ups
        self._look_ups += 1
        if number != self._layout.look_up:
            return False
        self.start += self.size
        self.size, self._width = index.shape
        return True

    def layer(self, weights: Tensor) -> Layer | None:
        """The layer of a map; None for one that is not over the history; called once for each map."""
        if not self._layout.maps or weights.ndim not in (3, 4) or weights.shape[-1] != self._width:
            return None
        number = self._maps % self._layout.maps
        self._maps += 1
        return self._layout.layers[number]


def _predicting_row(run: Run, layout: HistoryLayout, history: Key) -> int:
    """The row of the last layer's map that the scores depend on, counted from the last event."""
    width = record(run, [history]).look_ups[layout.look_up].index.shape[1]
    events = len(history) - layout.unread
    last = int(layout.first_column(width, torch.tensor([events]))[0]) + events - 1
    with torch.no_grad():
        scores = run(None, [history])[0]
    finite = scores[scores.isfinite()]
    spread = float(finite.max() - finite.min()) or 1.0
    rows = []
    for start in range(0, width, ROWS_AT_ONCE):
        part = list(range(start, min(width, start + ROWS_AT_ONCE)))
        emptied = _with_rows_emptied(run, layout, history, part)
        moved = (emptied - scores).nan_to_num(0.0, 0.0, 0.0).abs().max(1).values
        rows += [row for row, change in zip(part, moved.tolist(), strict=True) if change > MOVED * spread]
    if len(rows) != 1:
        count = "no row" if not rows else f"{len(rows)} rows together"
        raise NotFoundOut(f"its scores follow {count} of its last attention map, where one predicting row is needed")
    return rows[0] - last


def _with_rows_emptied(run: Run, layout: HistoryLayout, history: Key, rows: Sequence[int]) -> Tensor:
    """Scores (n, V) of a history with one row of the last layer's map at zero each."""
    counter = PassCounter(layout)

    def look(index: Tensor, looked_up: Tensor) -> Tensor:
        counter.is_history(index)
        return looked_up

    def see(weights: Tensor, source: WeightSource) -> Tensor:
        layer = counter.layer(weights)
        if layer is not layout.layers[-1]:
            return weights
        by_head = layer.by_head(weights, counter.size).clone()
        for number in range(counter.size):
            by_head[number, :, rows[counter.start + number]] = 0.0
        return layer.as_it_was(by_head, weights)

    with torch.no_grad():
        scores = run(AttentionTap(see, look), [history] * len(rows))
    if counter.start + counter.size != len(rows):
        raise NotFoundOut("it does not run each history that it is handed")
    return scores
