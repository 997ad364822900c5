"""Begin a run: from the choices of a person to settings that can be resumed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import PRESETS
from streamrec_core.data.splits import SPLITS
from streamrec_core.errors import BadInput
from streamrec_core.models.settings import LSTMSettings, TransformerSettings
from streamrec_core.training.loop import data_reference
from streamrec_core.training.settings import RunConfig, TrainingSettings, recipe

ARCHITECTURE = frozenset({*TransformerSettings.model_fields, *LSTMSettings.model_fields})
TRAINING = frozenset(TrainingSettings.model_fields)


def new_run(
    name: str,
    dataset: DataSet,
    model: str,
    recipe_name: str,
    chosen: dict[str, Any] | None = None,
    split: str | None = None,
) -> RunConfig:
    """Settings of a new run; nothing is written yet.

    Parameters
    ----------
    chosen : dict
        Settings that differ from the recipe's, of architecture and training alike.

    Raises
    ------
    BadInput
        Recipe, model, split or a setting is unknown or out of range.
    """
    chosen = chosen or {}
    architecture = {key: value for key, value in chosen.items() if key in ARCHITECTURE}
    training = {key: value for key, value in chosen.items() if key in TRAINING}
    if unknown := chosen.keys() - ARCHITECTURE - TRAINING:
        raise BadInput(f"unknown settings {', '.join(sorted(unknown))}")
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
        "command": _command(data_name(dataset), model, recipe_name, chosen, split),
    }
    return RunConfig.parse(values, f"run {name}")


def _command(data: str, model: str, recipe_name: str, chosen: dict[str, Any], split: str | None) -> str:
    """The command that trains the same model; a folder is named by its last part, the rest is the user's own."""
    words = ["train", "--data", data if data in PRESETS else Path(data).name, "--model", model, "--recipe", recipe_name]
    for name, value in chosen.items():
        words += [f"--{name}", str(value)] if name in ("epochs", "seed") else ["--set", f"{name}={value}"]
    words += ["--split", split] if split else []
    return f"python -m streamrec_core {shlex.join(words)}"


def data_name(dataset: DataSet) -> str:
    """How to open the same data set again: by preset name where it is the cached preset, else by folder."""
    if dataset.folder is None:
        raise BadInput(f"data set {dataset.name} lies in no folder; write it first")
    cached = dataset.name in PRESETS and dataset.folder == data_folder() / dataset.name
    return dataset.name if cached else str(dataset.folder.resolve())
