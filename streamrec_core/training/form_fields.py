"""Form fields of a new run, with limits, defaults and a line of help: read off the settings themselves.

A setting that is added to an architecture or to `TrainingSettings` appears here without being named; the tables
give help texts and decide what the short form shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import cleandoc
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.models.settings import ARCHITECTURES
from streamrec_core.training.new_run import ARCHITECTURE, TRAINING
from streamrec_core.training.settings import RECIPES, TrainingSettings, recipe

Kind = Literal["whole", "number", "switch", "choice", "words", "text"]
SIMPLE = ("epochs", "learning_rate", "batch_size", "layers", "heads", "width", "hidden", "dropout", "seed")
"""Settings of the short form; all others stand under "more"."""

HELP = {
    "epochs": "Maximum number of epochs; training stops earlier when validation no longer improves.",
    "seed": "Sets initial weights, order and dropout; the same seed gives the same model.",
    "batch_size": "Sessions per training step. Smaller batches are slower and noisier, and need less memory.",
    "learning_rate": "Size of a training step. Too high and the loss jumps, too low and it barely falls.",
    "weight_decay": "Pulls weights towards zero at every step; reduces overfitting.",
    "item_rate": "Learning rate of item embeddings relative to the rest. Empty: set by how often items are seen.",
    "beta2": "How long the optimiser remembers the size of earlier gradients (Adam's second beta).",
    "clip": "Maximum gradient norm; limits the effect of unusual batches.",
    "schedule": "How the learning rate falls: to zero over all epochs, by half every epoch, or not at all.",
    "warmup_steps": "Steps over which the learning rate rises from zero.",
    "patience": "Epochs without improvement of the monitored metric before training stops.",
    "least_steps": "Steps before which no plateau ends the training.",
    "monitor": "The validation metric that selects the best epoch; without a validation part, the training loss.",
    "layers": "Number of attention or LSTM layers.",
    "heads": "Attention heads in each layer; the width must be a multiple of it.",
    "width": "Size of the vector for each event.",
    "hidden": "Size of the LSTM's state.",
    "feed_forward": "Size of each layer's feed-forward part, usually four times the width.",
    "dropout": "Share of values dropped at random in training; more helps on small data.",
    "with_category": "The model sees each item's category.",
    "with_engagement": "The model sees what the visitor did with each item.",
    "scaled": "Event embeddings are multiplied by the square root of the width.",
    "start": "Standard deviation of the initial embeddings.",
    "tied": "Items are scored against their own embeddings instead of through a separate layer.",
    "item_dropout": "Share of events whose item is hidden in training, so that category and engagement count more.",
    "item_bias": "Each item has a learned bias: its popularity.",
    "item_start": "Standard deviation of initial item vectors beside a category table; zero if categories say much.",
    "additive": "The score of an item is the sum of what each head adds because of each event.",
    "jobs": "Additive models: the named terms of each head, layer by layer.",
    "followers": "Additive models: how many next items are counted for each item; 0 for none.",
    "followers_within": "Additive models: within how many events followers may come; above 1 they are weighed last.",
    "content_limit": "Additive models: how far an event's content can move its attention; named terms have no limit.",
    "context_events": "Additive models: how many of the events right before it each event is read together with.",
    "head_width": "Additive models: numbers that a head passes on of each event. Empty: width divided by heads.",
    "time_gaps": "Additive models: heads, but for those for the last event, weigh how long ago each event was.",
    "term_rate": "Learning rate of the heads' named terms relative to the rest.",
    "negatives": "Items sampled per step that targets are compared with; 0 for all. Empty: all up to 50,000 items.",
    "max_events": "How many of the last events of a session the model sees.",
}
HELP_IN_PART = {
    (
        "architecture",
        "positions",
    ): "Position embeddings: learned and counted from the last event, or fixed and from the first.",
    ("training", "positions"): "Predict the next item at every position of a session, or the last one only.",
}
"""Help for names that stand in architecture and training alike."""

RECIPE_HELP = {
    "plain": "a strong standard model: item, category and engagement, tied output",
    "case-study": "the published case study as printed; for comparison",
    "additive": "scores are sums of signed contributions of heads that start with named patterns",
}


@dataclass(frozen=True)
class FormField:
    """One setting as a form shows it.

    Attributes
    ----------
    part : str
        "architecture" or "training".
    default : Any
        Of the recipe on the data set at hand.
    low, high : float or None
        Limits; one that is excluded is not named here and is refused when the run begins.
    options : tuple of str
        Where `kind` is "choice".
    optional : bool
        Whether it may be left empty.
    """

    name: str
    part: Literal["architecture", "training"]
    kind: Kind
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    optional: bool = False

    @property
    def key(self) -> str:
        """What `new_run` calls it: the full name where architecture and training both have one of that name."""
        return f"{self.part}.{self.name}" if self.name in ARCHITECTURE & TRAINING else self.name

    @property
    def simple(self) -> bool:
        """Whether it stands in the short form."""
        return self.name in SIMPLE

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()


def form_fields(recipe_name: str, kind: str, card: DataSetCard) -> tuple[FormField, ...]:
    """Every setting of a model of this kind by this recipe, with the defaults it has on this data set.

    Parameters
    ----------
    recipe_name : str
    kind : str
        Name in `ARCHITECTURES`.
    card : DataSetCard

    Returns
    -------
    tuple of FormField
        Those of the short form first.

    Raises
    ------
    BadInput
        The recipe is unknown or has no model of this kind.
    """
    shape, trained = recipe(recipe_name, kind, card)
    fields = [
        _form_field("architecture", name, field, shape[name], ARCHITECTURES[kind])
        for name, field in ARCHITECTURES[kind].model_fields.items()
    ] + [
        _form_field("training", name, field, getattr(trained, name), TrainingSettings)
        for name, field in TrainingSettings.model_fields.items()
    ]
    order = {name: rank for rank, name in enumerate(SIMPLE)}
    return tuple(sorted(fields, key=lambda field: order.get(field.name, len(order))))


def model_kinds(recipe_name: str) -> tuple[str, ...]:
    """Kinds of model that a recipe knows."""
    return tuple(RECIPES[recipe_name])


def _form_field(part: Any, name: str, field: FieldInfo, default: Any, owner: type[Settings]) -> FormField:
    bare, optional = _without_none(field.annotation)
    low = next((float(limit.ge) for limit in field.metadata if isinstance(limit, Ge)), None)  # type: ignore[arg-type]
    high = next((float(limit.le) for limit in field.metadata if isinstance(limit, Le)), None)  # type: ignore[arg-type]
    if low is None and any(isinstance(limit, Gt) for limit in field.metadata):
        low = 0.0 if bare is float else None
    if high is None and any(isinstance(limit, Lt) for limit in field.metadata):
        high = next(float(limit.lt) for limit in field.metadata if isinstance(limit, Lt))  # type: ignore[arg-type]
    return FormField(
        name=name,
        part=part,
        kind=_kind(bare),
        default=default,
        help=_help(part, name, field, owner),
        low=low,
        high=high,
        options=tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else (),
        optional=optional,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    rest = [kind for kind in get_args(annotation) if kind is not type(None)]
    return (rest[0] if len(rest) == 1 else str), len(rest) < len(get_args(annotation))


def _kind(bare: Any) -> Kind:
    if get_origin(bare) is Literal:
        return "choice"
    if get_origin(bare) is tuple and get_args(bare)[0] is str:
        return "words"
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number"}
    return kinds.get(bare, "text")


def _help(part: str, name: str, field: FieldInfo, owner: type[Settings]) -> str:
    text = HELP_IN_PART.get((part, name)) or HELP.get(name) or field.description or _documented(owner, name)
    return text or f"{name.replace('_', ' ').capitalize()} of the {part}."


def _documented(owner: type[Settings], name: str) -> str:
    """What the class says of a setting under "Attributes"."""
    match = re.search(rf"^{name}(?: *:.*)?\n((?:[ ]+\S.*\n?)+)", cleandoc(owner.__doc__ or ""), re.MULTILINE)
    return " ".join(match.group(1).split()) if match else ""
