"""What a worker process shows of a torch module beyond scores: attention, edits of it, look-ups and gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from streamrec_core.adapters.attending_model import AttendingModel, DifferentiableModel
from streamrec_core.adapters.opening import open_scorer
from streamrec_core.adapters.scored_model import titleless
from streamrec_core.adapters.scorer import Scorer
from streamrec_core.data.batches import Batch
from streamrec_core.models.probe import editing

Header = dict[str, Any]
Arrays = list[Any]
Ask = Callable[[int, Any], Any]
"""Takes a layer and its weights (B, H, L, L), and gives the weights to be used, or None for the same."""

MOST_CONTROLS = 4


class OpenedModel:
    """A scorer opened for its own items, in their order.

    Parameters
    ----------
    scorer : Scorer
    ask : callable
        Shows attention to the dashboard.
    """

    def __init__(self, scorer: Scorer, ask: Ask) -> None:
        self._model: Any = open_scorer(scorer, titleless(list(scorer.item_ids)))
        self._rows = {item: row for row, item in enumerate(scorer.item_ids)}
        self._controls: dict[tuple[str, int], Any] = {}
        self._ask = ask

    def described(self) -> Header:
        """What is available, as the dashboard's side of the model needs it."""
        model = self._model
        attends = isinstance(model, AttendingModel)
        return {
            "heads": [probe.heads for probe in model.attention_probes()],
            "attends": attends,
            "gradients": isinstance(model, DifferentiableModel),
            "weight_kind": model.weight_kind if attends else "shares",
            "predicts_from": model.predicts_from,
            "notes": list(model.notes),
            "lacks": list(model.lacks),
        }

    def operations(self) -> dict[str, Callable[[Header, Arrays], tuple[Header, Arrays]]]:
        """What can be requested, by name."""
        run = {
            "logits": self._logits,
            "special": self._special,
            "embed": self._embed,
            "gradient": self._gradient,
            "control": self._control,
            "score with other weights": self._score,
        }
        return {name: partial(_answered, function) for name, function in run.items()}

    def _model_of(self, header: Header) -> Any:
        """The model that is meant: itself, or a control of it with other weights (None where it has none)."""
        if header.get("control") is None:
            return self._model
        kind, seed = header["control"]
        if (kind, seed) not in self._controls:
            self._controls[kind, seed] = self._model.control(kind, seed)
            if len(self._controls) > MOST_CONTROLS:
                del self._controls[next(iter(self._controls))]
        return self._controls[kind, seed]

    def _control(self, header: Header, arrays: Arrays) -> list[Tensor]:
        return [torch.tensor([float(self._model_of(header) is not None)])]

    def _score(self, header: Header, arrays: Arrays) -> list[Tensor]:
        keys = [tuple(self._rows[item] for item in history) for history in header["histories"]]
        return [torch.from_numpy(self._model_of(header).score(keys))]

    def _logits(self, header: Header, arrays: Arrays) -> list[Tensor]:
        model, (batch, rest) = self._model_of(header), _batch(arrays)
        probes = model.attention_probes()
        edits = {probes[layer]: partial(self._edited, layer) for layer in header["watched"]}
        with torch.no_grad(), editing(edits):
            return [model.logits_from(rest[0], batch) if rest else model.logits(batch)]

    def _edited(self, layer: int, weights: Tensor) -> Tensor:
        edited = self._ask(layer, weights.detach().float().numpy())
        return weights if edited is None else torch.from_numpy(edited)

    def _special(self, header: Header, arrays: Arrays) -> list[Tensor]:
        return [self._model_of(header).special_shares(_batch(arrays)[0])]

    def _embed(self, header: Header, arrays: Arrays) -> list[Tensor]:
        return [self._model_of(header).embed(_batch(arrays)[0])]

    def _gradient(self, header: Header, arrays: Arrays) -> list[Tensor]:
        """Gradients of the scores by replaced attention and look-ups, times a gradient (B, V) by the scores."""
        model, (batch, (by_scores, *inputs)) = self._model_of(header), _batch(arrays)
        inputs = [tensor.requires_grad_() for tensor in inputs]
        probes, layers = model.attention_probes(), header["replaced"]
        edits = {probes[layer]: partial(_instead, inputs[number]) for number, layer in enumerate(layers)}
        with torch.enable_grad(), editing(edits):
            embedded = inputs[len(layers) :]
            scores = model.logits_from(embedded[0], batch) if embedded else model.logits(batch)
        if not scores.requires_grad:
            return [torch.zeros_like(tensor) for tensor in inputs]
        gradients = torch.autograd.grad(scores, inputs, by_scores, allow_unused=True)
        return [
            torch.zeros_like(tensor) if gradient is None else gradient
            for tensor, gradient in zip(inputs, gradients, strict=True)
        ]


def _answered(
    function: Callable[[Header, Arrays], list[Tensor]], header: Header, arrays: Arrays
) -> tuple[Header, Arrays]:
    return {}, [np.ascontiguousarray(tensor.detach().float().numpy(), "<f4") for tensor in function(header, arrays)]


def _batch(arrays: Arrays) -> tuple[Batch, list[Tensor]]:
    """The batch of a request, items as rows of the model, and what else it sends."""
    items, lengths, hidden, *rest = (torch.from_numpy(array) for array in arrays)
    return Batch(items, torch.zeros_like(items), lengths, hidden=hidden if hidden.any() else None), rest


def _instead(replacement: Tensor, weights: Tensor) -> Tensor:
    return replacement
