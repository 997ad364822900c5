"""The sections on a company's thresholds, and on what changed from the model that was in use before."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.data.shown_number import POINTS, POINTS_EXPLAINED
from streamrec_core.diagnosis.gate.model_diff import ModelDiff
from streamrec_core.diagnosis.gate.threshold_keys import KEYS, PAIR_KEYS
from streamrec_core.diagnosis.gate.thresholds import Estimate, Judgement, Outcome, Threshold
from streamrec_core.report.document import DashboardLink, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref
from streamrec_core.report.sections.parameters import PARAMETERS

UNITS: dict[str, Unit] = {
    **dict.fromkeys(("hit_at_10", "coverage", "diversity", "explanations_failed", "explanations_verified"), "share"),
    **dict.fromkeys(("lists_changed", "order_changed", "first_title_changed"), "share"),
    **dict.fromkeys(("hit_at_10_drop", "coverage_drop", "diversity_drop", "explanations_failed_rise"), "points"),
    "parameter_moved": "score points",
    "new_attention_sinks": "count",
}
"""Of the figures that thresholds have; the others are plain numbers."""
FACTORS = {
    **dict.fromkeys(("serendipity", "serendipity_drop", "popularity", "popularity_rise"), 1_000),
    "parameter_moved": POINTS,
}
"""What a measured figure is multiplied with to be in the unit of the report."""
TITLES = {
    **{key: f"{KEYS[key].title}, per thousand" for key, factor in FACTORS.items() if factor == 1_000},
    "parameter_moved": "Largest change of a main parameter",
}
"""Titles of the figures whose unit is not that of the thresholds' file."""
OUTCOMES: tuple[Outcome, ...] = ("met", "not met", "not decided")
SIGNS = {"at_least": "at least", "at_most": "at most"}


def benchmarks(judgements: Sequence[Judgement], thresholds: Sequence[Threshold], register: Register) -> Section:
    """Say of every threshold whether it is met, not met or not decided, and by which test.

    Parameters
    ----------
    judgements : sequence of Judgement
    thresholds : sequence of Threshold
        All that were set.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    rows = []
    for judgement in judgements:
        threshold = judgement.threshold
        name = f"thresholds/{threshold.key}/{threshold.bound}"
        limit = Estimate(threshold.limit, None, None, 0)
        cells = (
            _enter(f"{name}/limit", threshold.key, limit, register),
            _enter(f"{name}/measured", threshold.key, judgement.estimate, register),
            judgement.outcome,
        )
        rows.append(Row(label=f"{_title(threshold.key)}, {SIGNS[threshold.bound]}", note=judgement.test, cells=cells))
    outcomes = [judgement.outcome for judgement in judgements]
    counts = {
        outcome: register.enter(f"thresholds/{outcome}", f"thresholds {outcome}", outcomes.count(outcome), "count")
        for outcome in OUTCOMES
    }
    judged = {judgement.threshold for judgement in judgements}
    left_out = [_title(each.key) for each in thresholds if each not in judged]
    return Section(
        key="thresholds",
        title="Thresholds",
        question="Are the limits met that were set beforehand?",
        says=(
            f"Met: {ref(counts['met'])}. Not met: {ref(counts['not met'])}. Not decided: {ref(counts['not decided'])}.",
            *([f"Not compared, since they need a second model: {'; '.join(left_out)}."] if left_out else []),
        ),
        tables=(
            Table(
                id="thresholds/all", title="Each limit", columns=("", "Limit", "Measured", "Outcome"), rows=tuple(rows)
            ),
        ),
        after=(
            "Met: the whole interval is on the right side of the limit. Not met: the whole interval is on the wrong "
            "side. Not decided: the interval straddles the limit.",
        ),
    )


def changes(diff: ModelDiff, register: Register) -> Section:
    """Describe what changed from the model that was in use before.

    Parameters
    ----------
    diff : ModelDiff
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    rows = tuple(
        Row(label=_title(key), note=PAIR_KEYS[key].test, cells=(_enter(f"changes/{key}", key, estimate, register),))
        for key, estimate in diff.measurements.items()
        if key in PAIR_KEYS
    )
    floors = [
        f"{name} {ref(register.enter(f'changes/floor/{name}', f'titles that {name} change', share, 'share'))}"
        for name, share in diff.floors.items()
    ]
    sinks = f" New attention sinks: {', '.join(diff.new_sinks)}." if diff.new_sinks else ""
    return Section(
        key="changes",
        title="What changed from the model before",
        question=f"What is different from {diff.old.name}?",
        says=(
            f"Of the titles in the lists, {ref('changes/lists_changed')} changed, and "
            f"{ref('changes/first_title_changed')} of the sessions begin with another title.{sinks}",
            f"For comparison, other lists would change: {', '.join(floors)}.",
        ),
        tables=(
            Table(id="changes/all", title="From the model before to this one", columns=("", "Change"), rows=rows),
            *_parameters(diff, register),
        ),
        evidence=(DashboardLink(page="compare", label="See where two models disagree"),),
    )


def _parameters(diff: ModelDiff, register: Register) -> list[Table]:
    rows = []
    for each in diff.parameters:
        name, title = f"changes/parameters/{each.parameter}/{each.ablation}", PARAMETERS[each.parameter][0]
        label, bounds = f"{title}, {each.ablation}", _interval(each.change, 1)
        change = register.score_points(f"{name}/change", f"{label}: change", each.change.figure, bounds, each.change.n)
        before = register.score_points(f"{name}/before", f"{label}: before", each.old)
        now = register.score_points(f"{name}/now", f"{label}: now", each.new)
        rows.append(Row(label=title, note=each.ablation, cells=(before, now, change)))
    table = Table(
        id="changes/parameters",
        title="What the first recommendation loses without each main parameter",
        columns=("", "Before", "Now", "Change"),
        rows=tuple(rows),
        note=f"A parameter moved where the interval of its change leaves zero out. {POINTS_EXPLAINED}",
    )
    return [table] if rows else []


def _enter(name: str, key: str, estimate: Estimate, register: Register) -> str:
    factor = FACTORS.get(key, 1)
    unit = UNITS.get(key, "number")
    interval = _interval(estimate, factor)
    return register.enter(name, _title(key), factor * estimate.figure, unit, interval, estimate.n or None)


def _interval(estimate: Estimate, factor: int) -> tuple[float, float] | None:
    if estimate.low is None or estimate.high is None:
        return None
    return factor * estimate.low, factor * estimate.high


def _title(key: str) -> str:
    return TITLES.get(key, KEYS[key].title)
