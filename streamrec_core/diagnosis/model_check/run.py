"""Run all checks of a model, in order; what makes a later check meaningless keeps it from being run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.progress import report_progress
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.model_check.accuracy import (
    better_than_popularity,
    item_numbers,
    plausible_accuracy,
    seen_items,
)
from streamrec_core.diagnosis.model_check.attention import attention_on_padding
from streamrec_core.diagnosis.model_check.consistency import (
    deterministic,
    evaluation_mode,
    same_in_batch,
    same_with_padding,
)
from streamrec_core.diagnosis.model_check.finding import ModelCheck, ModelCheckSettings, ModelFinding
from streamrec_core.diagnosis.model_check.history_reading import every_event_read, later_events_unseen, order_matters
from streamrec_core.diagnosis.model_check.loading import NAME as LOADING
from streamrec_core.diagnosis.model_check.loading import Load, checkpoint_loads
from streamrec_core.diagnosis.model_check.sample import CheckedModel
from streamrec_core.diagnosis.model_check.score_values import usable_scores
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True)
class CheckStep:
    """One check: its function, and the checks without whose success it says nothing."""

    run: Callable[[CheckedModel], ModelFinding]
    needs: tuple[str, ...] = ()


STEADY = ("evaluation mode", "deterministic")
CHECKS: dict[str, CheckStep] = {
    "scores are usable": CheckStep(usable_scores),
    "evaluation mode": CheckStep(evaluation_mode),
    "deterministic": CheckStep(deterministic, ("evaluation mode",)),
    "same in a batch": CheckStep(same_in_batch, STEADY),
    "same with padding": CheckStep(same_with_padding, (*STEADY, "same in a batch")),
    "every event is read": CheckStep(every_event_read, (*STEADY, "same in a batch")),
    "order matters": CheckStep(order_matters, (*STEADY, "every event is read")),
    "later events unseen": CheckStep(later_events_unseen, (*STEADY, "same in a batch")),
    "attention on padding": CheckStep(attention_on_padding),
    "plausible accuracy": CheckStep(plausible_accuracy, ("same in a batch",)),
    "item numbers": CheckStep(item_numbers, ("same in a batch",)),
    "better than popularity": CheckStep(better_than_popularity, ("same in a batch", "item numbers")),
    "seen items": CheckStep(seen_items, ("same in a batch", "item numbers")),
}
"""All checks by name, in the order in which they run; that the checkpoint loads is checked last."""


def check_model(
    model: SessionModel,
    dataset: DataSet,
    settings: ModelCheckSettings | None = None,
    kind: SplitKind | None = None,
    load: Load | None = None,
    versions: dict[str, str] | None = None,
) -> ModelCheck:
    """Check whether a model can be explained at all, and what is wrong with it.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    settings : ModelCheckSettings or None
    kind : str or None
        Name in `SPLITS`; None: as the data set's card says.
    load : callable or None
        Makes the model again from what is stored; by default the model's `load`, where it has one.
    versions : dict of str to str or None
        Versions of libraries that the checkpoint was written with.

    Returns
    -------
    ModelCheck

    Raises
    ------
    BadInput
        The test part has no history of two events, or the catalogue only one item that can be recommended.

    Examples
    --------
    A list of popular items reads no history.

    >>> from streamrec_core import baselines, open_data
    >>> data = open_data("streamrec")
    >>> popular = next(model for model in baselines(data) if model.name == "popularity")
    >>> check = check_model(popular, data, ModelCheckSettings(sessions=50))
    >>> check.finding("every event is read").text
    'Replacing any event of any history moves no score: the model does not read the history.'
    """
    checked = CheckedModel(model, dataset, split(dataset, kind), settings or ModelCheckSettings())
    if not checked.probes:
        raise BadInput(f"{dataset.name}: no test session has a history of two events; give more or longer sessions")
    if int((~dataset.catalogue.neutral).sum()) < 2:
        raise BadInput(f"{dataset.name}: the catalogue has one item to recommend, so every model is right; give more")
    findings: dict[str, ModelFinding] = {}
    for number, (name, check) in enumerate(CHECKS.items()):
        report_progress(f"Checking: {name}", number / (len(CHECKS) + 1))
        findings[name] = _finding(name, check, checked, findings)
    report_progress(f"Checking: {LOADING}", len(CHECKS) / (len(CHECKS) + 1))
    loader = load or getattr(model, "load", None)
    findings[LOADING] = checkpoint_loads(checked, loader, versions or {})
    return ModelCheck(model.name, dataset.name, checked.settings, tuple(findings.values()))


def _finding(name: str, check: CheckStep, checked: CheckedModel, earlier: dict[str, ModelFinding]) -> ModelFinding:
    """Run one check, unless an earlier fault makes it meaningless; where the model itself fails, that is a fault."""
    blocking = next((need for need in check.needs if earlier[need].level == "fault"), None)
    if blocking is not None:
        return ModelFinding(name, "not checked", f'Says nothing before "{blocking}" is mended.')
    try:
        return check.run(checked)
    except StreamRecError as error:
        failed = next((finding for finding in earlier.values() if "error" in finding.evidence), None)
        if failed is not None:
            return ModelFinding(name, "not checked", f'The model fails, see "{failed.check}".')
        return ModelFinding(
            name, "fault", f"The model fails here: {error}", {"error": type(error).__name__}, "See the message."
        )


def not_run(model: str, dataset: DataSet, settings: ModelCheckSettings, loading: ModelFinding) -> ModelCheck:
    """The record of a model that could not be loaded: one fault, and every other check not run.

    Parameters
    ----------
    model : str
        Its name.
    dataset : DataSet
    settings : ModelCheckSettings
    loading : ModelFinding

    Returns
    -------
    ModelCheck
    """
    skipped = (ModelFinding(name, "not checked", "The model could not be loaded.") for name in CHECKS)
    return ModelCheck(model, dataset.name, settings, (*skipped, loading))
