"""Quality of explanations: signed agreement with removal, fit to removals of random sets, stable head types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streamrec_core.attention.batch_measures import measure_rows
from streamrec_core.attention.measures import NO_PATTERN, TYPES
from streamrec_core.attention.rows import head_names, predicting_rows
from streamrec_core.attribution.agreement import SHORTEST, agreement, kendall
from streamrec_core.attribution.attention_weights import attention_weights
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.event_value import event_values
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.removal import remove, remove_each
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.explain.removal_fit import (
    FIT_FROM_EVENTS,
    RemovalFit,
    Values,
    baseline_explainers,
    random_event_sets,
    removal_fit,
)
from streamrec_core.models.protocol import AdditiveModel, SessionModel

STABLE_SHARE = 0.7
LABELLED_FROM = 8
"""Events a session needs to count for the stability of head types."""
MEASURES = ("pearson", "tau", "same_first")


def removal_fit_of_model(
    model: SessionModel, dataset: DataSet, examples: Examples
) -> tuple[RemovalFit, RemovalFit] | None:
    """Measure how well the event values that a page shows predict removals, and the best guess without the model.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    (RemovalFit, RemovalFit) or None
        Of the value of each event for an additive model, else of mean attention or, without it, of each event's value
        too; None where no history has four events.
    """
    long = examples.take(np.flatnonzero(examples.ends >= FIT_FROM_EVENTS))
    if not len(long):
        return None
    histories = long.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    removals = remove(model, dataset.catalogue, [(case, random_event_sets(case)) for case in cases])
    shown = event_explainers(model, dataset.catalogue, cases)
    attention = not isinstance(model, AdditiveModel) and "attention" in shown
    fit = removal_fit(shown["attention" if attention else "value"], removals, scaled=attention)
    floors = [baseline_explainers(dataset.catalogue, case) for case in cases]
    blind = [removal_fit([row[name] for row in floors], removals, scaled=True) for name in floors[0]]
    return fit, max(blind, key=lambda guess: guess.r2)


@dataclass(frozen=True, eq=False)
class Quality:
    """Measures on n sessions, session by session, so that seeds and models can be paired.

    Attributes
    ----------
    agreements : mapping of str to (n, 3) float64
        By explainer, floor or cap, in the order of `MEASURES`: signed Pearson correlation, signed Kendall tau-b and
        same first event against the effect of dropping each event; nan for sessions of fewer than three events.
    removal_fit : mapping of str to RemovalFit
        On the sessions of four events or more.
    shuffled_tau : mapping of str to (n,) float64
        By explainer: Kendall tau-b with the explanation of the same title by the same model with shuffled weights; nan
        where it is not defined. 0 is right: an explanation of what was learned must not outlive the learning (Adebayo
        et al. 2018).
    """

    agreements: Mapping[str, Values]
    removal_fit: Mapping[str, RemovalFit]
    shuffled_tau: Mapping[str, Values]

    def means(self, explainer: str) -> dict[str, float]:
        """Average each measure over the sessions."""
        return dict(zip(MEASURES, np.nanmean(self.agreements[explainer], axis=0).tolist(), strict=True))


def measure_quality(
    model: SessionModel, dataset: DataSet, examples: Examples, untrained: Mapping[str, SessionModel]
) -> Quality:
    """Measure the explanations of what a model recommends first.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    untrained : mapping of str to SessionModel
        Models that learned nothing ("weights shuffled", "never trained"): their explanations of the same titles are
        compared with what `model` really does. `shuffled_tau` is of the first.

    Returns
    -------
    Quality
    """
    histories = examples.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    dropped = [removal.effect for removal in remove_each(model, dataset.catalogue, cases)]
    shown = event_explainers(model, dataset.catalogue, cases)
    blind = {name: event_explainers(other, dataset.catalogue, cases) for name, other in untrained.items()}
    floors = [baseline_explainers(dataset.catalogue, case) for case in cases]
    explainers = {
        **shown,
        **{f"{explainer}, {name}": values for name, by in blind.items() for explainer, values in by.items()},
        **{name: [row[name] for row in floors] for name in floors[0]},
        "masked in place (cap)": [removal.effect for removal in remove_each(model, dataset.catalogue, cases, "mask")],
    }
    return Quality(
        agreements={name: _against(values, dropped) for name, values in explainers.items()},
        removal_fit=_removal_fits(model, dataset, cases, {**explainers, "single drops": dropped}),
        shuffled_tau={
            name: np.array([_tau(*pair) for pair in zip(values, next(iter(blind.values()))[name], strict=True)])
            for name, values in shown.items()
            if blind
        },
    )


def faithfulness_of(model: SessionModel, dataset: DataSet, examples: Examples) -> dict[str, dict[str, float]]:
    """Measure signed agreement and removal fit of each explainer and floor, beside the model with shuffled weights.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    dict of str to dict of str to float
        By explainer: `r2` of its removal fit and, against single drops, means of `MEASURES`.
    """
    shuffled = with_shuffled_weights(model, seed=0)
    quality = measure_quality(model, dataset, examples, {"weights shuffled": shuffled} if shuffled else {})
    return {
        name: {"r2": seen.r2, **(quality.means(name) if name in quality.agreements else {})}
        for name, seen in quality.removal_fit.items()
    }


UNITS = ("value", "contribution", "single drops", "masked in place (cap)")
"""Explainers whose numbers are in nats; all others are scaled by one factor before the fit to removals is measured."""


def event_explainers(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case]) -> dict[str, list[Values]]:
    """Value every event as the model's explanations do: event value, contributions of all heads, mean attention.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case

    Returns
    -------
    dict of str to list of (L,) float64
        By explainer, one array a case; without those that the model lacks.
    """
    explainers = {"value": event_values(model, catalogue, cases)}
    if isinstance(model, AdditiveModel):
        explainers["contribution"] = [heads.sum((0, 1)) for heads in case_contributions(model, catalogue, cases)]
    if weights := attention_weights(model, [case.history for case in cases], len(catalogue)):
        explainers["attention"] = [case_weights.mean for case_weights in weights]
    return explainers


def _removal_fits(
    model: SessionModel, dataset: DataSet, cases: Sequence[Case], explainers: Mapping[str, Sequence[Values]]
) -> dict[str, RemovalFit]:
    rows = [row for row, case in enumerate(cases) if len(case.history) >= FIT_FROM_EVENTS]
    removals = remove(model, dataset.catalogue, [(cases[row], random_event_sets(cases[row])) for row in rows])
    same = [np.ones(len(cases[row].history)) for row in rows]
    return {
        "guess: every event alike": removal_fit(same, removals, scaled=True),
        **{
            name: removal_fit([values[row] for row in rows], removals, scaled=name not in UNITS)
            for name, values in explainers.items()
        },
    }


def _against(values: Sequence[Values], effects: Sequence[Values]) -> Values:
    """Measure the agreement of values and effects, (n, 3), session by session."""
    rows = np.full((len(effects), len(MEASURES)), np.nan)
    for row, value, effect in zip(rows, values, effects, strict=True):
        if len(effect) >= SHORTEST:
            measured = agreement(value, effect)
            row[:] = measured.pearson, measured.tau, measured.same_first
    return rows


def _tau(first: Values, second: Values) -> float:
    tau = kendall(first, second)
    return np.nan if tau is None else tau


def stable_heads(model: SessionModel, dataset: DataSet, examples: Examples) -> dict[str, tuple[str, float]]:
    """Find heads of one type other than distributed in `STABLE_SHARE` of sessions, and beyond uniform attention.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    dict of str to (str, float)
        By name of the head: its type, and in which share of the sessions of `LABELLED_FROM` events or more it has it.
    """
    rows = predicting_rows(model, dataset, examples.take(np.flatnonzero(examples.ends >= LABELLED_FROM)))
    measured = measure_rows(rows, dataset.catalogue)
    stable: dict[str, tuple[str, float]] = {}
    for head, name in enumerate(head_names(rows.layers, rows.heads)):
        shares = [float((measured.types[:, head] == code).mean()) for code in range(len(TYPES))]
        uniform = [float((measured.types_under_uniform == code).mean()) for code in range(len(TYPES))]
        shares[TYPES.index(NO_PATTERN)] = 0.0
        code = int(np.argmax(shares))
        if shares[code] >= STABLE_SHARE and shares[code] > uniform[code]:
            stable[name] = (TYPES[code], shares[code])
    return stable
