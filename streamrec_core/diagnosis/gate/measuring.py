"""Measure a model for the release gate: lists, accuracy, explanations, main parameters and attention sinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from streamrec_core.attribution.importance_record import ParameterImportance
from streamrec_core.attribution.parameter_importance import FEWEST, measure_parameters
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.defaults import GATE_EXPLAINED, GATE_WEIGHED
from streamrec_core.diagnosis.attention_sinks import AttentionSinks, find_attention_sinks
from streamrec_core.diagnosis.gate.thresholds import Estimate
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists, measure_lists
from streamrec_core.evaluation.beyond_accuracy.measures import list_context
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.metrics import METRICS, Values
from streamrec_core.evaluation.slices import few, share
from streamrec_core.explain.nulls import AT_ONCE
from streamrec_core.explain.verified import verify_examples
from streamrec_core.models.protocol import SessionModel

Progress = Callable[[str], None]


class MeasureSettings(Settings):
    """How much is measured of a model.

    Attributes
    ----------
    explained
        Test sessions whose explanations are checked; 0: none.
    weighed
        Test sessions on which the main parameters are measured; fewer than a test needs: none.
    sinks
        Whether to look for attention sinks.
    seed
        Of the samples.
    """

    explained: int = Field(GATE_EXPLAINED, ge=0, le=20_000)
    weighed: int = Field(GATE_WEIGHED, ge=0, le=20_000)
    sinks: bool = True
    seed: int = Field(0, ge=0)


@dataclass(frozen=True, eq=False)
class ReleaseMeasures:
    """What the release gate measures of one model.

    Attributes
    ----------
    evaluation : Evaluation
        With its lists.
    lists : (M, 10) int64
    beyond : MeasuredLists
    failed : (n,) float64
        For each explained session, 1 where no reason was confirmed; empty where none was explained.
    parameters : tuple of ParameterImportance
    sinks : AttentionSinks or None
        None where they were not looked for, or the model has no attention.
    """

    evaluation: Evaluation
    lists: IntArray
    beyond: MeasuredLists
    failed: Values
    parameters: tuple[ParameterImportance, ...]
    sinks: AttentionSinks | None

    @property
    def name(self) -> str:
        """Of the model."""
        return self.evaluation.model


def measure_model(
    model: SessionModel,
    dataset: DataSet,
    divided: Split,
    settings: MeasureSettings | None = None,
    progress: Progress | None = None,
) -> ReleaseMeasures:
    """Measure one model on the test part.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split
    settings : MeasureSettings or None
        The defaults when None.
    progress : callable or None
        Called with what begins.

    Returns
    -------
    ReleaseMeasures

    Raises
    ------
    BadInput
        The test part is empty, or the model recommends nothing.
    """
    tell = progress or (lambda doing: None)
    settings = settings or MeasureSettings()
    tests = divided.test
    tell(f"evaluating {model.name}")
    evaluation = evaluate(model, dataset, divided)
    if evaluation.lists is None:
        raise BadInput(f"the evaluation of {model.name} holds no lists; evaluate it again")
    beyond = measure_lists(model.name, evaluation.lists, list_context(dataset, divided.train, tests))
    tell(f"checking explanations of {model.name}")
    explained = tests.sample(settings.explained, settings.seed)
    failed = failed_explanations(model, dataset, explained)
    tell(f"measuring main parameters of {model.name}")
    drawn = tests.sample(settings.weighed, settings.seed)
    parameters = measure_parameters(model, dataset, drawn, divided.train) if len(drawn) >= FEWEST else ()
    tell(f"looking for attention sinks in {model.name}")
    sinks = None
    if settings.sinks and model.attention_probes():
        sinks = find_attention_sinks(model, dataset, divided=divided)
    return ReleaseMeasures(evaluation, evaluation.lists, beyond, failed, parameters, sinks)


def failed_explanations(model: SessionModel, dataset: DataSet, examples: Examples) -> Values:
    """Explain and check the first recommendation of every example.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    (n,) float64
        1 where no reason was confirmed.
    """
    failed: list[float] = []
    for start in range(0, len(examples), AT_ONCE):
        part = examples.take(np.arange(start, min(start + AT_ONCE, len(examples))))
        failed += [float(not explanation.confirmed) for explanation in verify_examples(model, dataset, part)]
    return np.array(failed)


def model_estimates(evaluation: Evaluation, beyond: MeasuredLists, failed: Values) -> dict[str, Estimate]:
    """Figures of one model by the names that thresholds have.

    Parameters
    ----------
    evaluation : Evaluation
    beyond : MeasuredLists
        Its lists.
    failed : (n,) float64
        As `failed_explanations` gives them; empty where none was explained.

    Returns
    -------
    dict of str to Estimate
    """
    sessions = len(evaluation.ranks)
    measured = {}
    for name, metric in METRICS.items():
        values = metric.of_ranks(evaluation.ranks)
        low, high = few(values)  # also where no session, or every one, is a hit
        measured[name.replace("@", "_at_")] = Estimate(float(values.mean()), low, high, sessions)
    for name, (low, high) in beyond.intervals.items():
        measured[name] = Estimate(beyond.mean(name), low, high, sessions)
    if len(failed):
        low, high = share(failed)
        measured["explanations_failed"] = Estimate(float(failed.mean()), low, high, len(failed))
        measured["explanations_verified"] = Estimate(1 - float(failed.mean()), 1 - high, 1 - low, len(failed))
    return measured
