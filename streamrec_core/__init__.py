"""Why a session recommender recommended an item, and the proof: data, models, attention, explanations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamrec_core.attention.capture import watch
    from streamrec_core.attribution.contributions import contributions, edited_scores
    from streamrec_core.attribution.event_value import event_values
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.errors import StreamRecError
    from streamrec_core.evaluation.evaluate import evaluate
    from streamrec_core.explain.first_look import explain_session
    from streamrec_core.explain.verified import verify
    from streamrec_core.models.checkpoint import load_checkpoint

__all__ = [
    "StreamRecError",
    "contributions",
    "edited_scores",
    "evaluate",
    "event_values",
    "explain_session",
    "load_checkpoint",
    "open_data",
    "split",
    "verify",
    "watch",
]

# Imported on first use, so that `import streamrec_core` alone does not load torch.
_HOME = {
    "StreamRecError": "streamrec_core.errors",
    "contributions": "streamrec_core.attribution.contributions",
    "edited_scores": "streamrec_core.attribution.contributions",
    "evaluate": "streamrec_core.evaluation.evaluate",
    "event_values": "streamrec_core.attribution.event_value",
    "explain_session": "streamrec_core.explain.first_look",
    "load_checkpoint": "streamrec_core.models.checkpoint",
    "open_data": "streamrec_core.data.presets",
    "split": "streamrec_core.data.splits",
    "verify": "streamrec_core.explain.verified",
    "watch": "streamrec_core.attention.capture",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'streamrec_core' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
