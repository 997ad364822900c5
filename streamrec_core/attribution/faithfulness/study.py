"""One faithfulness study: draw sessions, explain them every way, and measure each way against removal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from streamrec_core.attribution.agreement import EQUAL, concordance, ordered
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.faithfulness.attention_swaps import swap_attention
from streamrec_core.attribution.faithfulness.explainers import ExplainerInputs, Values, explain_with_all
from streamrec_core.attribution.faithfulness.perturbation import SHARES, Curves, mean_curve, perturb
from streamrec_core.attribution.faithfulness.record import (
    ExplainerReport,
    FaithfulnessReport,
    FaithfulnessSettings,
    MeasuredModel,
    session_mean,
    session_means,
)
from streamrec_core.attribution.faithfulness.stability import after_randomising, over_models, over_small_changes
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel

Progress = Callable[[str, float], None]
"""Told what is being measured, and the share done before it, 0 to 1; raising from it stops the study."""
PICTURED = ("attention_mean", "integrated_gradients", "removal")
"""What a reader is shown first of a model that is not additive: the first of these that it has."""
Measured = dict[str, list[float | None]]


def measure_faithfulness(
    model: SessionModel,
    dataset: DataSet,
    divided: Split,
    settings: FaithfulnessSettings | None = None,
    others: Sequence[SessionModel] = (),
    progress: Progress | None = None,
) -> FaithfulnessReport:
    """Measure how faithful every explanation of this model is, on sessions drawn from the split.

    Parameters
    ----------
    others : sequence of SessionModel
        The same recipe trained with other seeds, for the stability over seeds.

    Raises
    ------
    BadInput
        The part of the split has fewer than two sessions.
    """
    chosen = settings or FaithfulnessSettings()
    tell = progress or (lambda stage, share: None)
    tell("explaining", 0.0)
    cases = drawn_cases(model, dataset, divided, chosen)
    found = ExplainerInputs(model, dataset.catalogue, cases, popularity_of(dataset, divided.train))
    values = explain_with_all(found)
    tell("removing events in each explainer's order", 0.2)
    curves = perturb(model, dataset.catalogue, cases, values, chosen)
    tell("replacing attention", 0.5)
    swaps = swap_attention(model, dataset.catalogue, cases, chosen)
    tell("changing sessions a little", 0.75)
    apart = {
        "stability": over_small_changes(found, values, chosen.seed),
        "seed_stability": over_models(found, values, others) if others else {},
    }
    tell("shuffling the weights", 0.9)
    apart["after_randomising"] = after_randomising(found, values, chosen.seed)
    effects = [one.effect for one in (found.dropped if chosen.how == "drop" else found.masked)]
    pictured = "value" if "contribution" in values else next(name for name in PICTURED if name in values)
    fails = [failed(one, effect, chosen.near) for one, effect in zip(values[pictured], effects, strict=True)]
    failing = session_mean(fails)
    if failing is None:
        raise BadInput(f"{dataset.name}: there is no session to measure on; choose another part or more sessions")
    tell("done", 1.0)
    return FaithfulnessReport(
        settings=chosen,
        subject=_subject(model, dataset, divided),
        pictured=pictured,
        failing=failing,
        shares=SHARES,
        explainers=tuple(
            _report(
                name, arrays, effects, curves[name], {key: taus.get(name, []) for key, taus in apart.items()}, chosen
            )
            for name, arrays in values.items()
        ),
        swaps={
            name: session_means({key: one.tolist() for key, one in vars(swap).items()}) for name, swap in swaps.items()
        },
        models=1 + len(others),
    )


def _subject(model: SessionModel, dataset: DataSet, divided: Split) -> MeasuredModel:
    """What the report speaks of; the hash of the weights is added by who read them from a folder."""
    return MeasuredModel(
        model=model.name,
        weights_sha256=None,
        data=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes.get("events"),
        split=divided.kind,
    )


def drawn_cases(model: SessionModel, dataset: DataSet, divided: Split, settings: FaithfulnessSettings) -> list[Case]:
    """What the model recommends first after histories drawn from the part, the same for every model."""
    examples = divided.part(settings.part)
    if len(examples) < 2:
        raise BadInput(f"{dataset.name}: the {settings.part} part has {len(examples)} sessions; two or more are needed")
    rng = np.random.default_rng(settings.seed)
    places = np.sort(rng.permutation(len(examples))[: settings.sessions])
    histories = examples.take(places).histories(dataset.log)
    return first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)


def popularity_of(dataset: DataSet, examples: Examples) -> IntArray:
    """(V,) events of each item in the sessions that are learned from."""
    log = dataset.log
    counts = np.zeros(len(dataset.catalogue), np.int64)
    for row in np.unique(examples.sessions):
        np.add.at(counts, log.items[log.offsets[row] : log.offsets[row + 1]], 1)
    return counts


def failed(values: Values, effects: Values, near: int) -> float:
    """1 where the event put first does not lower the value, or is not among the `near` that lower it most; else 0."""
    first = int(ordered(values)[0])
    return float(effects[first] <= EQUAL or first not in ordered(effects)[:near])


def _report(
    name: str,
    arrays: Sequence[Values],
    effects: Sequence[Values],
    curves: Sequence[Curves],
    apart: Mapping[str, list[float | None]],
    settings: FaithfulnessSettings,
) -> ExplainerReport:
    measured: Measured = {"tau": [], "signed_tau": [], "same_first": [], "fails": []}
    for values, effect in zip(arrays, effects, strict=True):
        found = concordance(values, effect)
        measured["tau"].append(found.tau)
        measured["signed_tau"].append(found.signed_tau)
        measured["same_first"].append(float(found.same_first))
        measured["fails"].append(failed(values, effect, settings.near))
    keys = dict.fromkeys(key for curve in curves for key in curve.measures)
    measured |= {key: [curve.measures.get(key) for curve in curves] for key in keys}
    return ExplainerReport(
        name=name,
        measures=session_means({**measured, **apart}),
        deletion=mean_curve([curve.deletion for curve in curves]),
        insertion=mean_curve([curve.insertion for curve in curves]),
    )
