"""Checks that the same history gets the same scores: twice, in evaluation mode, in a batch, and beside padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrec_core.diagnosis.model_check.finding import Level, ModelCheckSettings, ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel, score_change
from streamrec_core.evaluation.raw_scores import Values

ACTS_IN_TRAINING = ("dropout", "batchnorm", "droppath", "stochasticdepth")
"""Kinds of torch modules, by parts of their class names, that compute something else in training mode."""
NAMED = 3


def evaluation_mode(checked: CheckedModel) -> ModelFinding:
    """Whether the torch module is in evaluation mode, where dropout is off."""
    name = "evaluation mode"
    module = torch_module(checked.model)
    if module is None:
        return ModelFinding(name, "not checked", "The model shows no torch module, so its mode is not visible.")
    training = [(path, part) for path, part in module.named_modules() if part.training]
    if not training:
        return ModelFinding(name, "ok", "The module is in evaluation mode.")
    acting = [
        path or type(part).__name__
        for path, part in training
        if any(kind in type(part).__name__.lower() for kind in ACTS_IN_TRAINING) and getattr(part, "p", 1.0) > 0
    ]
    change = float(score_change(*_twice(checked)).max())
    evidence = {"modules_in_training": len(training), "active": acting[:NAMED], "score_change": _number(change)}
    way_out = "Call module.eval() before the model is handed over."
    if change > checked.settings.tolerance or acting:
        parts = f" ({', '.join(acting[:NAMED])})" if acting else ""
        moved = f"the same history scores differently each time, by up to {change:.2g} standard deviations"
        effect = moved if change > checked.settings.tolerance else "its dropout or batch statistics are active"
        return ModelFinding(name, "fault", f"The module is in training mode{parts}: {effect}.", evidence, way_out)
    text = "The module is in training mode; no effect on the scores was seen."
    return ModelFinding(name, "warning", text, evidence, way_out)


def torch_module(model: Any) -> Any:
    """The torch module that computes the scores: that of its function, or the model itself; None for neither."""
    candidates = (getattr(getattr(model, "scorer", None), "module", None), model)
    return next((part for part in candidates if hasattr(part, "named_modules") and hasattr(part, "training")), None)


def deterministic(checked: CheckedModel) -> ModelFinding:
    """Whether the same histories, scored twice, get the same scores."""
    change = score_change(*_twice(checked))
    return _compared(
        "deterministic",
        change,
        checked.settings,
        ok="The same histories, scored twice, get the same scores.",
        wrong="The same histories, scored twice, get other scores",
        way_out="Look for dropout, sampling or state that one call leaves for the next; set seeds or switch it off.",
    )


def same_in_batch(checked: CheckedModel) -> ModelFinding:
    """Whether a history gets the same scores alone, in a batch of equally long histories, and in another order."""
    lengths = np.array([len(history) for history in checked.probes])
    length = int(np.median(lengths))
    histories = [history.until(length) for history in checked.probes if len(history) >= length]
    alone, batched = checked.scores_alone(histories), checked.scores(histories)
    order = checked.random.permutation(len(histories))
    permuted = np.empty_like(batched)
    permuted[order] = checked.scores([histories[row] for row in order])
    change = np.maximum(score_change(alone, batched), score_change(alone, permuted))
    return _compared(
        "same in a batch",
        change,
        checked.settings,
        ok="A history gets the same scores alone, in a batch, and in another order of the batch.",
        wrong="A history gets other scores in a batch of equally long histories than alone",
        way_out="Look for normalisation over the batch, or results that are given back in another order than asked.",
    )


def same_with_padding(checked: CheckedModel) -> ModelFinding:
    """Whether a history gets the same scores beside longer ones and in a wider batch, where it is padded."""
    histories = checked.probes
    alone, together = checked.scores_alone(histories), checked.scores(histories)
    longest = max(len(history) for history in histories)
    width = longest if longest == checked.model.max_events else longest + 1
    wider = np.concatenate([checked.scores([history], width=width) for history in histories])
    change = np.maximum(score_change(alone, together), score_change(alone, wider))
    padded = [row for row, history in enumerate(histories) if len(history) < longest]
    return _compared(
        "same with padding",
        change[padded] if padded else change,
        checked.settings,
        ok="A history gets the same scores with and without padding.",
        wrong="A history gets other scores when it is padded to the length of a longer one",
        way_out="Mask padding in attention, pooling and normalisation, and number positions without it.",
    )


def _twice(checked: CheckedModel) -> tuple[Values, Values]:
    return checked.scores(checked.probes), checked.scores(checked.probes)


def _compared(
    name: str, change: Values, settings: ModelCheckSettings, *, ok: str, wrong: str, way_out: str
) -> ModelFinding:
    """The finding for how far scores (n,) moved that should not move."""
    largest, moved = float(change.max()), float((change > settings.tolerance).mean())
    evidence = {"histories": len(change), "changed_share": moved, "largest_change": _number(largest)}
    if largest <= settings.tolerance:
        return ModelFinding(name, "ok", ok, evidence)
    level: Level = "warning" if largest <= settings.rounding else "fault"
    size = "some become NaN or infinite" if np.isinf(largest) else f"by up to {largest:.2g} standard deviations"
    return ModelFinding(name, level, f"{wrong}: {moved:.0%} of {len(change)} histories, {size}.", evidence, way_out)


def _number(change: float) -> float | str:
    """A figure that JSON can hold."""
    return change if np.isfinite(change) else "infinite"
