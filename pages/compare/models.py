"""The models that can be compared on a data set, trained models and simple rules, and their evaluations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from pages.compare import cached
from pages.ui.error_text import error_text
from pages.ui.foreign_models import version_of
from pages.ui.workbench import Workbench, model_folders, open_workbench, readable_cards, weights_stamp
from streamrec_core.charts.exposure import ModelExposure
from streamrec_core.charts.slices import Column
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.evaluation.beyond_accuracy.exposure import most_and_least
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists
from streamrec_core.evaluation.compare import ModelMetrics
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import Lift
from streamrec_core.evaluation.slices import SliceScore
from streamrec_core.models.card import ModelCard
from streamrec_core.models.protocol import SessionModel

DEFAULT_RULES = ("item neighbours", "sequential rules", "popularity")
DEFAULT_MODELS = 3
"""How many of the trained models are compared by default."""


@dataclass(frozen=True)
class ComparedModel:
    """A trained model or simple rule that can be compared.

    Attributes
    ----------
    number : int
        Position in the list of all; it fixes the colour.
    key : str
        Hash and stamp of the weights, or the name of the rule; part of every cache key.
    rule : str
        Name of the simple rule; empty for a checkpoint, which Explore can open.
    caveat : str
        Why its metrics may be too good; empty where nothing speaks against them.
    """

    name: str
    number: int
    key: str
    rule: str = ""
    caveat: str = ""


def compared_models(bench: Workbench) -> dict[str, ComparedModel]:
    """Every model that can be compared, by name: trained models first, then the simple rules."""
    cards = readable_cards()
    models = [_compared(name, number, cards.get(name), bench) for number, name in enumerate(bench.fitting)]
    for rule in cached.simple_rules(bench.dataset):
        # A run may have taken the name of a rule.
        name = f"{rule} (simple rule)" if rule in bench.fitting else rule
        models.append(ComparedModel(name, len(models), f"rule {rule}", rule))
    return {model.name: model for model in models}


def _compared(name: str, number: int, card: ModelCard | None, bench: Workbench) -> ComparedModel:
    """A checkpoint, or a model of another library, which has no card before it is opened."""
    if card is not None:
        return ComparedModel(name, number, _weights(name, card), caveat=_caveat(card, bench))
    return ComparedModel(name, number, version_of(name), caveat="was trained on events that are not known here")


def _weights(name: str, card: ModelCard) -> str:
    """Hash and stamp: a file that was changed is opened again, and then refused."""
    return f"{card.weights_sha256} {weights_stamp(model_folders()[name])}"


def default_names(models: dict[str, ComparedModel]) -> tuple[str, ...]:
    """The models compared by default: the first trained models, and `DEFAULT_RULES`."""
    trained = [model.name for model in models.values() if not model.rule][:DEFAULT_MODELS]
    return (*trained, *(model.name for model in models.values() if model.rule in DEFAULT_RULES))


def _open(model: ComparedModel, bench: Workbench) -> SessionModel:
    if model.rule:
        return cached.simple_rules(bench.dataset)[model.rule]
    opened = open_workbench(bench.data_name, model.name)
    if opened.model is None:
        raise BadInput(opened.refusal)
    return opened.model


@dataclass(frozen=True)
class ComparedResults:
    """Evaluations of the compared models on the same test sessions, and what is computed from them, cached.

    Attributes
    ----------
    evaluations : dict of str to (ComparedModel, Evaluation)
        By name, in the order of the list of all.
    faults : dict of str to str
        Models that could not be evaluated, and why.
    """

    bench: Workbench
    evaluations: dict[str, tuple[ComparedModel, Evaluation]]
    faults: dict[str, str]

    def rows(self) -> list[ModelMetrics]:
        """All metrics of every model."""
        dataset = self.bench.dataset
        return [cached.metrics_row(model.key, dataset, evaluation) for model, evaluation in self.evaluations.values()]

    def strongest_rule(self, metric: str) -> str:
        """The simple rule with the highest metric, which a model must beat; empty where none is compared."""
        rules = [row for row in self.rows() if self.evaluations[row.model][0].rule]
        return max(rules, key=lambda row: float(row.metrics[metric])).model if rules else ""

    def lifts(self, base: str, metric: str) -> dict[str, Lift]:
        """How much better every other model is than `base`."""
        base_model, base_evaluation = self.evaluations[base]
        dataset = self.bench.dataset
        return {
            name: cached.lift((model.key, base_model.key), dataset, metric, evaluation, base_evaluation)
            for name, (model, evaluation) in self.evaluations.items()
            if name != base
        }

    def measured_lists(self) -> list[MeasuredLists]:
        """The lists of every model beyond accuracy; a model that recommends nothing is left out."""
        measured = (
            (name, cached.measured_lists(model.key, self.bench.dataset, evaluation))
            for name, (model, evaluation) in self.evaluations.items()
        )
        return [replace(lists, name=name) for name, lists in measured if lists is not None]

    def list_floors(self) -> tuple[MeasuredLists, ...]:
        """Random lists, popularity lists and the log itself."""
        return cached.list_floors(self.bench.dataset)

    def exposures(self, column: str, most: int) -> list[ModelExposure]:
        """Every model's exposure of the groups that the first one recommends most and least."""
        whole = {
            name: (model.number, cached.exposed(model.key, self.bench.dataset, column, evaluation))
            for name, (model, evaluation) in self.evaluations.items()
        }
        whole = {name: (number, groups) for name, (number, groups) in whole.items() if groups}
        first = next(iter(whole.values()), (0, ()))[1]
        shown = [group.code for group in most_and_least(first, most)]
        by_code = {name: {group.code: group for group in groups} for name, (_, groups) in whole.items()}
        return [
            ModelExposure(name, number, [by_code[name][code] for code in shown]) for name, (number, _) in whole.items()
        ]

    def columns(self, by: str, metric: str) -> list[Column]:
        """Every model on every slice of the slicing called `by`."""
        dataset = self.bench.dataset
        parts = cached.slicing(by, dataset)
        return [
            Column(model.name, model.number, cached.slice_scores(model.key, dataset, by, metric, evaluation, parts))
            for model, evaluation in self.evaluations.values()
        ]

    def differences(self, by: str, metric: str, base: str) -> list[Column]:
        """Every other model's difference from `base` on every slice."""
        base_model, base_evaluation = self.evaluations[base]
        dataset = self.bench.dataset
        parts = cached.slicing(by, dataset)
        columns = []
        for name, (model, evaluation) in self.evaluations.items():
            if name != base:
                keys, pair = (model.key, base_model.key), (evaluation, base_evaluation)
                scores = cached.slice_differences(keys, dataset, (by, metric), pair, parts)
                columns.append(Column(model.name, model.number, scores))
        return columns

    def ceilings(self, by: str, metric: str) -> tuple[SliceScore, ...]:
        """The expected metric of the best possible list on every slice, where it is known."""
        if metric != "hit@10":
            return ()
        dataset = self.bench.dataset
        parts = cached.slicing(by, dataset)
        _, evaluation = next(iter(self.evaluations.values()))
        return cached.slice_ceilings(dataset, by, evaluation, parts)


def evaluate_all(models: dict[str, ComparedModel], names: tuple[str, ...], bench: Workbench) -> ComparedResults:
    """Evaluate every named model on the test sessions, with a spinner; a damaged checkpoint becomes a fault."""
    evaluations, faults = {}, {}
    for number, name in enumerate(names, start=1):
        model = models[name]
        try:
            with st.spinner(f"Evaluating models on the test sessions ({number} of {len(names)}) …"):
                evaluation = cached.evaluation(model.key, bench.dataset, partial(_open, model, bench))
            evaluations[name] = model, replace(evaluation, model=name)
        except StreamRecError as error:
            faults[name] = error_text(error)
    return ComparedResults(bench, evaluations, faults)


def _caveat(card: ModelCard, bench: Workbench) -> str:
    if card.data.events_hash != bench.dataset.card.hashes["events"]:
        return f"was trained on other events ({card.data.name}), which may include these test sessions"
    measured = card.metrics.get("validation") or card.metrics.get("test", {})  # no validation where that part is empty
    split_kind = measured.get("split_kind", bench.dataset.card.split)
    if split_kind != bench.dataset.card.split:
        return f"was trained on a {split_kind} split, so it may have seen these test sessions"
    return ""
