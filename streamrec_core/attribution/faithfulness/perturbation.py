"""Perturbation measures: comprehensiveness, sufficiency, deletion and insertion, POS and NEG, counterfactual success.

All of them remove events in the order of an explainer's values and watch the title that is explained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import integrate

from streamrec_core.attribution.agreement import ordered
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.faithfulness.explainers import Values
from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings
from streamrec_core.attribution.removal import Removal, remove
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.models.protocol import SessionModel

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the events, on both curves."""
ERASER = (0.1, 0.2, 0.5)
"""Shares that comprehensiveness and sufficiency are averaged over. DeYoung et al. (2020) also take 1 and 5 %, which are
less than one event of a session."""
CASES_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Curves:
    """What one explainer's order does to one case.

    Attributes
    ----------
    deletion, insertion : (11,) float64
        Probability of the title after each of `SHARES` of the events was removed, most important first, or kept.
    measures : mapping of str to float or None
        Names as in `record.MEASURES`.
    """

    deletion: Values
    insertion: Values
    measures: Mapping[str, float | None]


def perturb(
    model: SessionModel,
    catalogue: Catalogue,
    cases: Sequence[Case],
    values: Mapping[str, Sequence[Values]],
    settings: FaithfulnessSettings,
) -> dict[str, list[Curves]]:
    """Remove events in every explainer's order from every case; what two explainers have in common is run once.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
    values : mapping of str to sequence of (L,) float64
        By explainer, one array a case.
    settings : FaithfulnessSettings

    Returns
    -------
    dict of str to list of Curves
        By explainer, one a case.
    """
    curves: dict[str, list[Curves]] = {name: [] for name in values}
    for start in range(0, len(cases), CASES_AT_ONCE):
        part = range(start, min(start + CASES_AT_ONCE, len(cases)))
        orders = [{name: ordered(arrays[row]) for name, arrays in values.items()} for row in part]
        sets = [(cases[row], _all_sets(by_name, settings)) for row, by_name in zip(part, orders, strict=True)]
        for by_name, removal in zip(orders, remove(model, catalogue, sets, settings.how), strict=True):
            effects = _Effects(removal)
            for name, order in by_name.items():
                curves[name].append(_curves(order, effects, settings))
    return curves


class _Effects:
    """Probability and rank of the title without each set of events that was removed."""

    def __init__(self, removal: Removal) -> None:
        self.whole, self.rank_whole = float(np.exp(removal.log_probability)), removal.rank
        self._probability = np.exp(removal.log_probability - removal.effect)
        self._ranks = removal.ranks
        self._row = {positions: row for row, positions in enumerate(removal.sets)}

    def probability(self, removed: tuple[int, ...]) -> float:
        """Of the title without these events."""
        return float(self._probability[self._row[removed]]) if removed else self.whole

    def rank(self, removed: tuple[int, ...]) -> int:
        """Of the title without these events."""
        return int(self._ranks[self._row[removed]]) if removed else self.rank_whole


def _all_sets(orders: Mapping[str, IntArray], settings: FaithfulnessSettings) -> list[tuple[int, ...]]:
    sets = set()
    for order in orders.values():
        counts = _counts(len(order))
        sets |= {_first(order, count) for count in (*counts, *range(1, _largest(order, settings) + 1))}
        sets |= {_rest(order, count) for count in counts}
    return sorted(sets - {()})


def _counts(length: int) -> list[int]:
    """How many events each share is, at least one but for none."""
    return [int(np.ceil(round(share * length, 9))) for share in SHARES]


def _largest(order: IntArray, settings: FaithfulnessSettings) -> int:
    return min(settings.largest_set, len(order) - 1)


def _first(order: IntArray, count: int) -> tuple[int, ...]:
    return tuple(sorted(order[:count].tolist()))


def _rest(order: IntArray, count: int) -> tuple[int, ...]:
    return tuple(sorted(order[count:].tolist()))


def _curves(order: IntArray, effects: _Effects, settings: FaithfulnessSettings) -> Curves:
    counts = _counts(len(order))
    deletion = np.array([effects.probability(_first(order, count)) for count in counts])
    insertion = np.array([effects.probability(_rest(order, count)) for count in counts])
    eraser = [SHARES.index(share) for share in ERASER]
    inner = [count for count in counts[1:-1] if count < len(order)]
    measures: dict[str, float | None] = {
        "comprehensiveness": float(effects.whole - deletion[eraser].mean()),
        "sufficiency": float(effects.whole - insertion[eraser].mean()),
        "deletion_area": float(integrate.trapezoid(deletion, SHARES)),
        "insertion_area": float(integrate.trapezoid(insertion, SHARES)),
        "pos@k": _share([effects.rank(_first(order, count)) <= settings.k for count in inner]),
        "neg@k": _share([effects.rank(_rest(order, count)) <= settings.k for count in inner]),
    }
    for name, limit in (("counterfactual", settings.k), ("displaced", 1)):
        measures |= _turning_point(name, order, effects, limit, settings)
    return Curves(deletion, insertion, measures)


def _turning_point(
    name: str, order: IntArray, effects: _Effects, limit: int, settings: FaithfulnessSettings
) -> dict[str, float | None]:
    """Whether and after how many removals the title is beyond `limit`; undefined where it always was."""
    if effects.rank_whole > limit or len(order) < 2:
        return {}
    sizes = range(1, _largest(order, settings) + 1)
    size = next((size for size in sizes if effects.rank(_first(order, size)) > limit), None)
    success = "counterfactual_success" if name == "counterfactual" else name
    return {success: float(size is not None), f"{name}_size": size}


def _share(true: Sequence[bool]) -> float | None:
    return float(np.mean(true)) if true else None


def mean_curve(curves: Sequence[npt.NDArray[np.float64]]) -> tuple[float, ...]:
    """Mean over cases of (11,) curves."""
    return tuple(float(value) for value in np.mean(curves, axis=0))
