"""How a model is trained, and the named recipes that fix architecture and training together."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSetCard, SplitKind
from streamrec_core.errors import BadInput
from streamrec_core.models.card import DataReference, ModelKind
from streamrec_core.models.settings import parse_architecture

Monitor = Literal["loss", "ndcg@10", "hit@10", "mrr"]


class TrainingSettings(Settings):
    """The optimiser and its limits.

    Attributes
    ----------
    positions
        Learn to predict the next item at every position of a session, or at the last one only.
    item_rate
        Learning rate of item embeddings relative to the rest; None goes by the evidence, see `item_rate`.
    schedule
        `cosine` lowers the learning rate to zero over all epochs, `halving` halves it over every epoch however
        many there are, `constant` keeps it.
    patience
        Epochs without a better monitored figure before training stops.
    least_steps
        Steps before which no plateau ends the training: a small log learns little in ten epochs of few steps.
    monitor
        The validation figure that chooses the best epoch (`loss`: lower is better); where the validation part is
        empty, the training loss does.
    term_rate
        Learning rate of named terms relative to the rest.
    negatives
        Items sampled for each batch, that targets are compared with; 0 compares with the whole catalogue, None does so
        up to `FULL_SOFTMAX_ITEMS`.
    """

    epochs: int = Field(6, ge=1, le=1_000)
    seed: int = Field(42, ge=0, le=2**32 - 1)
    batch_size: int = Field(128, ge=1, le=8_192)
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(0.01, ge=0, le=1)
    item_rate: float | None = Field(None, gt=0, le=1)
    beta2: float = Field(0.98, gt=0, lt=1)
    clip: float = Field(1.0, gt=0)
    schedule: Literal["cosine", "halving", "constant"] = "cosine"
    warmup_steps: int = Field(0, ge=0)
    positions: Literal["all", "last"] = "all"
    patience: int = Field(3, ge=1)
    least_steps: int = Field(0, ge=0)
    monitor: Monitor = "ndcg@10"
    term_rate: float = Field(5.0, gt=0, le=100)
    negatives: int | None = Field(None, ge=0, le=1_000_000)


REMOVED_SETTINGS = ("reading_weight", "reading_sessions")
"""Settings of the reading penalty, which went with the recipe readable."""


class RunConfig(Settings):
    """Everything a run needs to begin and to resume: `config.json`.

    Attributes
    ----------
    data : str
        Preset name or folder that the run reads.
    """

    name: str
    model: ModelKind
    recipe: str
    architecture: dict[str, Any]
    training: TrainingSettings
    data: str
    reference: DataReference
    split: SplitKind
    command: str = ""

    @model_validator(mode="before")
    @classmethod
    def _without_removed_settings(cls, values: Any) -> Any:
        """Runs of earlier versions still load: settings that nothing reads any more are left out."""
        if not isinstance(values, dict) or not isinstance(values.get("training"), dict):
            return values
        training = {name: value for name, value in values["training"].items() if name not in REMOVED_SETTINGS}
        return values | {"training": training}


RECIPES: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    # As printed: item embeddings alone, started at 1 and scaled, an output layer of its own, the last position.
    "case-study": {
        "transformer": (
            {
                "positions": "sinusoidal",
                "with_category": False,
                "with_engagement": False,
                "start": 1.0,
                "tied": False,
            },
            {
                "epochs": 10,
                "positions": "last",
                "beta2": 0.999,
                "schedule": "constant",
                "item_rate": 1.0,
                "patience": 10,
            },
        ),
    },
    "plain": {"transformer": ({"item_bias": True}, {"epochs": 8}), "lstm": ({"item_bias": True}, {"epochs": 8})},
    # Scores that are sums of what heads add because of events; a readout that holds no item, a job for every head.
    "additive": {
        "transformer": (
            {
                "additive": True,
                "item_bias": True,
                "followers": 16,
                "content_limit": 0.5,
                "jobs": ("last", "recent", "category", "opening", "recent", "category", "engaged", "series"),
            },
            {},
        ),
        "lstm": ({"item_bias": True}, {"epochs": 8}),
    },
}
RATINGS: dict[str, Any] = {"item_start": 0.02, "dropout": 0.2}
"""Where people rate: one of a few genres says little of a title, so that item vectors start apart."""
ADDITIVE_RATINGS: dict[str, Any] = {
    "followers": 128,
    "followers_within": 10,
    "content_limit": 3.0,
    "context_events": 2,
    "head_width": 64,
    "time_gaps": True,
    "jobs": ("last", "recent", "category", "lasting", "recent", "category", "engaged", "lasting"),
}
"""Where people rate, in an additive model: what was rated within the next ten says more than what was rated right
next; content says more; a title says more together with the two rated before it; old ratings count on, and less the
longer ago they are. Chosen on the validation part of MovieLens-1M.
"""
MOST_ITEMS_WITH_FOLLOWERS = 25_000
"""Items of a catalogue of ratings up to which followers are counted: more leave too few sessions to weigh them on."""
SMALL_LOG = 100_000
"""Events below which a log counts as small."""
SMALL_STEPS, LARGE_STEPS = 480, 1_500
"""Steps that the training of a small and of a larger log takes, unless validation ends it early."""
SMALL_EPOCHS, MOST_EPOCHS = 60, 300
LEAST_STEPS = 240
"""Steps of a small log before which no plateau ends the training."""
WINDOWS = (50, 100, 200)
"""Windows of a model; the smallest that holds the mean history of the log is taken, else the largest."""


def recipe(
    name: str,
    kind: str,
    card: DataSetCard,
    architecture: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], TrainingSettings]:
    """Architecture and training of a recipe, with single settings overridden.

    Between the recipe and the overrides stands what the data set itself asks for, see `fitted_to`.

    Parameters
    ----------
    name : str
        Name in `RECIPES`.
    kind : str
        Kind of model.
    card : DataSetCard
    architecture, training : dict or None
        Overrides.

    Returns
    -------
    dict, TrainingSettings

    Raises
    ------
    BadInput
        The recipe is unknown, has no model of this kind, or a setting is unknown or out of range.
    """
    if name not in RECIPES:
        raise BadInput(f"unknown recipe {name!r}; choose one of {', '.join(RECIPES)}")
    if kind not in RECIPES[name]:
        raise BadInput(f"recipe {name!r} has no {kind}; it has {', '.join(RECIPES[name])}")
    shape, schedule = RECIPES[name][kind]
    fitted_shape, fitted_schedule = fitted_to(card) if name != "case-study" else ({}, {})
    if card.kind == "ratings" and shape.get("additive"):
        fitted_shape = {**fitted_shape, **ADDITIVE_RATINGS}
        if card.counts.items > MOST_ITEMS_WITH_FOLLOWERS:
            fitted_shape |= {"followers": 0, "followers_within": 1}
    if "patience" in (training or {}):  # who sets it means epochs, however few steps they have
        fitted_schedule = {name: value for name, value in fitted_schedule.items() if name != "least_steps"}
    built = parse_architecture(kind, {**shape, **fitted_shape, **(architecture or {})}, f"recipe {name}")
    trained = TrainingSettings.parse({**schedule, **fitted_schedule, **(training or {})}, f"recipe {name}")
    return built.model_dump(), trained


def fitted_to(card: DataSetCard) -> tuple[dict[str, Any], dict[str, Any]]:
    """Architecture and training settings that a kind of data asks for (figures in BENCHMARKS.md).

    Where only the last event can be learned from, one target a session is little evidence: a small learning rate
    that halves every epoch. Small logs take many short epochs and more dropout. Where all items are of one category,
    item vectors must not start at zero.

    Epochs go by the number of steps: a log of few sessions takes more of them, so that a small log is trained for
    `SMALL_STEPS` and a larger one for `LARGE_STEPS` at least. The window goes by the mean length of a history, see
    `WINDOWS`.
    """
    shape: dict[str, Any] = {"item_start": 0.02} if card.counts.categories < 2 else {}
    window = window_of(card)
    shape |= {"max_events": window} if window > WINDOWS[0] else {}
    shape |= RATINGS if card.kind == "ratings" else {}
    if card.train_positions == "last":
        return {"dropout": 0.0, **shape}, {
            "positions": "last",
            "learning_rate": 3e-4,
            "schedule": "halving",
            "monitor": "loss",
        }
    if card.counts.events < SMALL_LOG:
        dropout = 0.5 if card.kind == "ratings" else 0.3
        return {**shape, "dropout": dropout}, {
            "epochs": min(MOST_EPOCHS, max(SMALL_EPOCHS, _epochs_for(SMALL_STEPS, card))),
            "patience": 10,
            "least_steps": LEAST_STEPS,
            "schedule": "constant",
        }
    epochs = min(SMALL_EPOCHS, _epochs_for(LARGE_STEPS, card))
    if card.generator is None and epochs > TrainingSettings().epochs:
        return shape, {"epochs": epochs, "patience": 10}
    return shape, {}


def window_of(card: DataSetCard) -> int:
    """How many of the last events of a session a model of this log sees: the smallest window that holds the mean.

    Examples
    --------
    >>> from streamrec_core.data.presets import open_data
    >>> window_of(open_data("streamrec").card)
    50
    """
    mean = card.counts.events / max(card.counts.sessions, 1) - 1
    return next((window for window in WINDOWS if mean <= window), WINDOWS[-1])


def _epochs_for(steps: int, card: DataSetCard) -> int:
    """Epochs of so many steps, where four of five sessions are trained on."""
    return math.ceil(steps / math.ceil(max(0.8 * card.counts.sessions, 1) / TrainingSettings().batch_size))
