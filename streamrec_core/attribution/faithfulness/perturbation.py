"""What removing events in an explainer's order does: ERASER, deletion and insertion, POS and NEG, counterfactuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """Run every explainer's order on every case; what two explainers have in common is run once."""
    found: dict[str, list[Curves]] = {name: [] for name in values}
    for start in range(0, len(cases), CASES_AT_ONCE):
        part = range(start, min(start + CASES_AT_ONCE, len(cases)))
        orders = [{name: ordered(arrays[at]) for name, arrays in values.items()} for at in part]
        wanted = [(cases[at], _all_sets(by_name, settings)) for at, by_name in zip(part, orders, strict=True)]
        for by_name, removal in zip(orders, remove(model, catalogue, wanted, settings.how), strict=True):
            tried = _Tried(removal)
            for name, order in by_name.items():
                found[name].append(_curves(order, tried, settings))
    return found


class _Tried:
    """Looks up what removing a set did."""

    def __init__(self, removal: Removal) -> None:
        self.whole, self.rank_whole = float(np.exp(removal.log_probability)), removal.rank
        self._probability = np.exp(removal.log_probability - removal.effect)
        self._ranks, self._place = removal.ranks, {gone: place for place, gone in enumerate(removal.sets)}

    def probability(self, gone: tuple[int, ...]) -> float:
        """Of the title without these events."""
        return float(self._probability[self._place[gone]]) if gone else self.whole

    def rank(self, gone: tuple[int, ...]) -> int:
        """Of the title without these events."""
        return int(self._ranks[self._place[gone]]) if gone else self.rank_whole


def _all_sets(orders: Mapping[str, IntArray], settings: FaithfulnessSettings) -> list[tuple[int, ...]]:
    found = set()
    for order in orders.values():
        counts = _counts(len(order))
        found |= {_first(order, count) for count in (*counts, *range(1, _largest(order, settings) + 1))}
        found |= {_rest(order, count) for count in counts}
    return sorted(found - {()})


def _counts(length: int) -> list[int]:
    """How many events each share is, at least one but for none."""
    return [int(np.ceil(round(share * length, 9))) for share in SHARES]


def _largest(order: IntArray, settings: FaithfulnessSettings) -> int:
    return min(settings.largest_set, len(order) - 1)


def _first(order: IntArray, count: int) -> tuple[int, ...]:
    return tuple(sorted(order[:count].tolist()))


def _rest(order: IntArray, count: int) -> tuple[int, ...]:
    return tuple(sorted(order[count:].tolist()))


def _curves(order: IntArray, tried: _Tried, settings: FaithfulnessSettings) -> Curves:
    counts = _counts(len(order))
    deletion = np.array([tried.probability(_first(order, count)) for count in counts])
    insertion = np.array([tried.probability(_rest(order, count)) for count in counts])
    at = [SHARES.index(share) for share in ERASER]
    inner = [count for count in counts[1:-1] if count < len(order)]
    measures: dict[str, float | None] = {
        "comprehensiveness": float(tried.whole - deletion[at].mean()),
        "sufficiency": float(tried.whole - insertion[at].mean()),
        "deletion_area": float(np.trapezoid(deletion, SHARES)),
        "insertion_area": float(np.trapezoid(insertion, SHARES)),
        "pos@k": _share([tried.rank(_first(order, count)) <= settings.k for count in inner]),
        "neg@k": _share([tried.rank(_rest(order, count)) <= settings.k for count in inner]),
    }
    for name, limit in (("counterfactual", settings.k), ("displaced", 1)):
        measures |= _turning_point(name, order, tried, limit, settings)
    return Curves(deletion, insertion, measures)


def _turning_point(
    name: str, order: IntArray, tried: _Tried, limit: int, settings: FaithfulnessSettings
) -> dict[str, float | None]:
    """Whether and after how many removals the title is beyond `limit`; undefined where it always was."""
    if tried.rank_whole > limit or len(order) < 2:
        return {}
    sizes = range(1, _largest(order, settings) + 1)
    size = next((size for size in sizes if tried.rank(_first(order, size)) > limit), None)
    success = "counterfactual_success" if name == "counterfactual" else name
    return {success: float(size is not None), f"{name}_size": size}


def _share(held: Sequence[bool]) -> float | None:
    return float(np.mean(held)) if held else None


def mean_curve(curves: Sequence[npt.NDArray[np.float64]]) -> tuple[float, ...]:
    """Mean over cases of (11,) curves."""
    return tuple(float(value) for value in np.mean(curves, axis=0))
