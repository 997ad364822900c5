"""A `SessionModel` for a data set, made of a function that scores histories."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from streamrec_core.adapters.call import Caller
from streamrec_core.adapters.other_weights import OtherWeights, fresh_weights, shuffled_weights
from streamrec_core.adapters.returned import Scores, checked_scores
from streamrec_core.adapters.scorer import MAX_EVENTS, Histories, Scorer, check_scorer
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import UNCATEGORISED, Catalogue, IntArray, strings_digest
from streamrec_core.errors import BadInput
from streamrec_core.models.known_items import match_items
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import ControlKind, PredictsFrom

BATCH = 512
"""Histories that a function is handed at once."""
CACHED_SCORES = 32_000_000
"""Scores (histories x items) that are remembered, 4 bytes each."""
STAND_IN_ITEMS = 32
CONTROLS: Mapping[ControlKind, Callable[[nn.Module, int], OtherWeights | None]] = {
    "shuffled": shuffled_weights,
    "untrained": fresh_weights,
}
Key = tuple[int, ...]
"""A history as rows of the model's items, without the events that it cannot know."""


class ScoredModel:
    """A model of any library, known by its scores alone.

    Ids are matched as text. Items of the data set that the model does not know are left out of the histories it
    reads and are never recommended; an event that a check hides in place is left out as well. After no event at all
    the score is what the function makes of an empty history or, where it fails, the mean after single items.

    Parameters
    ----------
    scorer : Scorer
    catalogue : Catalogue
        Of the data set that the model is opened for, V items.
    time_limit : float or None
        Seconds that one call of `score` may take.

    Attributes
    ----------
    item_match : KnownItems
        Which items of the data set the model knows.
    only_in_model : int
        Items of the model that the data set lacks.
    notes : tuple of str
        What was noticed when it was opened, a sentence each.
    left_in_training : tuple of nn.Module
        Parts of its module that were in training mode and were put into evaluation mode.
    lacks : tuple of str
        What it does not offer, and what that leaves, a sentence each.

    Raises
    ------
    BadInput
        The scorer cannot be used; the message names what its function did.
    Refused
        It knows no item of the catalogue.

    Examples
    --------
    >>> from streamrec_core.adapters.scorer import ScoringFunction
    >>> from streamrec_core.data.batches import batch_of
    >>> from streamrec_core.data.log import Session
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> likes = {"b": [1.0, 0.0], "a": [0.0, 2.0]}
    >>> scorer = ScoringFunction(lambda histories: [likes[history[-1]] for history in histories], ["b", "a"])
    >>> model = ScoredModel(scorer, catalogue)
    >>> model.logits(batch_of([Session("s", np.array([1, 0]), np.zeros(2, np.int8))], 3, 50)).tolist()
    [[2.0, 0.0, -inf]]
    >>> model.item_match.unknown.tolist()
    [2]
    """

    predicts_from: PredictsFrom = "last event"
    left_in_training: tuple[nn.Module, ...] = ()

    def __init__(self, scorer: Scorer, catalogue: Catalogue, time_limit: float | None = None) -> None:
        self.name = str(getattr(scorer, "name", "")) or type(scorer).__name__
        self.scorer = check_scorer(scorer, self.name)
        self.item_ids = tuple(scorer.item_ids)
        self.max_events = int(getattr(scorer, "max_events", MAX_EVENTS))
        self.item_match = match_items(titleless(self.item_ids), catalogue)
        self.rows: IntArray = self.item_match.rows
        self.only_in_model = len(self.item_ids) - int((self.rows >= 0).sum())
        self._caller = Caller(time_limit)
        self._weights: OtherWeights | None = None
        self._cache: OrderedDict[Key, Tensor] = OrderedDict()
        self._cache_lock = threading.Lock()
        self._empty: Tensor | None = None
        matched = torch.from_numpy(self.rows)
        self._source, self._unknown = matched.clamp(min=0), matched < 0  # (V,) columns of the scores
        self._try()
        self.notes, self.lacks = self._notes(len(catalogue)), self._lacks()

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V); each distinct history is scored once and remembered."""
        keys = self.keys(batch)
        scores: dict[Key, Tensor] = {}
        with self._cache_lock:
            for key in keys:
                if key in self._cache:
                    self._cache.move_to_end(key)
                    scores[key] = self._cache[key]
        missing = [key for key in dict.fromkeys(keys) if key not in scores and key]
        for start in range(0, len(missing), BATCH):
            part = missing[start : start + BATCH]
            scores |= dict(zip(part, self.in_catalogue(self.score(part)), strict=True))
        if () in keys:
            scores[()] = self.after_nothing()
        self._remember({key: scores[key] for key in missing})
        return torch.stack([scores[key] for key in keys])

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """None: a function shows its scores alone."""
        return ()

    def forget(self) -> None:
        """Drop what is remembered, so that the next scores come from the function."""
        with self._cache_lock:
            self._cache.clear()
        self._empty = None

    def keys(self, batch: Batch) -> list[Key]:
        """The history of each row of a batch as the model can read it."""
        items, visible = batch.items.cpu().numpy(), batch.visible.cpu().numpy()
        rows = np.append(self.rows, -1)[items]  # (B, L) -> (B, L) rows of the model
        return [tuple(row[seen & (row >= 0)].tolist()) for row, seen in zip(rows, visible, strict=True)]

    def score(self, keys: Sequence[Key]) -> Scores:
        """What the function returns for histories, checked: (n, items of the model)."""
        histories = self.histories(keys)
        with torch.no_grad():
            returned = self.call(lambda: self.scorer.score(histories))
        return checked_scores(returned, self.histories(keys), self.item_ids, f"{self.name}: {self._function}")

    def call(self, function: Callable[[], Any]) -> Any:
        """What the user's function returns, with the control's weights in its module where this is a control."""
        within = None if self._weights is None else self._weights.put_in()
        return self._caller(function, self._function, self.scorer.score, within)

    def control(self, kind: ControlKind, seed: int) -> Self | None:
        """The same model with other weights in its torch module, for the time of each call.

        Parameters
        ----------
        kind : str
            shuffled: every parameter in random order; untrained: every parameter as before training.
        seed : int

        Returns
        -------
        ScoredModel or None
            None where there is no module, or its weights cannot be replaced so that scores change.
        """
        module = getattr(self.scorer, "module", None)
        weights = None if module is None else CONTROLS[kind](module, seed)
        if weights is None:
            return None
        other = self._copied(f"{self.name}, {kind}")
        other._weights = weights
        probe = [tuple(np.flatnonzero(self.rows >= 0)[:2].tolist())]
        try:
            changed = not np.array_equal(other.score(probe), self.score(probe))
        except BadInput:  # such weights may give what no model would: NaN, an overflow
            return None
        return other if changed else None

    def _copied(self, name: str) -> Self:
        """A model of the same function, which shares the lock of its calls and nothing that is remembered."""
        other = copy.copy(self)
        other.name = name
        other._cache, other._cache_lock, other._empty = OrderedDict(), threading.Lock(), None
        return other

    def histories(self, keys: Iterable[Key]) -> Histories:
        """Item ids of histories, fresh lists that a function may change."""
        return [[self.item_ids[row] for row in key] for key in keys]

    def in_catalogue(self, scores: Scores | Tensor) -> Tensor:
        """Scores (n, items of the model) in the order of the data set (n, V), -inf for what the model does not know."""
        return torch.as_tensor(scores)[:, self._source].masked_fill(self._unknown, float("-inf"))

    def after_nothing(self) -> Tensor:
        """Scores (V,) after no event."""
        if self._empty is None:
            try:
                scores = self.score([()])
            except BadInput:
                rows = np.linspace(0, len(self.item_ids) - 1, min(STAND_IN_ITEMS, len(self.item_ids))).astype(int)
                scores = self.score([(int(row),) for row in rows]).mean(0, keepdims=True)
            self._empty = self.in_catalogue(scores)[0]
        return self._empty

    @property
    def catalogue_size(self) -> int:
        """How many items it scores."""
        return len(self.rows)

    @property
    def parameter_count(self) -> int:
        """Figures in its torch module; 0 where there is none."""
        module = getattr(self.scorer, "module", None)
        return 0 if module is None else sum(tensor.numel() for tensor in module.parameters())

    def fingerprint(self) -> str:
        """SHA-256 of the item ids and of the scores, to four digits, after some single items."""
        rows = np.linspace(0, len(self.item_ids) - 1, min(STAND_IN_ITEMS, len(self.item_ids))).astype(int)
        digest = hashlib.sha256(strings_digest(self.item_ids))
        for score in self.score([(int(row),) for row in rows]).ravel():
            digest.update(f"{score:.3e} ".encode())
        return digest.hexdigest()

    @property
    def _function(self) -> str:
        return "score(histories)"

    def _try(self) -> None:
        """Score two short histories, so that a fault shows at once."""
        rows = self.rows[self.rows >= 0][:2].tolist()
        self.score([(rows[0],), tuple(rows[::-1])])

    def _remember(self, scores: dict[Key, Tensor]) -> None:
        most = CACHED_SCORES // max(1, len(self.rows))
        with self._cache_lock:
            self._cache |= scores
            while len(self._cache) > most:
                self._cache.popitem(last=False)

    def _notes(self, size: int) -> tuple[str, ...]:
        unknown = len(self.item_match.unknown)
        notes = []
        if unknown:
            notes.append(
                f"{unknown:,} of the {size:,} items of this data set are unknown to {self.name}: left out of the "
                "histories it reads, never recommended, a miss where one comes next."
            )
        if self.only_in_model:
            notes.append(
                f"{self.only_in_model:,} of the {len(self.item_ids):,} items of {self.name} are not in this data set: "
                "never recommended here."
            )
        return tuple(notes)

    def _lacks(self) -> tuple[str, ...]:
        removal = "hiding an event in place removes it; engagements are not read"
        if getattr(self.scorer, "module", None) is None:
            return (
                "no torch module: attention, heads and gradients are not available; accuracy, removal, "
                f"counterfactuals, misses and reports are; {removal}",
            )
        return (f"attention, heads and gradients are not opened; {removal}",)


def titleless(item_ids: Sequence[str]) -> Catalogue:
    """The items of a model as a catalogue, each titled by its id."""
    size = len(item_ids)
    return Catalogue(tuple(item_ids), tuple(item_ids), np.zeros(size, np.int64), (UNCATEGORISED,), np.zeros(size, bool))
