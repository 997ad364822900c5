"""Tiny data sets and models whose answers are known beforehand, shared by the tests of the core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch, batch_of
from streamrec_core.data.catalogue import NEUTRAL, Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, Session, ragged
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.storage import write_dataset
from streamrec_core.data.truth import Truth
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.settings import LSTMSettings, TransformerSettings, build_model

# Threads of a model this small wait for each other ten times longer than they compute.
torch.set_num_threads(1)

CATEGORY_NAMES = ("Crime", "Drama", "Comedy", "Nature")
SMALL = {"layers": 2, "heads": 4, "width": 16, "feed_forward": 32}
ADDITIVE = {"additive": True, "item_bias": True}


def catalogue_of(items: int = 12, categories: int = 3, home: bool = False) -> Catalogue:
    """Items `i0`, `i1`, ... titled `Title 0`, ...; item n is of category n mod `categories`; home stands last."""
    codes = np.arange(items) % categories
    names = CATEGORY_NAMES[:categories]
    return Catalogue(
        item_ids=(*(f"i{row}" for row in range(items)), *(["home"] if home else [])),
        titles=(*(f"Title {row}" for row in range(items)), *(["Home page"] if home else [])),
        category_of=np.append(codes, [categories] if home else []).astype(np.int64),
        categories=(*names, NEUTRAL) if home else names,
        neutral=np.append(np.zeros(items, bool), [True] if home else []).astype(bool),
    )


def log_of(
    sessions: Sequence[Sequence[int]],
    engagements: Sequence[Sequence[int]] | None = None,
    timestamps: Sequence[Sequence[int]] | None = None,
) -> EventLog:
    """A log of sessions `s0`, `s1`, ... given as lists of catalogue rows; every event a click unless told."""
    items = np.array([item for session in sessions for item in session], np.int32)
    marks = [mark for session in engagements or () for mark in session] or [0] * len(items)
    times = [time for session in timestamps or () for time in session]
    return EventLog(
        session_ids=tuple(f"s{row}" for row in range(len(sessions))),
        offsets=ragged([len(session) for session in sessions]),
        items=items,
        engagements=np.array(marks, np.int8),
        timestamps=np.array(times, np.int64) if timestamps else None,
    )


def dataset_of(catalogue: Catalogue, log: EventLog, **card: Any) -> DataSet:
    """A data set in memory named `tiny`."""
    return make_dataset(
        catalogue, log, **{"name": "tiny", "kind": "log", "source": "a test", "licence": "none needed"} | card
    )


def session_of(
    items: Sequence[int], engagements: Sequence[int] | None = None, times: Sequence[int] | None = None
) -> Session:
    """A history named `h` of these catalogue rows."""
    marks = np.zeros(len(items), np.int8) if engagements is None else np.array(engagements, np.int8)
    seconds = None if times is None else np.array(times, np.int64)
    return Session("h", np.array(items, np.int32), marks, times=seconds)


def batch(catalogue: Catalogue, *histories: Sequence[int], max_events: int = 50) -> Batch:
    """A batch of histories given as catalogue rows."""
    return batch_of([session_of(history) for history in histories], len(catalogue), max_events)


def examples_at_last(log: EventLog) -> Examples:
    """Predict the last event of every session."""
    return Examples(np.arange(len(log), dtype=np.int64), log.lengths - 1)


def chain_dataset(sessions: int = 60, items: int = 10, seed: int = 3, **card: Any) -> DataSet:
    """A world without chance: item n + 1 always follows item n, so that a model which learns gets every target."""
    rng = np.random.default_rng(seed)
    starts, lengths = rng.integers(0, items, sessions), rng.integers(4, 9, sessions)
    rows = [
        [int((start + step) % items) for step in range(length)] for start, length in zip(starts, lengths, strict=True)
    ]
    return dataset_of(catalogue_of(items, 2), log_of(rows), **card)


def no_validation_dataset(items: int = 12, **card: Any) -> DataSet:
    """Seventy sessions; those drawn for validation end with the neutral home item, so that the part is empty."""
    rng = np.random.default_rng(5)
    rows = [rng.integers(0, items, int(rng.integers(4, 9))).tolist() for _ in range(70)]
    dataset = dataset_of(catalogue_of(items, 3, home=True), log_of(rows))
    for session in split(dataset).validation.sessions:
        rows[session][-1] = items
    return dataset_of(dataset.catalogue, log_of(rows), **card)


def written(dataset: DataSet, folder: Path, truth: Truth | None = None) -> DataSet:
    """The same data set, written to `folder`."""
    return write_dataset(dataset, folder, truth)


def even_truth(catalogue: Catalogue, sessions: int, mass: Sequence[Sequence[float]] | None = None) -> Truth:
    """A truth in which items are drawn evenly within a category; `mass` (N, C), by default even too."""
    counts = np.bincount(catalogue.category_of[~catalogue.neutral], minlength=len(catalogue.categories))
    share = np.where(catalogue.neutral, 0, 1 / np.maximum(counts, 1)[catalogue.category_of])
    content = len(catalogue.content_categories)
    even = np.zeros((sessions, len(catalogue.categories)))
    even[:, :content] = 1 / content
    return Truth(
        category_mass=np.asarray(even if mass is None else mass, np.float32),
        within_category=share.astype(np.float32),
        special_offsets=np.zeros(sessions + 1, np.int64),
        special_items=np.zeros(0, np.int32),
        special_mass=np.zeros(0, np.float32),
        cause=("none",) * sessions,
        cause_position=np.full(sessions, -1, np.int64),
        preferred=np.zeros((sessions, 1), np.int64),
        preferred_weight=np.ones((sessions, 1), np.float32),
    )


def small_transformer(catalogue: Catalogue, seed: int = 0, **settings: Any) -> SequenceModel:
    """An untrained transformer of width 16 in evaluation mode; positions, biases and norms are random too.

    With `jobs` for its heads it is additive.
    """
    torch.manual_seed(seed)
    if settings.get("jobs"):
        settings = {**ADDITIVE, **settings}
    return _stirred(build_model(TransformerSettings(**{**SMALL, **settings}), catalogue))


def small_lstm(catalogue: Catalogue, seed: int = 0, **settings: Any) -> SequenceModel:
    """An untrained LSTM of hidden size 12 in evaluation mode."""
    torch.manual_seed(seed)
    return _stirred(build_model(LSTMSettings(**{"hidden": 12, "width": 8, **settings}), catalogue))


def _stirred(model: SequenceModel) -> SequenceModel:
    """Add noise to every weight but that of padding, so that no zero or one hides a mistake."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn_like(value) * 0.3
            if name in ("embedding.items.weight", "embedding.categories.weight"):
                noise[-1] = 0
            value += noise
    return model.eval()


class PlantedModel:
    """Recommends by fixed scores and, where maps are given, shows them as its attention.

    Parameters
    ----------
    scores : (V,)
    maps : (layers, H, L, L) or None
        The same for every history, which must then have L events.
    """

    predicts_from: PredictsFrom = "last event"

    def __init__(self, scores: Sequence[float], maps: np.ndarray[Any, Any] | None = None, max_events: int = 50) -> None:
        self.name, self.max_events = "planted", max_events
        self._scores = torch.tensor(scores, dtype=torch.float32)
        self._maps = None if maps is None else torch.from_numpy(np.asarray(maps, np.float32))
        self._probes = () if maps is None else tuple(AttentionProbe(at, maps.shape[1]) for at in range(len(maps)))

    def logits(self, batch: Batch) -> Tensor:
        if self._maps is not None:
            for probe, layer in zip(self._probes, self._maps, strict=True):
                probe.show(layer.expand(len(batch), *layer.shape))
        return self._scores.expand(len(batch), -1)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return self._probes


class BagModel:
    """A linear model: the score of an item is the sum of what the events of the history say for it.

    Parameters
    ----------
    weights : (V, V)
        Row: an item of the history; column: the item scored.
    """

    predicts_from: PredictsFrom = "last event"

    def __init__(self, weights: Tensor, max_events: int = 50) -> None:
        self.name, self.max_events, self.weights = "bag", max_events, weights

    def logits(self, batch: Batch) -> Tensor:
        padded = torch.cat([self.weights, torch.zeros(1, self.weights.shape[1])])
        return (padded[batch.items] * batch.visible.unsqueeze(-1)).sum(1)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return ()


def planted_maps(rows: Sequence[Sequence[float]], layers: int = 1) -> np.ndarray[Any, Any]:
    """Maps (layers, H, L, L) whose last row, the predicting position, is given head by head; other rows look at 0."""
    weights = np.asarray(rows, np.float32).reshape(layers, -1, len(rows[0]))
    maps = np.zeros((*weights.shape, weights.shape[-1]), np.float32)
    maps[..., 0] = 1.0
    maps[:, :, -1] = weights
    return maps


class OneHotModel(BagModel):
    """A `GradientModel` whose events are one-hot vectors: what each event says is known without computing.

    Linear as it stands: an item's score is the sum of what the events say for it, so that the difference of two
    scores is attributed as weight x value by every method.

    Parameters
    ----------
    maps : (layers, H, L, L) or None
        Shown as its attention, whatever it computes; every history must then have L events.
    """

    def __init__(self, weights: Tensor, maps: np.ndarray[Any, Any] | None = None) -> None:
        super().__init__(weights)
        self._shown = None if maps is None else PlantedModel([0.0] * len(weights), maps)

    def item_embeddings(self) -> Tensor:
        return torch.eye(len(self.weights))

    def embed(self, batch: Batch) -> Tensor:
        padded = torch.cat([self.item_embeddings(), torch.zeros(1, len(self.weights))])
        return padded[batch.items] * batch.visible.unsqueeze(-1)

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        return ((embedded @ self.weights) * batch.visible.unsqueeze(-1)).sum(1)

    def logits(self, batch: Batch) -> Tensor:
        if self._shown is not None:
            self._shown.logits(batch)
        return self.logits_from(self.embed(batch), batch)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return () if self._shown is None else self._shown.attention_probes()


class CopyModel(OneHotModel):
    """Recommends the item that stands `back` events before the end, and looks at nothing else."""

    def __init__(self, items: int, back: int = 3, maps: np.ndarray[Any, Any] | None = None) -> None:
        super().__init__(5.0 * torch.eye(items), maps)
        self.back = back

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        at = (batch.lengths - self.back).clamp(min=0)
        return embedded[torch.arange(len(batch)), at] @ self.weights


class DeafModel(OneHotModel):
    """A `GradientModel` that scores every item by a fixed figure and ignores its history."""

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        return self.weights.diagonal().expand(len(batch), -1)
