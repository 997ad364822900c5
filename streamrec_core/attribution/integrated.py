"""Integrated gradients with Captum, over a path cut where the model bends, until they add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from streamrec_core.attribution.case import Case, check_cases
from streamrec_core.attribution.gradients import ExplainedValue, Values, like_lengths
from streamrec_core.config import Settings
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import GradientModel

Baseline = Literal["masked", "mean"]
CUTS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Where the path from baseline to input is first cut. Layer norms make a model turn close to the empty event and
flatten after it, so that even steps miss the turn."""
SMALLEST_DIFFERENCE = 0.1
"""Nats: a gap is measured against the difference it should fill, or against this where that is smaller."""


class IntegratedSettings(Settings):
    """How the path is walked.

    Attributes
    ----------
    baseline
        `masked`: every event embedding zero, as for a masked event; `mean`: every event the average item of the
        catalogue, clicked.
    target_gap
        Relative completeness gap at which to stop.
    nodes
        Gauss-Legendre steps on each piece of the path.
    most_rounds
        How often pieces may be cut in two before the gap is reported as it is.
    """

    baseline: Baseline = "masked"
    target_gap: float = Field(0.01, gt=0, le=1)
    nodes: int = Field(3, ge=1, le=64)
    most_rounds: int = Field(8, ge=0, le=20)


@dataclass(frozen=True, eq=False)
class Integrated:
    """Integrated gradients of one case.

    Attributes
    ----------
    values : (L,) float64
        One an event, in nats. Only the summed event embedding moves; positions and named terms keep their real values.
    baseline : str
        masked or mean.
    difference : float
        The explained value at the input minus that at the baseline, in nats; what the values should add up to.
    gap : float
        Sum of the values minus the difference.
    steps : int
        Gradients taken along the path.
    """

    values: Values
    baseline: Baseline
    difference: float
    gap: float
    steps: int

    @property
    def relative_gap(self) -> float:
        """Completeness gap as a share of the difference, or of a tenth of a nat where that is larger."""
        return abs(self.gap) / max(abs(self.difference), SMALLEST_DIFFERENCE)


def integrated_gradients(
    model: GradientModel, catalogue: Catalogue, cases: Sequence[Case], settings: IntegratedSettings | None = None
) -> list[Integrated]:
    """Integrated gradients (Sundararajan et al. 2017, eq. 1), many cases at once.

    The integral from a to b of a straight path is itself one of integrated gradients, so each piece goes to Captum as
    a row of its own, and pieces whose own gap is too wide are cut in two.

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.
    """
    chosen = settings or IntegratedSettings()
    check_cases(cases, catalogue)
    found: dict[int, Integrated] = {}
    for places in like_lengths(cases, (len(CUTS) - 1) * chosen.nodes):
        path = _Path(model, catalogue, [cases[place] for place in places], chosen)
        found |= dict(zip(places.tolist(), path.walk(), strict=True))
    return [found[place] for place in range(len(cases))]


class _Path:
    """The straight path of some cases from baseline to input, in pieces."""

    def __init__(
        self, model: GradientModel, catalogue: Catalogue, cases: Sequence[Case], settings: IntegratedSettings
    ) -> None:
        from captum.attr import IntegratedGradients  # draws in matplotlib, half a second that other commands spare

        self.explained = ExplainedValue(model, catalogue, cases)
        self.settings = settings
        self.captum = IntegratedGradients(self._forward)
        self.input = self.explained.embedded
        self.start = BASELINES[settings.baseline](model, catalogue, self.input)
        self.rows, self.ends = _first_pieces(len(cases))

    def walk(self) -> list[Integrated]:
        """Integrate every piece, cut those that do not add up, and sum."""
        values, gaps = self._pieces(self.rows, self.ends)
        steps = np.bincount(self.rows) * self.settings.nodes
        difference = self._rise(np.arange(len(self.input)), np.tile([0.0, 1.0], (len(self.input), 1)))
        allowed = self.settings.target_gap * np.maximum(np.abs(difference), SMALLEST_DIFFERENCE)
        for _ in range(self.settings.most_rounds):
            cut = self._too_wide(gaps, allowed)
            if not cut.any():
                break
            rows, ends = _halves(self.rows[cut], self.ends[cut])
            more, wider = self._pieces(rows, ends)
            steps += np.bincount(rows, minlength=len(steps)) * self.settings.nodes
            self.rows, self.ends = np.append(self.rows[~cut], rows), np.concatenate([self.ends[~cut], ends])
            values, gaps = torch.cat([values[~torch.from_numpy(cut)], more]), np.append(gaps[~cut], wider)
        whole = torch.zeros_like(self.input).index_add(0, torch.from_numpy(self.rows), values)
        return [
            Integrated(events, self.settings.baseline, float(wanted), float(events.sum() - wanted), int(count))
            for events, wanted, count in zip(self.explained.per_event(whole), difference, steps, strict=True)
        ]

    def _too_wide(self, gaps: Values, allowed: Values) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Pieces of cases that do not add up yet, but those that hardly matter.

        The pieces' gaps count without their signs: two that cancel would leave single events wrong.
        """
        total = np.bincount(self.rows, np.abs(gaps))
        pieces = np.bincount(self.rows)
        return (total > allowed)[self.rows] & (np.abs(gaps) > 0.5 * (allowed / pieces)[self.rows])

    def _pieces(self, rows: IntArray, ends: Values) -> tuple[Tensor, Values]:
        """Attributions (n, L, D) of pieces, and by how much each misses the difference between its ends."""
        index = torch.from_numpy(rows)
        below, above = (self._at(rows, ends[:, side]) for side in (0, 1))
        values = self.captum.attribute(
            above, below, additional_forward_args=(index,), n_steps=self.settings.nodes, method="gausslegendre"
        ).detach()
        return values, values.double().sum((1, 2)).numpy() - self._rise(rows, ends)

    def _rise(self, rows: IntArray, ends: Values) -> Values:
        """(n,) by how much the value rises from one end of each piece to the other; shared ends are run once."""
        places, back = np.unique(np.stack([np.repeat(rows, 2), ends.ravel()], 1), axis=0, return_inverse=True)
        values = self._value(places[:, 0].astype(np.int64), places[:, 1].astype(np.float64))[back].reshape(-1, 2)
        return values[:, 1] - values[:, 0]

    def _at(self, rows: IntArray, along: Values) -> Tensor:
        """Event embeddings (n, L, D) at these places of the path, 0 the baseline and 1 the input."""
        share = torch.from_numpy(along).to(self.input.dtype).view(-1, 1, 1)
        return torch.lerp(self.start[rows], self.input[rows], share)

    def _value(self, rows: IntArray, along: Values) -> Values:
        with torch.no_grad():
            return self.explained(self._at(rows, along), torch.from_numpy(rows)).double().numpy()

    def _forward(self, embedded: Tensor, rows: Tensor) -> Tensor:
        value = self.explained(embedded, rows)
        # A model that scores without looking at its history still needs a gradient: zero.
        return value if value.requires_grad else value + 0.0 * embedded.sum((1, 2))


def _first_pieces(cases: int) -> tuple[IntArray, Values]:
    ends = np.array([CUTS[:-1], CUTS[1:]]).T
    return np.repeat(np.arange(cases), len(ends)), np.tile(ends, (cases, 1))


def _halves(rows: IntArray, ends: Values) -> tuple[IntArray, Values]:
    """Each piece cut in the middle."""
    middle = ends.mean(1)
    halves = np.concatenate([np.stack([ends[:, 0], middle], 1), np.stack([middle, ends[:, 1]], 1)])
    return np.tile(rows, 2), halves


def _masked(model: GradientModel, catalogue: Catalogue, embedded: Tensor) -> Tensor:
    return torch.zeros_like(embedded)


def _mean(model: GradientModel, catalogue: Catalogue, embedded: Tensor) -> Tensor:
    content = torch.from_numpy(np.flatnonzero(~catalogue.neutral))
    total = torch.zeros(embedded.shape[-1])
    for part in torch.split(content, 8_192):
        items = part.unsqueeze(1)
        with torch.no_grad():
            total += model.embed(Batch(items, torch.zeros_like(items), torch.ones_like(part))).sum((0, 1))
    return (total / len(content)).expand_as(embedded).clone()


BASELINES = {"masked": _masked, "mean": _mean}
