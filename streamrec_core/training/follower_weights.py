"""How much each head of a trained model counts what came soon after a title, fitted on validation sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import scipy.optimize
import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch, BatchSource
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.ranking import recommendable, seen_items
from streamrec_core.models.card import LEAST_WEIGHED_ON, FollowerFit
from streamrec_core.models.device import device_of
from streamrec_core.models.probe import recording
from streamrec_core.models.protocol import WeighsFollowers

MOST_SCORES = 1 << 26
"""Scores that are held at most, of all sessions and heads together: 256 MB, twice while halves are compared."""
MOST_SESSIONS = 2_000
BATCH_SIZE = 64
LEAST_SCALE = 0.05

Values = npt.NDArray[np.float64]


def fit_follower_weights(model: WeighsFollowers, dataset: DataSet, examples: Examples) -> FollowerFit | None:
    """Fit how much each head counts followers, and how much all else counts beside them, and change the model so.

    The sum of what was learned and of what was counted is a logistic regression with one number a head and one for
    all else, none of them negative (stacking, Wolpert 1992). It minimises the cross-entropy of the targets, a convex
    problem. Whether it helps is asked of sessions it was not fitted on: each half judges the fit on the other.

    Parameters
    ----------
    model : WeighsFollowers
        Trained; its heads count no followers yet.
    dataset : DataSet
    examples : Examples
        Of the validation part; at most `MOST_SESSIONS` of them are drawn, fewer where the catalogue is large.

    Returns
    -------
    FollowerFit or None
        None, and the model as it was, where there are fewer than `LEAST_WEIGHED_ON` sessions to fit on.
    """
    layers = model.follower_weights()
    heads = sum(len(weights) for weights in layers)
    room = min(MOST_SESSIONS, MOST_SCORES // ((1 + heads) * len(dataset.catalogue)))
    drawn = np.sort(np.random.default_rng(0).permutation(len(examples))[:room])
    if len(drawn) < LEAST_WEIGHED_ON:
        return None
    problem = Stacking.of(lambda batch: _parts(model, batch), model.max_events, dataset, examples.take(drawn))
    without, together = problem.held_out_losses()
    values = problem.fit()
    fit = FollowerFit(
        sessions=len(problem.targets),
        scale=float(values[0]),
        weights=tuple(values[1:].tolist()),
        loss_without=float(without.mean()),
        loss_with=float(together.mean()),
        gain_interval=interval(without - together),
    )
    if fit.helps:
        model.scale_scores(float(values[0]))
        for weights, of_layer in zip(layers, np.split(values[1:], len(layers)), strict=True):
            weights.data.copy_(torch.from_numpy(of_layer).unsqueeze(1).expand_as(weights))
    return fit


def _parts(model: WeighsFollowers, batch: Batch) -> list[Tensor]:
    """Scores (B, V) of all that was learned, and what followers would add to them by each head."""
    batch = batch.to(device_of(model))
    return [model.logits(batch), *(model.follower_table.scores(batch.items, by) for by in _attention(model, batch))]


def _attention(model: WeighsFollowers, batch: Batch) -> tuple[Tensor, ...]:
    """Of each head, layer by layer, the weights (B, L) of events in the prediction."""
    of_layers: list[Tensor] = []
    with recording(dict.fromkeys(model.attention_probes(), of_layers.append)):
        model.event_parts(batch)
    return torch.cat(of_layers, 1).squeeze(2).unbind(1)


class Stacking:
    """Logistic regression of targets (n,) on parts (J, n, V) of their scores: J numbers, none of them negative.

    The first part belongs to all that was learned and keeps `LEAST_SCALE` at least; where `closed` (n, V) an item may
    not be recommended.
    """

    def __init__(self, parts: Tensor, closed: Tensor, targets: Tensor) -> None:
        self.parts, self.closed, self.targets = parts, closed, targets
        self.of_targets = parts[:, torch.arange(len(targets)), targets].double().mean(1).numpy()  # (J,)
        # What it is searched in: parts of one size, which few steps settle
        self.size = parts[:, :, :: max(1, parts.shape[2] // 100)].double().std((1, 2)).clamp(min=1e-6).numpy()

    @classmethod
    def of(
        cls, parts_of: Callable[[Batch], Sequence[Tensor]], max_events: int, dataset: DataSet, examples: Examples
    ) -> Stacking:
        """Collect the parts of examples; those whose target may not be recommended are left out.

        Parameters
        ----------
        parts_of : callable
            J parts (B, V) of the scores of a batch.
        max_events : int
            Of the batches.
        dataset : DataSet
        examples : Examples

        Returns
        -------
        Stacking
        """
        source = BatchSource(dataset.log, dataset.catalogue, examples, max_events, BATCH_SIZE)
        every_target = torch.from_numpy(examples.targets(dataset.log))
        parts, closed, targets = [], [], []
        with torch.inference_mode():
            for rows, batch in source.in_order():
                of_batch = torch.stack([part.cpu() for part in parts_of(batch)])
                seen = seen_items(examples.take(rows).histories(dataset.log)) if dataset.card.filter_seen else None
                excluded = recommendable(of_batch[0], seen, dataset.catalogue).isneginf()
                of_rows = every_target[rows]
                open_rows = ~excluded.gather(1, of_rows.unsqueeze(1)).squeeze(1)
                parts.append(of_batch[:, open_rows])
                closed.append(excluded[open_rows])
                targets.append(of_rows[open_rows])
        return cls(torch.cat(parts, 1), torch.cat(closed), torch.cat(targets))

    def rows(self, rows: slice) -> Stacking:
        """The same of some sessions."""
        return Stacking(self.parts[:, rows].contiguous(), self.closed[rows], self.targets[rows])

    def held_out_losses(self) -> tuple[Values, Values]:
        """(n,) losses of each half by a fit on the other: of the first part alone, and of all parts."""
        halves = [self.rows(slice(first, None, 2)) for first in (0, 1)]
        first, every = (
            np.concatenate([other.losses(half.fit(whole)) for half, other in (halves, halves[::-1])])
            for whole in (False, True)
        )
        return first, every

    def fit(self, whole: bool = True) -> Values:
        """(J,) the numbers that minimise the loss; all but the first are 0 unless the whole is fitted."""
        rest = len(self.parts) - 1
        bounds = [(LEAST_SCALE * self.size[0], None), *[(0.0, None if whole else 0.0)] * rest]
        start = np.append(self.size[0], np.zeros(rest))

        def loss(sized: Values) -> tuple[float, Values]:
            value, slope = self._loss(sized / self.size)
            return value, slope / self.size

        sized: Values = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return sized / self.size

    def losses(self, values: Values) -> Values:
        """(n,) cross-entropy of each target, in nats."""
        scores = self._scores(values)
        return nn.functional.cross_entropy(scores, self.targets, reduction="none").double().numpy()

    def _scores(self, values: Values) -> Tensor:
        """(n, V) scores, -inf where no item may be recommended."""
        whole = torch.from_numpy(values).float() @ self.parts.flatten(1)
        return whole.view(self.closed.shape).masked_fill_(self.closed, -torch.inf)

    def _loss(self, values: Values) -> tuple[float, Values]:
        """Mean cross-entropy, and its slope (J,)."""
        scores = self._scores(values)
        sums = scores.logsumexp(1, keepdim=True)
        shares = (scores - sums).exp_()
        expected = (self.parts.flatten(1) @ shares.flatten()).double().numpy() / len(shares)
        return float(sums.double().mean() - self.of_targets @ values), expected - self.of_targets
