"""Compare two models for a release: lists, accuracy, parameters, attention sinks, explanations, beyond accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamrec_core.attribution.importance_record import Mean, ParameterImportance
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split
from streamrec_core.diagnosis.gate.list_changes import first_changed, jaccard, rank_biased_overlap
from streamrec_core.diagnosis.gate.measuring import ReleaseMeasures, model_estimates
from streamrec_core.diagnosis.gate.threshold_keys import KEYS
from streamrec_core.diagnosis.gate.thresholds import Estimate
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.lists import floor_lists
from streamrec_core.evaluation.beyond_accuracy.measure import list_differences
from streamrec_core.evaluation.metrics import METRICS, Values, interval
from streamrec_core.evaluation.slices import few, share
from streamrec_core.evaluation.slicings import SLICINGS, slicing

RISES = ("popularity", "exposure_gini")
"""Measures of which less is better, so that a rise counts; of the others a drop."""

WHOLE_SESSION = "session"
"""All events at once: shown, and no single parameter that could move."""


@dataclass(frozen=True)
class ParameterChange:
    """How the importance of one main parameter differs between two models.

    Attributes
    ----------
    parameter, ablation : str
        As in `ParameterImportance`.
    old, new : float
        Drop of the log-probability without it, in nats.
    change : Estimate
        New less old.
    """

    parameter: str
    ablation: str
    old: float
    new: float
    change: Estimate

    @property
    def moved(self) -> bool:
        """Whether the interval of the change leaves zero out."""
        return (self.change.low or 0.0) > 0 or (self.change.high or 0.0) < 0


@dataclass(frozen=True)
class SliceChange:
    """How lists and accuracy differ on one slice of the sessions.

    Attributes
    ----------
    slicing, label : str
    sessions : int
    lists_changed, first_title_changed, hit_at_10_change : Estimate
        The last is new less old.
    """

    slicing: str
    label: str
    sessions: int
    lists_changed: Estimate
    first_title_changed: Estimate
    hit_at_10_change: Estimate


@dataclass(frozen=True, eq=False)
class ModelDiff:
    """What changed from an old model to a new one, on the same test sessions.

    Attributes
    ----------
    old, new : ReleaseMeasures
    measurements : dict of str to Estimate
        By the names of `KEYS`: figures of the new model, and of the change.
    parameters : tuple of ParameterChange
        The largest change first.
    new_sinks : tuple of str
        Titles that are attention sinks of the new model and not of the old one.
    slices : tuple of SliceChange
    floors : dict of str to float
        Share of the old model's titles that other lists would change.
    """

    old: ReleaseMeasures
    new: ReleaseMeasures
    measurements: dict[str, Estimate]
    parameters: tuple[ParameterChange, ...]
    new_sinks: tuple[str, ...]
    slices: tuple[SliceChange, ...]
    floors: dict[str, float]

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "old": self.old.name,
            "new": self.new.name,
            "n_sessions": len(self.old.lists),
            "measured": {name: _plain(each) for name, each in self.measurements.items()},
            "lists_changed_floors": self.floors,
            "parameters": [
                {
                    "parameter": each.parameter,
                    "ablation": each.ablation,
                    "old": each.old,
                    "new": each.new,
                    "change": _plain(each.change),
                    "moved": each.moved,
                }
                for each in self.parameters
            ],
            "new_attention_sinks": list(self.new_sinks),
            "slices": [
                {
                    "slicing": each.slicing,
                    "label": each.label,
                    "n_sessions": each.sessions,
                    "lists_changed": _plain(each.lists_changed),
                    "first_title_changed": _plain(each.first_title_changed),
                    "hit_at_10_change": _plain(each.hit_at_10_change),
                }
                for each in self.slices
            ],
        }


def compare_for_release(old: ReleaseMeasures, new: ReleaseMeasures, dataset: DataSet, divided: Split) -> ModelDiff:
    """Compare a new model with the one that it replaces.

    Parameters
    ----------
    old, new : ReleaseMeasures
        Measured on the test part of this split, with the same settings.
    dataset : DataSet
    divided : Split

    Returns
    -------
    ModelDiff

    Raises
    ------
    BadInput
        They were measured on different numbers of sessions, or on fewer than two.
    """
    if len(old.lists) != len(new.lists) or len(old.failed) != len(new.failed):
        raise BadInput("the two models were measured on different sessions; measure both with the same settings")
    if len(old.lists) < 2:
        raise BadInput(f"a comparison needs two test sessions or more, and {dataset.name} has {len(old.lists)}")
    parameters = _parameter_changes(old.parameters, new.parameters)
    new_sinks = _new_sinks(old, new)
    measured = model_estimates(new.evaluation, new.beyond, new.failed)
    measured |= _accuracy_drops(old, new) | _list_measurements(old.lists, new.lists) | _beyond_changes(old, new)
    if len(new.failed):
        measured["explanations_failed_rise"] = _paired(new.failed - old.failed)
    single = [each for each in parameters if each.parameter != WHOLE_SESSION]
    if single:
        measured["parameter_moved"] = _size(single[0].change)
    if new.sinks is not None:
        measured["new_attention_sinks"] = Estimate(len(new_sinks), None, None, new.sinks.sessions)
    floors = floor_lists(dataset, divided, divided.test, old.evaluation.filter_seen)
    return ModelDiff(
        old,
        new,
        {name: measured[name] for name in KEYS if name in measured},
        parameters,
        new_sinks,
        _slice_changes(old, new, dataset, divided),
        {name: float(1 - jaccard(old.lists, lists).mean()) for name, lists in floors.items()},
    )


def _accuracy_drops(old: ReleaseMeasures, new: ReleaseMeasures) -> dict[str, Estimate]:
    return {
        f"{name.replace('@', '_at_')}_drop": _paired(
            metric.of_ranks(old.evaluation.ranks) - metric.of_ranks(new.evaluation.ranks)
        )
        for name, metric in METRICS.items()
    }


def _list_measurements(old: IntArray, new: IntArray) -> dict[str, Estimate]:
    changed = first_changed(old, new)
    low, high = (0.0, 0.0) if np.array_equal(old, new) else share(changed)
    return {
        "lists_changed": _paired(1 - jaccard(old, new)),
        "order_changed": _paired(np.maximum(1 - rank_biased_overlap(old, new), 0.0)),
        "first_title_changed": Estimate(float(changed.mean()), low, high, len(changed)),
    }


def _beyond_changes(old: ReleaseMeasures, new: ReleaseMeasures) -> dict[str, Estimate]:
    changes = {}
    for name, (difference, (low, high)) in list_differences(new.beyond, old.beyond).items():
        rise = Estimate(difference, low, high, len(old.lists))
        if name in RISES:
            changes[f"{name}_rise"] = rise
        else:
            changes[f"{name}_drop"] = Estimate(0.0 - difference, 0.0 - high, 0.0 - low, rise.n)
    return changes


def _parameter_changes(
    old: Sequence[ParameterImportance], new: Sequence[ParameterImportance]
) -> tuple[ParameterChange, ...]:
    """Changes of the parameters that both models have, the largest first.

    A parameter's sessions may differ between the models, so the two intervals are taken as independent, which is rather
    too wide; equal figures of equally many sessions are no change.
    """
    before = {(each.parameter, each.ablation): each for each in old}
    changes = []
    for after in new:
        match = before.get((after.parameter, after.ablation))
        if match is not None:
            first, second = match.log_prob_drop, after.log_prob_drop
            change = _difference_of_means(second, first, min(match.sessions, after.sessions))
            changes.append(ParameterChange(after.parameter, after.ablation, first.value, second.value, change))
    return tuple(sorted(changes, key=lambda each: -abs(each.change.figure)))


def _difference_of_means(first: Mean, second: Mean, sessions: int) -> Estimate:
    difference = first.value - second.value
    if first == second:
        return Estimate(0.0, 0.0, 0.0, sessions)
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    return Estimate(difference, difference - below, difference + above, sessions)


def _size(change: Estimate) -> Estimate:
    """The size of a change, whichever way it goes."""
    assert change.low is not None
    assert change.high is not None
    low, high = sorted((abs(change.low), abs(change.high)))
    return Estimate(abs(change.figure), 0.0 if change.low <= 0 <= change.high else low, high, change.n)


def _new_sinks(old: ReleaseMeasures, new: ReleaseMeasures) -> tuple[str, ...]:
    before = {item.item_id for item in old.sinks.flagged} if old.sinks is not None else set()
    return tuple(item.title for item in new.sinks.flagged if item.item_id not in before) if new.sinks else ()


def _slice_changes(
    old: ReleaseMeasures, new: ReleaseMeasures, dataset: DataSet, divided: Split
) -> tuple[SliceChange, ...]:
    changed, first = 1 - jaccard(old.lists, new.lists), first_changed(old.lists, new.lists)
    hit = METRICS["hit@10"].of_ranks
    gain = hit(new.evaluation.ranks) - hit(old.evaluation.ranks)
    return tuple(
        SliceChange(
            name,
            label,
            len(rows),
            Estimate(float(changed[rows].mean()), *few(changed[rows]), len(rows)),
            Estimate(float(first[rows].mean()), *share(first[rows]), len(rows)),
            Estimate(float(gain[rows].mean()), *few(gain[rows], lowest=-1.0), len(rows)),
        )
        for name in SLICINGS
        for label, rows in slicing(name, dataset, divided).parts()
    )


def _paired(values: Values) -> Estimate:
    return Estimate(float(values.mean()), *interval(values), len(values))


def _plain(measured: Estimate) -> dict[str, Any]:
    bounds = None if measured.low is None else [measured.low, measured.high]
    return {"value": measured.figure, "interval": bounds, "n": measured.n}
