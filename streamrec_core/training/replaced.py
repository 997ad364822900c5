"""Replaced recipes: how a model of one is recognised, and the command that retrains it with the recipe of today."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from streamrec_core.config import checkout, runs_folder, workspace
from streamrec_core.data.presets import PRESETS
from streamrec_core.models.card import ModelCard

REPLACED = {"readable": "additive"}
"""By recipe that is no longer built: the one that replaced it."""
NOTE = "trained with the recipe {old}, which was replaced by {new}; retrain with: {command}"


def is_replaced(architecture: Mapping[str, Any]) -> bool:
    """Whether an architecture can no longer be built: heads with jobs, in a model that is not additive."""
    return bool(architecture.get("jobs")) and not architecture.get("additive", False)


def replaced_note(name: str, recipe: str, architecture: Mapping[str, Any], data: str) -> str:
    """Note on a run or model whose recipe is no longer built; empty for any other.

    Parameters
    ----------
    name : str
        Of the run or model.
    recipe : str
        What it was trained with.
    architecture : mapping of str to Any
        The settings that would rebuild it.
    data : str
        Preset name or folder that it learned from.
    """
    if not is_replaced(architecture):
        return ""
    old = recipe if recipe in REPLACED else next(iter(REPLACED))
    return NOTE.format(old=old, new=REPLACED[old], command=retrain_command(name, old, data))


def card_note(name: str, card: ModelCard) -> str:
    """The same for a checkpoint, by its card.

    Parameters
    ----------
    name : str
    card : ModelCard

    Returns
    -------
    str
    """
    return replaced_note(name, card.recipe, card.architecture, card.data.name)


def retrain_command(name: str, old: str, data: str) -> str:
    """The command that trains on the same data with the recipe that replaced another, into a free folder.

    Parameters
    ----------
    name : str
        Of the run or model.
    old : str
        Its recipe.
    data : str
        Preset name or folder that it learned from.

    Returns
    -------
    str
    """
    fresh = name.replace(old, REPLACED[old]) if old in name else f"{name}-{REPLACED[old]}"
    names = (fresh if number == 1 else f"{fresh}-{number}" for number in count(1))
    free = shlex.quote(next(name for name in names if not (runs_folder() / name).exists()))
    # By the variable where it is set, so that a page tells nobody where the workspace lies.
    folder = '"$STREAMREC_WORKSPACE"' if os.environ.get("STREAMREC_WORKSPACE") else _workspace_words()
    source = shlex.quote(data if data in PRESETS else Path(data).name)
    return f"python -m streamrec_core train --data {source} --run {folder}/runs/{free}"


def _workspace_words() -> str:
    """The default workspace as a shell reads it: `workspace` in a checkout, else below the home folder."""
    if checkout() is not None:
        return "workspace"
    folder = workspace()
    home = Path.home()
    return (
        f"~/{shlex.quote(str(folder.relative_to(home)))}" if folder.is_relative_to(home) else shlex.quote(str(folder))
    )
