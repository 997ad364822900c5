"""Check that a model's checkpoint loads with the installed versions, and gives the same scores."""

from __future__ import annotations

from collections.abc import Callable

from streamrec_core.diagnosis.model_check.finding import ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel, score_change
from streamrec_core.evaluation.raw_scores import raw_scores
from streamrec_core.models.checkpoint import library_versions
from streamrec_core.models.protocol import SessionModel

Load = Callable[[], SessionModel]
NAME = "checkpoint loads"


def checkpoint_loads(checked: CheckedModel, load: Load | None, versions: dict[str, str]) -> ModelFinding:
    """Load the model once more and compare its scores.

    Parameters
    ----------
    checked : CheckedModel
    load : callable or None
        Makes the model again from what is stored; None where nothing can.
    versions : dict of str to str
        Versions that the checkpoint was written with, as far as they are recorded.

    Returns
    -------
    ModelFinding
    """
    if load is None:
        text = "Nothing tells how to load the model again; offer a `load()` that gives a new one."
        return ModelFinding(NAME, "not checked", text)
    evidence = {"written_with": versions, "installed": library_versions()}
    try:
        loaded = load()
        scores = raw_scores(loaded, checked.dataset.catalogue, checked.probes)
    except Exception as error:  # noqa: BLE001  # other people's loader: whatever it raises is the finding
        return not_loaded(error, versions)
    change = float(score_change(checked.scores(checked.probes), scores).max())
    if change > checked.settings.tolerance:
        text = f"Loaded again, the model gives other scores, by up to {change:.2g} standard deviations."
        way_out = "Check that all weights are stored, and that nothing is drawn at random on loading."
        return ModelFinding(NAME, "fault", text, evidence, way_out)
    changed = [name for name, version in versions.items() if evidence["installed"].get(name, version) != version]
    note = f", though {' and '.join(changed)} changed since" if changed else ""
    return ModelFinding(NAME, "ok", f"The checkpoint loads and gives the same scores{note}.", evidence)


def not_loaded(error: Exception, versions: dict[str, str]) -> ModelFinding:
    """The finding for a checkpoint that cannot be loaded.

    Parameters
    ----------
    error : Exception
        What loading raised.
    versions : dict of str to str
        As in `checkpoint_loads`.

    Returns
    -------
    ModelFinding
    """
    evidence = {"written_with": versions, "installed": library_versions(), "error": type(error).__name__}
    reason = str(error).splitlines()[0] if str(error) else ""
    text = f"The checkpoint cannot be loaded: {type(error).__name__}{f': {reason}' if reason else ''}."
    way_out = "Install the versions it was written with, or store it again with the installed ones."
    return ModelFinding(NAME, "fault", text, evidence, way_out)
