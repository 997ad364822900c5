"""Check of the scores themselves: NaN, infinite, constant or tied."""

from __future__ import annotations

import numpy as np

from streamrec_core.diagnosis.model_check.finding import ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel
from streamrec_core.evaluation.ranking import TOP

NAMED = 3


def usable_scores(checked: CheckedModel) -> ModelFinding:
    """Whether scores are numbers, differ between items, and decide who stands tenth."""
    name = "scores are usable"
    scores = checked.scores(checked.probes)
    # -inf is how a model bars an item; NaN and +inf are never meant.
    broken = np.isnan(scores) | np.isposinf(scores)
    if broken.any():
        items = np.flatnonzero(broken.any(0))
        names = ", ".join(checked.dataset.catalogue.titles[row] for row in items[:NAMED])
        text = (
            f"{broken.mean():.1%} of the scores are NaN or infinite, for {len(items):,} of {scores.shape[1]:,} items "
            f"({names}{' ...' if len(items) > NAMED else ''}) and {broken.any(1).mean():.0%} of histories."
        )
        evidence = {"broken_share": float(broken.mean()), "items": len(items), "histories": int(broken.any(1).sum())}
        way_out = "Look for rows that attend to nothing, a division by zero, or item vectors that were never filled."
        return ModelFinding(name, "fault", text, evidence, way_out)
    constant, tied = _constant_and_tied(scores[:, checked.replaceable])
    evidence = {"constant_share": constant, "tied_share": tied}
    if constant > 0:
        text = f"All items have the same score after {constant:.0%} of histories."
        return ModelFinding(
            name, "fault", text, evidence, "Check that the weights are loaded and the item table is filled."
        )
    if tied >= checked.settings.tied_share:
        text = f"In {tied:.0%} of lists the tenth title ties with the next: which one is shown is decided by its row."
        return ModelFinding(
            name, "warning", text, evidence, "Score in float32 or finer, and do not round or clip scores."
        )
    return ModelFinding(name, "ok", "Scores are finite and differ between items.", evidence)


def _constant_and_tied(scores: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[float, float]:
    """Shares of histories whose scores (B, n) are all the same, and whose tenth and eleventh are."""
    rising = np.sort(scores, axis=1)
    constant = rising[:, 0] == rising[:, -1]
    if scores.shape[1] <= TOP:
        return float(constant.mean()), 0.0
    tied = np.isfinite(rising[:, -TOP]) & (rising[:, -TOP] == rising[:, -TOP - 1])
    return float(constant.mean()), float(tied.mean())
