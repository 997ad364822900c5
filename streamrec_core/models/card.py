"""The model card of a checkpoint, `card.json`: architecture, data, training and metrics."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords

ModelKind = Literal["transformer", "lstm", "foreign"]
"""`foreign`: a model of another library, which StreamRec neither trains nor stores."""


class DataReference(Settings):
    """The data a model learned from, by name and hash."""

    name: str
    catalogue_hash: str
    events_hash: str
    items: int
    categories: int


class TermSpread(Settings):
    """One named term of one head over several seeds: mean, and the 95 % interval of the mean."""

    layer: int
    head: int
    term: str
    mean: float
    low: float
    high: float


class OverSeeds(Settings):
    """What several seeds of the same recipe say of the figures that people read."""

    seeds: int
    terms: tuple[TermSpread, ...]


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
        By part of the split (`validation`, `test`): `hit@10`, `hit@10_interval` and so on; a part that is empty is
        left out.
    parameters : int
        Number of trained figures.
    weights_sha256 : str
        Of `weights.safetensors`.
    monitor : str
        The figure that chose this epoch, of the validation part unless it is "training loss"; empty where it was not
        recorded.
    command : str
        What remakes it.
    words : LogWords
        Engagements that the model learned, and the noun of its data set; StreamRec's on older cards.
    over_seeds : OverSeeds or None
        How far the named terms differ between seeds; None for a model trained with one seed.
    baselines : dict
        The model against popularity and item neighbours on validation, see `evaluation.baselines`; empty for models
        trained before this was measured.
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
    monitor: str = ""
    command: str = ""
    words: LogWords = STREAMREC_WORDS
    over_seeds: OverSeeds | None = None
    baselines: dict[str, dict[str, Any]] = Field(default_factory=dict)
