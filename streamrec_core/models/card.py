"""What a checkpoint says of itself: `card.json`."""

from __future__ import annotations

from typing import Any, Literal

from streamrec_core.config import Settings

ModelKind = Literal["transformer", "lstm"]


class DataReference(Settings):
    """The data a model learned from, by name and hash."""

    name: str
    catalogue_hash: str
    events_hash: str
    items: int
    categories: int


class ModelCard(Settings):
    """Architecture, data, training and results of one checkpoint.

    Attributes
    ----------
    recipe : str
        Name in `RECIPES`, or `custom`.
    architecture : dict
        The settings that rebuild the model.
    training : dict
        The settings it was trained with, seed among them.
    metrics : dict
        By part of the split (`validation`, `test`): `hit@10`, `hit@10_interval` and so on.
    parameters : int
        Number of trained figures.
    weights_sha256 : str
        Of `weights.safetensors`.
    command : str
        What remakes it.
    """

    name: str
    model: ModelKind
    recipe: str
    architecture: dict[str, Any]
    data: DataReference
    training: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    parameters: int
    versions: dict[str, str]
    weights_sha256: str
    epoch: int
    command: str = ""
