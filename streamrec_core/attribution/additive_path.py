"""Integrated gradients of additive models: event nets at a few points of the path, gradients at any number of them.

Without a local context no event of such a model sees another, so that along the path each event traces a smooth curve
of its own: what heads see of it. The curves are known exactly at Chebyshev points, both ends among them, and between
these by interpolation (Berrut and Trefethen 2004, eq. 4.2 and 9.4). Gradients stop at the curves and never run back
through the nets.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attribution.gradients import ExplainedValue
from streamrec_core.models.protocol import AdditiveModel

Values = npt.NDArray[np.float64]
BEND = 1e-4
"""Share of the path up to which points are even on a linear scale; beyond, on a logarithmic one."""
POINTS_A_STEP = 5 / 6
"""Points at which the nets are run, by gradients that are taken."""


def integrate(
    model: AdditiveModel, explained: ExplainedValue, start: Tensor, steps: int
) -> tuple[list[Values], Values]:
    """Integrate the gradients of some cases from `start` to their events.

    Parameters
    ----------
    model : AdditiveModel
    explained : ExplainedValue
        The cases, with their event embeddings (n, L, D).
    start : (n, L, D)
        Event embeddings of the baseline.
    steps : int
        Gradients to be taken, at Gauss-Legendre points.

    Returns
    -------
    values : list of (L,) float64
        One array a case, in nats.
    difference : (n,) float64
        The explained value at the input minus that at the baseline, both exact.
    """
    points, between, slopes, weights = _interpolation(round(steps * POINTS_A_STEP), steps)
    shares = np.expm1(np.log1p(1 / BEND) * (points + 1) / 2) * BEND
    with torch.no_grad():
        along = torch.from_numpy(shares).to(start).view(-1, 1, 1, 1)
        curves = model.head_inputs(start + (explained.embedded - start) * along)  # (N, n, L, ...) each
        inputs = [torch.cat([_mixed(between, curve), curve[:1], curve[-1:]]).flatten(0, 1) for curve in curves]
        speeds = [_mixed(slopes, curve) for curve in curves]  # (M, n, L, ...)
    count = len(explained.cases)
    with torch.enable_grad():
        inputs = [value.requires_grad_() for value in inputs]
        reached = explained.from_inputs(model, inputs, torch.arange(count, device=start.device).repeat(steps + 2))
        gradients = torch.autograd.grad(reached[: steps * count].sum(), inputs)
    moved = sum(
        (gradient[: steps * count].view_as(speed) * speed).sum(-1).double()
        for gradient, speed in zip(gradients, speeds, strict=True)
    )
    by_step = torch.from_numpy(weights).to(start.device)
    values = torch.einsum("m,mnl->nl", by_step, torch.as_tensor(moved)).cpu().numpy()
    ends = reached.detach().double()[steps * count :].view(2, count)
    lengths = explained.batch.lengths.tolist()
    return [row[:length] for row, length in zip(values, lengths, strict=True)], (ends[1] - ends[0]).cpu().numpy()


def _mixed(matrix: Values, curve: Tensor) -> Tensor:
    """(M, N) times (N, ...)."""
    return torch.tensordot(torch.from_numpy(matrix).to(curve), curve, 1)


@lru_cache(maxsize=64)
def _interpolation(points: int, steps: int) -> tuple[Values, Values, Values, Values]:
    """Chebyshev points (N,) of [-1, 1], and what leads from figures there to the Gauss-Legendre points.

    Returns
    -------
    points : (N,)
    between, slopes : (M, N)
        Matrices from figures at the Chebyshev points to the interpolant, and to its derivative.
    weights : (M,)
        Of the Gauss-Legendre points.
    """
    nodes = -np.cos(np.pi * np.arange(points) / (points - 1))
    barycentric = (-1.0) ** np.arange(points)
    barycentric[[0, -1]] /= 2
    quadrature, weights = np.polynomial.legendre.leggauss(steps)
    gaps = quadrature[:, None] - nodes
    # An odd number of both has 0 in common, where the interpolant is the figure itself.
    shared = np.abs(gaps) < 1e-12
    between = barycentric / np.where(shared, 1e-300, gaps)
    between /= between.sum(1, keepdims=True)
    apart = nodes[:, None] - nodes + np.eye(points)
    derivative = barycentric / barycentric[:, None] / apart
    np.fill_diagonal(derivative, 0.0)
    np.fill_diagonal(derivative, -derivative.sum(1))
    return nodes, between, between @ derivative, weights
