"""Explainable session recommenders: data, models, recommendations, explanations and the checks of explanations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamrec_core.adapters.opening import open_scorer
    from streamrec_core.api.explaining import counterfactual, explain_session, recommend
    from streamrec_core.api.importing import import_data
    from streamrec_core.api.models import load_model
    from streamrec_core.api.reporting import write_report
    from streamrec_core.api.training import train
    from streamrec_core.attention.capture import watch
    from streamrec_core.attribution.contributions import contributions, edited_scores
    from streamrec_core.attribution.event_value import event_values
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.model_check.run import check_model
    from streamrec_core.errors import StreamRecError
    from streamrec_core.evaluation.compare import baselines, compare
    from streamrec_core.evaluation.evaluate import evaluate
    from streamrec_core.explain.verified import verify
    from streamrec_core.explanation_view.widget import show
    from streamrec_core.models.checkpoint import load_checkpoint

    __version__: str

__all__ = [
    "StreamRecError",
    "__version__",
    "baselines",
    "check_model",
    "compare",
    "contributions",
    "counterfactual",
    "edited_scores",
    "evaluate",
    "event_values",
    "explain_session",
    "import_data",
    "load_checkpoint",
    "load_model",
    "open_data",
    "open_scorer",
    "recommend",
    "show",
    "split",
    "train",
    "verify",
    "watch",
    "write_report",
]

# Imported on first use, so that `import streamrec_core` alone does not load torch.
_MODULES = {
    "StreamRecError": "errors",
    "baselines": "evaluation.compare",
    "check_model": "diagnosis.model_check.run",
    "compare": "evaluation.compare",
    "contributions": "attribution.contributions",
    "counterfactual": "api.explaining",
    "edited_scores": "attribution.contributions",
    "evaluate": "evaluation.evaluate",
    "event_values": "attribution.event_value",
    "explain_session": "api.explaining",
    "import_data": "api.importing",
    "load_checkpoint": "models.checkpoint",
    "load_model": "api.models",
    "open_data": "data.presets",
    "open_scorer": "adapters.opening",
    "recommend": "api.explaining",
    "show": "explanation_view.widget",
    "split": "data.splits",
    "train": "api.training",
    "verify": "explain.verified",
    "watch": "attention.capture",
    "write_report": "api.reporting",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("streamrec_core.config").version()
    if name not in _MODULES:
        raise AttributeError(f"module 'streamrec_core' has no attribute {name!r}")
    value = getattr(import_module(f"streamrec_core.{_MODULES[name]}"), name)
    if isinstance(value, type):
        return value
    return import_module("streamrec_core.arguments").checked(value, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
