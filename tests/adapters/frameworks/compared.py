"""What every framework's test measures: scores and attention against its own, analyses that run, and how long."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrec_core.adapters import ScoringFunction, open_scorer
from streamrec_core.adapters.attending_model import AttendingModel
from streamrec_core.api import counterfactual, explain_session
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.attribution.removal import remove_each
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.diagnosis.model_check.run import check_model
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.evaluation.ranked_catalogue import score_histories
from streamrec_core.models.protocol import GradientModel


def compared(
    scorer: ScoringFunction, dataset: DataSet, framework_lists: dict[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Figures of one model; `framework_lists` are its own first recommendations by session."""
    model = open_scorer(scorer, dataset.catalogue)
    figures: dict[str, Any] = {
        "model": model.name,
        "level": type(model).__name__,
        "lacks": list(model.lacks),
        "hit@10": round(evaluate(model, dataset).metrics()["hit@10"], 3),
    }
    if framework_lists:
        figures["same_lists"] = _same_lists(model, dataset, framework_lists)
    history = dataset.log.session(int(dataset.log.lengths.argmax())).until(-1)
    explanation = explain_session(model, dataset, history)
    case = case_of(history, explanation.candidate.row, model, dataset.card.filter_seen)
    start = time.process_time()
    remove_each(model, dataset.catalogue, [case])
    figures["removal_processor_s"] = round(time.process_time() - start, 3)
    figures["counterfactual"] = list(counterfactual(model, dataset, explanation).titles)
    if isinstance(model, AttendingModel) and model.layout.layers:
        layout = model.layout
        shares = model.special_shares(batch_of([history], len(dataset.catalogue), model.max_events))
        figures |= {
            "heads": [layer.heads for layer in layout.layers],
            "kind": layout.layers[0].kind,
            "padded": layout.padded,
            "predicts": layout.predicts,
            "share_on_special": [round(float(share), 3) for share in shares.flatten()],
            "head_effects": np.round(switch_off_each(model, dataset.catalogue, [case]).heads[0], 3).tolist(),
        }
    findings = check_model(model, dataset).findings
    figures["findings"] = [finding.text for finding in findings if finding.level in ("warning", "fault")]
    if isinstance(model, GradientModel):
        (integrated,) = integrated_gradients(model, dataset.catalogue, [case])
        figures["integrated_gradients_gap"] = round(abs(float(integrated.gap)), 4)
    return figures


def _same_lists(model: Any, dataset: DataSet, framework_lists: dict[str, Sequence[str]]) -> float:
    """Share of sessions whose first recommendations are the framework's, in its order."""
    same = 0
    for name, expected in framework_lists.items():
        history = dataset.log.session(dataset.log.row(name)).until(-1)
        (scored,) = score_histories(model, dataset.catalogue, [history], False)
        ours = [dataset.catalogue.item_ids[row] for row in scored.order[: len(expected)]]
        same += ours == list(expected)
    return same / len(framework_lists)


def report(versions: dict[str, str], models: list[dict[str, Any]]) -> None:
    """Print one JSON document."""
    json.dump({"versions": versions, "models": models}, sys.stdout, indent=1)
