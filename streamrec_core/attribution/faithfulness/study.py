"""Faithfulness study: draw sessions, explain them by every explainer, and measure each of these against removal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from streamrec_core.attribution.agreement import EQUAL, concordance, ordered
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.faithfulness.attention_swaps import AttentionSwap, swap_attention
from streamrec_core.attribution.faithfulness.explainers import (
    ExplainerInputs,
    Values,
    explain_with_all,
)
from streamrec_core.attribution.faithfulness.perturbation import SHARES, Curves, mean_curve, perturb
from streamrec_core.attribution.faithfulness.record import (
    ExplainerReport,
    FaithfulnessReport,
    FaithfulnessSettings,
    MeasuredModel,
    SessionMean,
    session_mean,
    session_means,
)
from streamrec_core.attribution.faithfulness.stability import (
    ExplainerValues,
    Taus,
    after_randomising,
    over_models,
    over_small_changes,
)
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split
from streamrec_core.errors import BadInput
from streamrec_core.models.popularity import training_counts
from streamrec_core.models.protocol import SessionModel

Progress = Callable[[str, float], None]
"""Called with what is being measured and the share done before it, 0 to 1; raising from it stops the study."""
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
    model : SessionModel
    dataset : DataSet
    divided : Split
    settings : FaithfulnessSettings or None
    others : sequence of SessionModel
        The same recipe trained with other seeds, for the stability over seeds.
    progress : callable or None
        Called with what is being measured and the share done, 0 to 1.

    Returns
    -------
    FaithfulnessReport

    Raises
    ------
    BadInput
        The part of the split has fewer than two sessions.
    """
    settings = settings or FaithfulnessSettings()
    report = progress or (lambda stage, share: None)
    report("explaining", 0.0)
    cases = drawn_cases(model, dataset, divided, settings)
    counts = training_counts(dataset.log, dataset.catalogue, divided.train)
    inputs = ExplainerInputs(model, dataset.catalogue, cases, counts)
    values = explain_with_all(inputs)
    report("removing events in each explainer's order", 0.2)
    curves = perturb(model, dataset.catalogue, cases, values, settings)
    report("replacing attention", 0.5)
    swaps = swap_attention(model, dataset.catalogue, cases, settings)
    apart = _beside_removal(inputs, values, others, settings.seed, report)
    effects = [removal.effect for removal in (inputs.dropped if settings.how == "drop" else inputs.masked)]
    pictured = "value" if "contribution" in values else next(name for name in PICTURED if name in values)
    failing = _failing(values[pictured], effects, settings.near, dataset.name)
    report("done", 1.0)
    return FaithfulnessReport(
        settings=settings,
        subject=_subject(model, dataset, divided),
        pictured=pictured,
        failing=failing,
        shares=SHARES,
        explainers=tuple(
            _report(name, arrays, effects, curves[name], _of_explainer(name, apart), settings)
            for name, arrays in values.items()
        ),
        swaps={name: _swap_means(swap) for name, swap in swaps.items()},
        models=1 + len(others),
    )


def _beside_removal(
    inputs: ExplainerInputs, values: ExplainerValues, others: Sequence[SessionModel], seed: int, report: Progress
) -> dict[str, Taus]:
    """The measures that compare an explainer with itself: over small changes, over seeds, and with other weights."""
    report("changing sessions a little", 0.75)
    apart = {
        "stability": over_small_changes(inputs, values, seed),
        "seed_stability": over_models(inputs, values, others) if others else {},
    }
    report("shuffling the weights", 0.9)
    return apart | {"after_randomising": after_randomising(inputs, values, seed)}


def _subject(model: SessionModel, dataset: DataSet, divided: Split) -> MeasuredModel:
    """What the report is about; the hash of the weights is added where they were read from a folder."""
    return MeasuredModel(
        model=model.name,
        weights_sha256=None,
        data=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes.get("events"),
        split=divided.kind,
    )


def drawn_cases(model: SessionModel, dataset: DataSet, divided: Split, settings: FaithfulnessSettings) -> list[Case]:
    """Draw histories, the same for every model, and explain what the model recommends first after each.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split
    settings : FaithfulnessSettings
        Part, number of sessions and seed.

    Returns
    -------
    list of Case

    Raises
    ------
    BadInput
        The part has fewer than two sessions.
    """
    examples = divided.part(settings.part)
    if len(examples) < 2:
        raise BadInput(f"{dataset.name}: the {settings.part} part has {len(examples)} sessions; two or more are needed")
    histories = examples.sample(settings.sessions, settings.seed).histories(dataset.log)
    return first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)


def failed(values: Values, effects: Values, near: int) -> float:
    """Whether an explanation points at the wrong event first.

    Parameters
    ----------
    values : (L,) float64
        Of the explanation.
    effects : (L,) float64
        Drop of what is explained without each event, in nats.
    near : int
        How many of the largest effects count as right.

    Returns
    -------
    float
        1 where removing the event with the largest value lowers nothing, or is not among the `near` largest drops;
        else 0.
    """
    first = int(ordered(values)[0])
    return float(effects[first] <= EQUAL or first not in ordered(effects)[:near])


def _failing(values: Sequence[Values], effects: Sequence[Values], near: int, dataset: str) -> SessionMean:
    """The share of sessions in which an explainer points at the wrong event first."""
    failing = session_mean([failed(*case, near) for case in zip(values, effects, strict=True)])
    if failing is None:
        raise BadInput(f"{dataset}: there is no session to measure on; choose another part or more sessions")
    return failing


def _of_explainer(name: str, apart: Mapping[str, Taus]) -> dict[str, list[float | None]]:
    """What was measured of an explainer beside removal; empty lists where it takes no part."""
    return {measure: by_explainer.get(name, []) for measure, by_explainer in apart.items()}


def _swap_means(swap: AttentionSwap) -> dict[str, SessionMean]:
    return session_means({measure: by_case.tolist() for measure, by_case in vars(swap).items()})


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
        agreement = concordance(values, effect)
        measured["tau"].append(agreement.tau)
        measured["signed_tau"].append(agreement.signed_tau)
        measured["same_first"].append(float(agreement.same_first))
        measured["fails"].append(failed(values, effect, settings.near))
    keys = dict.fromkeys(key for curve in curves for key in curve.measures)
    measured |= {key: [curve.measures.get(key) for curve in curves] for key in keys}
    return ExplainerReport(
        name=name,
        measures=session_means({**measured, **apart}),
        deletion=mean_curve([curve.deletion for curve in curves]),
        insertion=mean_curve([curve.insertion for curve in curves]),
    )
