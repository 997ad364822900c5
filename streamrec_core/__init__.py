"""Why a session recommender recommended an item, and the proof: data, models, attention, explanations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamrec_core.attention.capture import watch
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.errors import StreamRecError
    from streamrec_core.evaluation.evaluate import evaluate
    from streamrec_core.explain.first_look import explain_session
    from streamrec_core.models.checkpoint import load_checkpoint

__all__ = [
    "StreamRecError",
    "evaluate",
    "explain_session",
    "load_checkpoint",
    "open_data",
    "split",
    "watch",
]

# Imported on first use, so that `import streamrec_core` alone does not load torch.
_HOME = {
    "StreamRecError": "streamrec_core.errors",
    "evaluate": "streamrec_core.evaluation.evaluate",
    "explain_session": "streamrec_core.explain.first_look",
    "load_checkpoint": "streamrec_core.models.checkpoint",
    "open_data": "streamrec_core.data.presets",
    "split": "streamrec_core.data.splits",
    "watch": "streamrec_core.attention.capture",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'streamrec_core' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
