"""Open a scorer for a data set at the highest level that it allows: scores, attention, gradients."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from streamrec_core.adapters.attending_model import AttendingModel, DifferentiableModel
from streamrec_core.adapters.history_layout import HistoryLayout
from streamrec_core.adapters.layout import LONG, NotFoundOut, find_columns, find_layers
from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.adapters.scorer import Scorer
from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput

SAME, SLOPE = 1e-3, 0.05
"""Shares by which scores after swapped rows, and slopes, may differ from those that were expected."""
STEPS = (0.05, 0.01, 0.002)
"""Of the measured slopes; large steps leave the straight part of a curve, small ones drown in rounding."""
ENGAGEMENTS = "engagements are not read"
REMOVED = "hiding an event in place removes it"
NOT_KNOWN = HistoryLayout(look_up=0, look_ups=1, padded="right", special=0)


def open_scorer(scorer: Scorer, catalogue: Catalogue, time_limit: float | None = None) -> ScoredModel:
    """Open a model of another library for a data set.

    Parameters
    ----------
    scorer : Scorer
        With a `module`, its attention and gradients are opened where experiments show how.
    catalogue : Catalogue
        Of the data set.
    time_limit : float or None
        Seconds that one call of `score` may take.

    Returns
    -------
    ScoredModel
        Its `lacks` say what is not available, and why.

    Raises
    ------
    BadInput
        The scorer cannot be used; the message names what its function did.
    Refused
        It knows no item of the catalogue.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from streamrec_core.data.synthetic.sessions import streamrec_catalogue
    >>> catalogue = streamrec_catalogue()
    >>> def score(histories):
    ...     return np.zeros((len(histories), len(catalogue)))
    >>> model = open_scorer(SimpleNamespace(item_ids=catalogue.item_ids, score=score), catalogue)
    >>> model.lacks[0].split(";")[0]
    'no torch module: attention, heads and gradients are not available'
    """
    module = getattr(scorer, "module", None)
    if module is None:
        return ScoredModel(scorer, catalogue, time_limit)
    in_training = tuple(part for part in module.modules() if part.training)
    if in_training:
        module.eval()  # dropout would make every score another
    model = _opened(scorer, catalogue, time_limit)
    if in_training:
        model.left_in_training = in_training
        model.notes = (*model.notes, f"{model.name} was in training mode and is now in evaluation mode.")
    return model


def _opened(scorer: Scorer, catalogue: Catalogue, time_limit: float | None) -> ScoredModel:
    """The model at the highest level that the experiments confirm, with what it lacks."""
    trial = DifferentiableModel(scorer, catalogue, NOT_KNOWN, time_limit)
    items = trial.rows[trial.rows >= 0][: LONG + 1].tolist()
    try:
        layouts = find_columns(trial.run, items)
    except (NotFoundOut, BadInput) as error:
        model = ScoredModel(scorer, catalogue, time_limit)
        model.lacks = (f"attention, heads and gradients are not available: {error}; {REMOVED}", ENGAGEMENTS)
        return model
    for layout in layouts:
        fault = gradient_fault(DifferentiableModel(scorer, catalogue, layout, time_limit))
        if not fault:
            break
    lacks = [f"gradients are not available: {fault}; {REMOVED}"] if fault else []
    layout = layouts[0] if fault else layout
    try:
        layout = find_layers(trial.run, layout, items)
    except (NotFoundOut, BadInput) as error:
        lacks.append(f"attention heads are not available: {error}")
    if fault and not layout.layers:
        model = ScoredModel(scorer, catalogue, time_limit)
    else:
        opened = AttendingModel if fault else DifferentiableModel
        model = opened(scorer, catalogue, layout, time_limit)
    if layout.unread:
        first = "the first event" if layout.unread == 1 else f"the first {layout.unread} events"
        lacks.append(f"it never reads {first} of a history")
    model.lacks = (*lacks, ENGAGEMENTS)
    return model


def gradient_fault(model: DifferentiableModel) -> str:
    """What keeps gradients through the look-up from being trusted; empty where the experiments confirm them.

    Swapping the row of an event for that of another item must give the scores of the history with that item, and the
    gradient must tell how fast the score moves on the path there.
    """
    items = np.flatnonzero(model.rows >= 0)[: LONG + 1]
    histories = torch.from_numpy(np.repeat(items[None, :-1], len(items) - 1, 0))
    others = histories.clone().fill_diagonal_(int(items[-1]))
    before, after = _batch(histories), _batch(others)
    try:
        rows, other_rows = model.embed(before), model.embed(after)
        with torch.no_grad():
            expected, swapped = model.logits(after), model.logits_from(other_rows, before)
        spread = _spread(expected)
        if float((expected - swapped).nan_to_num(0.0, 0.0, 0.0).abs().max()) > SAME * spread:
            return "scores depend on the events by another path than the look-up of their items"
        slope, measured = _slopes(model, before, rows, other_rows - rows)
    except (RuntimeError, BadInput) as error:
        return " ".join(str(error).split())
    if slope is None:
        return "no gradient reaches the looked-up rows (score() may run under torch.inference_mode or outside torch)"
    apart = (slope - measured).abs().min(0).values  # (steps, n) -> (n,)
    if bool((apart > SLOPE * measured.abs().max() + 1e-4 * spread).any()):
        return "gradients differ from measured slopes"
    return ""


def _slopes(model: DifferentiableModel, batch: Batch, rows: Tensor, direction: Tensor) -> tuple[Tensor | None, Tensor]:
    """Slope of the best item's score along a direction for each history: (n,) by gradient, (steps, n) by difference."""
    measured = []
    with torch.no_grad():
        best = model.logits(batch).argmax(1, keepdim=True)
        for step in STEPS:
            up, down = (model.logits_from(rows + sign * step * direction, batch).gather(1, best) for sign in (1, -1))
            measured.append((up - down)[:, 0] / (2 * step))
    moved = rows.clone().requires_grad_()
    with torch.enable_grad():
        total = model.logits_from(moved, batch).gather(1, best).sum()
    if not total.requires_grad:
        return None, torch.stack(measured)
    (gradient,) = torch.autograd.grad(total, moved)
    return (gradient * direction).sum((1, 2)), torch.stack(measured)


def _batch(items: Tensor) -> Batch:
    return Batch(items, torch.zeros_like(items), torch.full((len(items),), items.shape[1]))


def _spread(scores: Tensor) -> float:
    finite = scores[scores.isfinite()]
    return float(finite.max() - finite.min()) or 1.0
