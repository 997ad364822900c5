"""Gradient x input: how fast the explained value rises along each event's own vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attribution.case import Case, check_cases, explained_value, whole_batch
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import AdditiveModel, GradientModel

Values = npt.NDArray[np.float64]
EVENTS_AT_ONCE = 2_400
"""Events (rows x length) that gradients are held for at a time; more leave the processor's cache and are slower."""


class ExplainedValue:
    """The explained value of some cases as a function of their event embeddings.

    What a model computes from the batch itself (positions, named terms of the attention) keeps its real value; only
    the summed embeddings of item, category and engagement are the input.

    Attributes
    ----------
    embedded : (n, L, D)
        The real event embeddings.
    """

    def __init__(self, model: GradientModel, catalogue: Catalogue, cases: Sequence[Case]) -> None:
        self._model, self._catalogue = model, catalogue
        self.cases = list(cases)
        self.batch = whole_batch(cases, catalogue)
        with torch.no_grad():
            self.embedded = model.embed(self.batch)

    def __call__(self, embedded: Tensor, rows: Tensor) -> Tensor:
        """(m,) values with these event embeddings (m, L, D) for the cases in `rows` (m,)."""
        part = Batch(self.batch.items[rows], self.batch.engagements[rows], self.batch.lengths[rows])
        scores = self._model.logits_from(embedded, part)
        return explained_value(scores, [self.cases[row] for row in rows.tolist()], self._catalogue)

    def from_inputs(self, model: AdditiveModel, inputs: Sequence[Tensor], rows: Tensor) -> Tensor:
        """(m,) values of the cases in `rows` (m,) where heads see `inputs` of their events (`head_inputs`)."""
        part = Batch(self.batch.items[rows], self.batch.engagements[rows], self.batch.lengths[rows])
        scores = model.scores_of_inputs(inputs, part)
        return explained_value(scores, [self.cases[row] for row in rows.tolist()], self._catalogue)

    def per_event(self, values: Tensor, rows: Tensor | None = None) -> list[Values]:
        """(n, L, D) -> one (L,) array a case (those in `rows`), summed over the width, padding cut off."""
        summed = values.detach().double().sum(-1).numpy()
        lengths = self.batch.lengths if rows is None else self.batch.lengths[rows]
        return [events[:length] for events, length in zip(summed, lengths.tolist(), strict=True)]


def like_lengths(cases: Sequence[Case], rows_a_case: int) -> Iterator[IntArray]:
    """Places of cases of like length, few enough that `rows_a_case` copies of each are held at a time."""
    lengths = np.array([len(case.history) for case in cases], np.int64)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        step = max(1, EVENTS_AT_ONCE // (int(lengths[order[start]]) * rows_a_case))
        yield order[start : start + step]
        start += step


@dataclass(frozen=True, eq=False)
class GradientInput:
    """Gradient x input of one case.

    Attributes
    ----------
    values : (L,) float64
        One an event, in nats; exact for a linear model, a first-order guess for any other.
    """

    values: Values


def gradient_input(model: GradientModel, catalogue: Catalogue, cases: Sequence[Case]) -> list[GradientInput]:
    """Gradient x input (Shrikumar et al. 2017) over the summed event embeddings, many cases in one pass.

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.
    """
    check_cases(cases, catalogue)
    found: dict[int, GradientInput] = {}
    for places in like_lengths(cases, 1):
        explained = ExplainedValue(model, catalogue, [cases[place] for place in places])
        embedded = explained.embedded.clone().requires_grad_()
        with torch.enable_grad():
            total = explained(embedded, torch.arange(len(places))).sum()
        # A model that scores without looking at its history has no gradient at all.
        (gradient,) = torch.autograd.grad(total, embedded) if total.requires_grad else (torch.zeros_like(embedded),)
        parts = explained.per_event(gradient * explained.embedded)
        found |= {int(place): GradientInput(values) for place, values in zip(places, parts, strict=True)}
    return [found[place] for place in range(len(cases))]
