"""A model in a worker process as a `SessionModel`: scores and, where there are any, attention and gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Self, cast

import numpy as np
import torch
from torch import Tensor

from streamrec_core.adapters.models_file import ForeignModel
from streamrec_core.adapters.probed_model import LookedUpModel, ProbedModel
from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.adapters.worker.messages import Header
from streamrec_core.adapters.worker_process import workers
from streamrec_core.adapters.worker_scorer import WorkerScorer
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import ControlKind, PredictsFrom, WeightKind


class WorkerModel(ScoredModel):
    """A model in a worker process, known by its scores.

    Parameters
    ----------
    scorer : WorkerScorer
    catalogue : Catalogue
    """

    scorer: WorkerScorer

    def __init__(self, scorer: WorkerScorer, catalogue: Catalogue) -> None:
        super().__init__(scorer, catalogue)
        opened = scorer.worker.opened()
        self.notes = (*self.notes, *map(str, opened.get("notes", ())))
        self.lacks = tuple(map(str, opened.get("lacks", ()))) or self.lacks

    def control(self, kind: ControlKind, seed: int) -> Self | None:
        """The same model with other weights in its torch module, which its worker puts in for the time of each call.

        Parameters
        ----------
        kind : str
            shuffled or untrained.
        seed : int

        Returns
        -------
        WorkerModel or None
            None where its worker opened no module, or its weights cannot be replaced so that scores change.
        """
        if "heads" not in self.scorer.worker.opened():
            return None
        other = self._copied(f"{self.name}, {kind}")
        other.scorer = copy.copy(self.scorer)
        other.scorer.control = (kind, seed)
        (is_made,) = other.scorer.request({"do": "control"}, (), [(1,)])
        return other if is_made[0] else None

    @property
    def parameter_count(self) -> int:
        """Figures in its torch module."""
        return self.scorer.parameters


class WorkerAttendingModel(WorkerModel, ProbedModel):
    """A model in a worker process whose attention heads are shown and edited.

    Parameters
    ----------
    scorer : WorkerScorer
    catalogue : Catalogue
    """

    hides_in_place = False

    def __init__(self, scorer: WorkerScorer, catalogue: Catalogue) -> None:
        super().__init__(scorer, catalogue)
        opened = scorer.worker.opened()
        self._probes = tuple(AttentionProbe(layer, int(heads)) for layer, heads in enumerate(opened["heads"]))
        self.weight_kind = cast(WeightKind, opened["weight_kind"])
        self.predicts_from = cast(PredictsFrom, opened["predicts_from"])

    def special_shares(self, batch: Batch) -> Tensor:
        """(B, layers, H) share of each head's attention, from where it predicts, on padding, MASK and the like."""
        shape = (len(batch), len(self._probes), -1)
        return torch.from_numpy(self.scorer.request({"do": "special"}, self._arrays(batch), [shape])[0])

    def _arrays(self, batch: Batch) -> list[Any]:
        """A batch with its items as rows of the model; one that it does not know, like padding, has no row."""
        rows = np.append(np.where(self.rows < 0, len(self.item_ids), self.rows), len(self.item_ids))
        items = rows[batch.items.cpu().numpy()]
        hidden = np.zeros(items.shape, bool) if batch.hidden is None else batch.hidden.cpu().numpy()
        return [np.ascontiguousarray(items, "<i8"), np.ascontiguousarray(batch.lengths.cpu().numpy(), "<i8"), hidden]

    def run_tapped(self, batch: Batch, embedded: Tensor | None = None) -> Tensor:
        """Scores (B, V) with attention shown to whoever watches; gradients reach edits of it, and `embedded`.

        Parameters
        ----------
        batch : Batch
        embedded : (B, L, D) Tensor or None
            Looked-up rows to use instead of the model's.

        Returns
        -------
        (B, V) Tensor

        Raises
        ------
        BadInput
            The worker showed attention of another shape, or scores are not numbers.
        """
        arrays, edits = self._arrays(batch), dict[int, Tensor]()
        active = [probe.layer for probe in self._probes if probe.active]
        events = batch.items.shape[1]

        def reply(header: Header, shown: list[Any]) -> list[Any]:
            layer = int(header.get("layer") or 0)
            expected = (len(batch), self._probes[layer].heads, events, events) if layer in active else None
            if len(shown) != 1 or shown[0].shape != expected or not np.isfinite(shown[0]).all():
                raise BadInput(f"{self.name}: the worker process showed attention that is not of shape {expected}")
            weights = torch.from_numpy(shown[0])
            edited = self._probes[layer].show(weights)
            if edited is weights:
                return []
            edits[layer] = edited
            return [_as_array(edited)]

        more = [] if embedded is None else [_as_array(embedded)]
        shape = (len(batch), len(self.item_ids))
        header = {"do": "logits", "watched": active}
        (scores,) = self.scorer.request(header, [*arrays, *more], [shape], reply)
        if np.isnan(scores).any():
            raise BadInput(f"{self.name}: its torch module gives NaN where attention is watched or edited")
        layers = sorted(edits)
        inputs = [*(edits[layer] for layer in layers), *([] if embedded is None else [embedded])]
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs):

            def gradients(by_scores: Tensor) -> list[Tensor]:
                request = {"do": "gradient", "replaced": layers}
                sent = [*arrays, _as_array(by_scores), *map(_as_array, inputs)]
                answered = self.scorer.request(request, sent, [tuple(tensor.shape) for tensor in inputs])
                return [torch.from_numpy(array) for array in answered]

            scores_by_graph: Tensor = _InWorker.apply(  # type: ignore[no-untyped-call]
                gradients, torch.from_numpy(scores), *inputs
            )
            return self.in_catalogue(scores_by_graph)
        return self.in_catalogue(scores)


class WorkerDifferentiableModel(WorkerAttendingModel, LookedUpModel):
    """A model in a worker process, with or without attention, through whose look-up of items gradients are taken.

    Parameters
    ----------
    scorer : WorkerScorer
    catalogue : Catalogue
    """

    hides_in_place = True

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V); events hidden in place keep their positions."""
        if batch.hidden is None or not batch.hidden.any():
            return super().logits(batch)
        return self.run_tapped(batch)

    def embed(self, batch: Batch) -> Tensor:
        """Looked-up rows (B, L, D) of the events; zero for padding and for events that the model does not read."""
        shape = (*batch.items.shape, -1)
        return torch.from_numpy(self.scorer.request({"do": "embed"}, self._arrays(batch), [shape])[0])

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
        return self.run_tapped(batch, embedded)


class _InWorker(torch.autograd.Function):
    """Scores that a worker computed, through which gradients are taken by asking it again."""

    @staticmethod
    def forward(context: Any, gradients: Callable[[Tensor], list[Tensor]], scores: Tensor, *inputs: Tensor) -> Tensor:
        """Give the scores (B, V)."""
        context.gradients = gradients
        return scores.clone()

    @staticmethod
    def backward(context: Any, *by_scores: Tensor) -> Any:
        """Gradients by the inputs."""
        return (None, None, *context.gradients(by_scores[0]))


def _as_array(tensor: Tensor) -> Any:
    return np.ascontiguousarray(tensor.detach().cpu().float().numpy(), "<f4")


def open_in_worker(model: ForeignModel, catalogue: Catalogue) -> WorkerModel:
    """Open a model of the settings file for a data set, in its worker process.

    Parameters
    ----------
    model : ForeignModel
    catalogue : Catalogue
        Of the data set.

    Returns
    -------
    WorkerModel

    Raises
    ------
    BadInput
        It cannot be loaded or used; the message names what its function or its process did.
    Refused
        It knows no item of the catalogue.
    """
    scorer = WorkerScorer(workers.of(model))
    opened = scorer.worker.opened()
    if opened.get("gradients"):
        return WorkerDifferentiableModel(scorer, catalogue)
    return (WorkerAttendingModel if opened.get("attends") else WorkerModel)(scorer, catalogue)
