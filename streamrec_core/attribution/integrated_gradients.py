"""Integrated gradients (Sundararajan et al. 2017), with steps where the model changes most, until they are complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from streamrec_core.attribution.additive_path import integrate
from streamrec_core.attribution.case import Case, check_cases
from streamrec_core.attribution.gradients import EVENTS_AT_ONCE, ExplainedValue, Values, like_lengths
from streamrec_core.config import Settings
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import AdditiveModel, GradientModel

Baseline = Literal["masked", "mean"]
TURNS = (1e-4, 1e-3, 1e-2, 1e-1)
"""Shares of the input, measured from the baseline, at which the model is run before steps are placed."""
TURNED = 0.1
"""Share of all movement along the path by which a model counts as having begun to turn."""
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
    steps
        Gauss-Legendre steps of the first try, twice as many for an additive model; half as many more for each further
        one.
    most_steps
        Where more would be needed, the gap is reported as it is.
    """

    baseline: Baseline = "masked"
    target_gap: float = Field(0.01, gt=0, le=1)
    steps: int = Field(12, ge=2, le=512)
    most_steps: int = Field(140, ge=2, le=512)


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
        Sum of the values minus the difference. For an additive model it tells how well the gradients add up along the
        interpolated curves, not how near these are to the straight path (0.0006 nats an event in the median, measured).
    steps : int
        Gradients taken along the path, those of tries that did not add up included.
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

    Layer norms make a model turn within a hundredth of the way from an empty event and flatten after it, so that even
    steps miss the turn. A few forward passes find it, and the steps are even on a scale that is logarithmic beyond it.

    Parameters
    ----------
    model : GradientModel
    catalogue : Catalogue
    cases : sequence of Case
    settings : IntegratedSettings or None
        Baseline, steps, and the completeness gap at which to stop.

    Returns
    -------
    list of Integrated

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.
    """
    settings = settings or IntegratedSettings()
    check_cases(cases, catalogue)
    attributions: dict[int, Integrated] = {}
    for rows in like_lengths(cases, settings.steps):
        some = [cases[row] for row in rows]
        if isinstance(model, AdditiveModel) and not model.context_events:
            integrated = _additive(model, catalogue, some, settings)
        else:
            integrated = _Path(model, catalogue, some, settings).walk()
        attributions |= dict(zip(rows.tolist(), integrated, strict=True))
    return [attributions[row] for row in range(len(cases))]


def _additive(
    model: AdditiveModel, catalogue: Catalogue, cases: Sequence[Case], settings: IntegratedSettings
) -> list[Integrated]:
    """Integrate along curves, with twice the steps: a gradient that stops at the heads costs a tenth of a whole one."""
    steps, taken, left = 2 * settings.steps, 0, np.arange(len(cases))
    integrated: dict[int, Integrated] = {}
    while len(left):
        explained = ExplainedValue(model, catalogue, [cases[number] for number in left.tolist()])
        start = BASELINES[settings.baseline](model, catalogue, explained.embedded)
        values, difference = integrate(model, explained, start, steps)
        taken += steps
        for number, events, whole in zip(left.tolist(), values, difference.tolist(), strict=True):
            integrated[number] = Integrated(events, settings.baseline, whole, float(events.sum()) - whole, taken)
        left = np.array([at for at in left.tolist() if integrated[at].relative_gap > settings.target_gap], np.int64)
        steps = steps + steps // 2
        if steps > settings.most_steps:
            break
    return [integrated[number] for number in range(len(cases))]


class _Path:
    """The straight path of some cases from baseline to input."""

    def __init__(
        self, model: GradientModel, catalogue: Catalogue, cases: Sequence[Case], settings: IntegratedSettings
    ) -> None:
        from captum.attr import IntegratedGradients  # draws in matplotlib, half a second that other commands spare

        self.explained = ExplainedValue(model, catalogue, cases)
        self.settings = settings
        self.captum = IntegratedGradients(self._forward)
        self.input = self.explained.embedded
        self.start = BASELINES[settings.baseline](model, catalogue, self.input)

    def walk(self) -> list[Integrated]:
        """Integrate every case, those that do not add up again with more steps."""
        along = self._along()
        difference, turn = along[:, -1] - along[:, 0], _turns(along)
        allowed = self.settings.target_gap * np.maximum(np.abs(difference), SMALLEST_DIFFERENCE)
        events: list[Values] = [np.zeros(0)] * len(turn)
        taken, left, steps = np.zeros(len(turn), np.int64), np.arange(len(turn)), self.settings.steps
        while len(left):
            for bend in np.unique(turn[left]):
                rows = left[turn[left] == bend]
                for row, values in zip(rows, self._attributed(rows, float(bend), steps), strict=True):
                    events[row] = values
                taken[rows] += steps
            left = np.array([row for row in left if abs(events[row].sum() - difference[row]) > allowed[row]], np.int64)
            steps = steps + steps // 2
            if steps > self.settings.most_steps:
                break
        return [
            Integrated(values, self.settings.baseline, float(whole), float(values.sum() - whole), int(count))
            for values, whole, count in zip(events, difference, taken, strict=True)
        ]

    def _along(self) -> Values:
        """(n, 6) values at the baseline, at `TURNS` and at the input."""
        rows, shares = torch.arange(len(self.input), device=self.input.device), (0.0, *TURNS, 1.0)
        with torch.no_grad():
            values = [self.explained(torch.lerp(self.start, self.input, share), rows) for share in shares]
        return torch.stack(values, 1).double().cpu().numpy()

    def _attributed(self, rows: IntArray, bend: float, steps: int) -> list[Values]:
        """Attributions of some cases, one (L,) array each, few enough rows at a time."""
        at_once = max(1, EVENTS_AT_ONCE // (steps * self.input.shape[1]))
        attributions: list[Values] = []
        for start in range(0, len(rows), at_once):
            part = torch.from_numpy(rows[start : start + at_once]).to(self.input.device)
            # The public `attribute` takes evenly spaced steps only; it passes them on by this same argument.
            (values,) = self.captum._attribute(
                (self.input[part],),
                (self.start[part],),
                additional_forward_args=(part,),
                n_steps=steps,
                step_sizes_and_alphas=_placed(steps, bend),
            )
            attributions += self.explained.per_event(values, part)
        return attributions

    def _forward(self, embedded: Tensor, rows: Tensor) -> Tensor:
        value = self.explained(embedded, rows)
        # A model that scores without looking at its history still needs a gradient: zero.
        return value if value.requires_grad else value + 0.0 * embedded.sum((1, 2))


def _turns(along: Values) -> Values:
    """(n,) last of `TURNS` before which each case has hardly moved yet."""
    moved = np.abs(np.diff(along, axis=1)).cumsum(1)
    turned = moved[:, : len(TURNS)] > TURNED * np.maximum(moved[:, -1:], SMALLEST_DIFFERENCE)
    first = np.where(turned.any(1), turned.argmax(1), len(TURNS) - 1)
    return np.array(TURNS)[first]


def _placed(steps: int, bend: float) -> tuple[list[float], list[float]]:
    """Weights and positions of Gauss-Legendre steps, even on a scale linear up to `bend` and logarithmic beyond."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    scale = np.log1p(1 / bend)
    grown = np.exp(scale * (nodes + 1) / 2)
    return (weights / 2 * scale * grown * bend).tolist(), ((grown - 1) * bend).tolist()


def _masked(model: GradientModel, catalogue: Catalogue, embedded: Tensor) -> Tensor:
    return torch.zeros_like(embedded)


def _mean(model: GradientModel, catalogue: Catalogue, embedded: Tensor) -> Tensor:
    content = torch.from_numpy(np.flatnonzero(~catalogue.neutral)).to(embedded.device)
    total = torch.zeros(embedded.shape[-1], device=embedded.device)
    for part in torch.split(content, 8_192):
        items = part.unsqueeze(1)
        with torch.no_grad():
            total += model.embed(Batch(items, torch.zeros_like(items), torch.ones_like(part))).sum((0, 1))
    return (total / len(content)).expand_as(embedded).clone()


BASELINES = {"masked": _masked, "mean": _mean}
