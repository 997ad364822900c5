"""Gradient x input (Shrikumar et al. 2017): how fast the explained value rises along each event's own vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attribution.case import Case, check_cases, explained_value, whole_batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import AdditiveModel, GradientModel

Values = npt.NDArray[np.float64]
EVENTS_AT_ONCE = 2_400
"""Events (rows x length) whose gradients are in memory at a time; more leave the processor's cache and are slower."""


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
        self.batch = whole_batch(cases, catalogue).to(device_of(model))
        with torch.no_grad():
            self.embedded = model.embed(self.batch)

    def __call__(self, embedded: Tensor, rows: Tensor) -> Tensor:
        """Explained values with other event embeddings.

        Parameters
        ----------
        embedded : (m, L, D)
        rows : (m,) int64
            Which cases they belong to.

        Returns
        -------
        (m,) Tensor
        """
        part = self.batch.take(rows)
        scores = self._model.logits_from(embedded, part)
        return explained_value(scores, [self.cases[row] for row in rows.tolist()], self._catalogue)

    def from_inputs(self, model: AdditiveModel, inputs: Sequence[Tensor], rows: Tensor) -> Tensor:
        """Explained values where the heads see other inputs of the events.

        Parameters
        ----------
        model : AdditiveModel
        inputs : sequence of (m, L, ...)
            As `head_inputs` gives them.
        rows : (m,) int64
            Which cases they belong to.

        Returns
        -------
        (m,) Tensor
        """
        part = self.batch.take(rows)
        scores = model.scores_of_inputs(inputs, part)
        return explained_value(scores, [self.cases[row] for row in rows.tolist()], self._catalogue)

    def per_event(self, values: Tensor, rows: Tensor | None = None) -> list[Values]:
        """Sum attributions over the width, padding cut off.

        Parameters
        ----------
        values : (n, L, D)
        rows : (n,) int64 or None
            Which cases they belong to; by default all.

        Returns
        -------
        list of (L,) float64
            One array a case.
        """
        summed = values.detach().double().sum(-1).cpu().numpy()
        lengths = self.batch.lengths if rows is None else self.batch.lengths[rows]
        return [events[:length] for events, length in zip(summed, lengths.tolist(), strict=True)]


def like_lengths(cases: Sequence[Case], rows_a_case: int) -> Iterator[IntArray]:
    """Divide cases into groups of like length, so that little is spent on padding.

    Parameters
    ----------
    cases : sequence of Case
    rows_a_case : int
        Copies of each case that are in memory at a time.

    Yields
    ------
    (n,) int64
        Indices of a group's cases, at most `EVENTS_AT_ONCE` events with their copies.
    """
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
    """Gradient x input over the summed event embeddings, many cases in one pass.

    Parameters
    ----------
    model : GradientModel
    catalogue : Catalogue
    cases : sequence of Case

    Returns
    -------
    list of GradientInput

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.
    """
    check_cases(cases, catalogue)
    attributions: dict[int, GradientInput] = {}
    for rows in like_lengths(cases, 1):
        explained = ExplainedValue(model, catalogue, [cases[row] for row in rows])
        embedded = explained.embedded.clone().requires_grad_()
        with torch.enable_grad():
            total = explained(embedded, torch.arange(len(rows), device=embedded.device)).sum()
        # A model that scores without looking at its history has no gradient at all.
        (gradient,) = torch.autograd.grad(total, embedded) if total.requires_grad else (torch.zeros_like(embedded),)
        parts = explained.per_event(gradient * explained.embedded)
        attributions |= {int(row): GradientInput(values) for row, values in zip(rows, parts, strict=True)}
    return [attributions[row] for row in range(len(cases))]
