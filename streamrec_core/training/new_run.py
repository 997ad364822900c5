"""Settings of a new run, from a recipe and overrides of single settings."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import PRESETS
from streamrec_core.data.splits import SPLITS
from streamrec_core.errors import BadInput
from streamrec_core.models.settings import LSTMSettings, TransformerSettings
from streamrec_core.training.data_reference import data_reference
from streamrec_core.training.settings import RunConfig, TrainingSettings, recipe

ARCHITECTURE = frozenset({*TransformerSettings.model_fields, *LSTMSettings.model_fields})
TRAINING = frozenset(TrainingSettings.model_fields)
SETTING_NAMES = frozenset({f"architecture.{name}" for name in ARCHITECTURE} | {f"training.{name}" for name in TRAINING})
"""Full names, which tell apart what architecture and training both have."""


def new_run(
    name: str,
    dataset: DataSet,
    model: str,
    recipe_name: str,
    overrides: dict[str, Any] | None = None,
    split: str | None = None,
) -> RunConfig:
    """Settings of a new run; nothing is written yet.

    Parameters
    ----------
    name : str
    dataset : DataSet
    model : str
        Kind of model: transformer or lstm.
    recipe_name : str
        Name in `RECIPES`.
    overrides : dict or None
        Settings that differ from the recipe's, of architecture and training alike.
    split : str or None
        Name in `SPLITS`; None: as the data set says.

    Returns
    -------
    RunConfig

    Raises
    ------
    BadInput
        Recipe, model, split or a setting is unknown or out of range.
    """
    overrides = overrides or {}
    architecture, training = split_overrides(overrides)
    if split is not None and split not in SPLITS:
        raise BadInput(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    shape, trained = recipe(recipe_name, model, dataset.card, architecture, training)
    values = {
        "name": name,
        "model": model,
        "recipe": recipe_name,
        "architecture": shape,
        "training": trained.model_dump(),
        "data": data_name(dataset),
        "reference": data_reference(dataset).model_dump(),
        "split": split or dataset.card.split,
        "command": _command(data_name(dataset), model, recipe_name, overrides, split),
    }
    return RunConfig.parse(values, f"run {name}")


def split_overrides(overrides: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Overrides divided into those of the architecture and those of training.

    A name that both have must say which is meant: `architecture.positions` or `training.positions`.
    """
    if unknown := overrides.keys() - SETTING_NAMES - ARCHITECTURE - TRAINING:
        raise BadInput(f"unknown settings {', '.join(sorted(unknown))}")
    if unclear := overrides.keys() & ARCHITECTURE & TRAINING:
        name = min(unclear)
        raise BadInput(f"{name} is a setting of both parts; say architecture.{name} or training.{name}")
    parts: dict[str, dict[str, Any]] = {"architecture": {}, "training": {}}
    for key, value in overrides.items():
        part, _, name = setting_key(key).partition(".")
        parts[part][name] = value
    return parts["architecture"], parts["training"]


def setting_key(name: str) -> str:
    """The full name of a setting: its part, a dot, its name."""
    if "." in name:
        return name
    return f"architecture.{name}" if name in ARCHITECTURE else f"training.{name}"


def _command(data: str, model: str, recipe_name: str, overrides: dict[str, Any], split: str | None) -> str:
    """The command that trains the same model; a folder is named by its last part, the rest is the user's own."""
    words = ["train", "--data", data if data in PRESETS else Path(data).name, "--model", model, "--recipe", recipe_name]
    for name, value in overrides.items():
        written = value if isinstance(value, str) else json.dumps(value)
        words += [f"--{name}", written] if name in ("epochs", "seed") else ["--set", f"{name}={written}"]
    words += ["--split", split] if split else []
    return f"python -m streamrec_core {shlex.join(words)}"


def data_name(dataset: DataSet) -> str:
    """How to open the same data set again: by preset name where it is the cached preset, else by folder."""
    if dataset.folder is None:
        raise BadInput(f"data set {dataset.name} lies in no folder; write it first")
    cached = dataset.name in PRESETS and dataset.folder == data_folder() / dataset.name
    return dataset.name if cached else str(dataset.folder.resolve())
