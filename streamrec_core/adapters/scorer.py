"""What a person hands over to have a model explained: a function that scores histories, and the ids of its items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import nn

from streamrec_core.errors import BadInput

MAX_EVENTS = 50
"""Last events of a history that a model is handed where it does not say how many it reads."""
Histories = list[list[str]]


@runtime_checkable
class Scorer(Protocol):
    """Scores all of its items after histories; `module`, `max_events` and `name` are optional attributes.

    Attributes
    ----------
    item_ids : sequence of V str
        Ids of the items, in the order of the scores.
    """

    item_ids: Sequence[str]

    def score(self, histories: Histories) -> Any:
        """Scores (B, V) of B histories, each a list of item ids, oldest first; higher is more likely.

        An array, a torch tensor, a sparse matrix or a list of lists. -inf bars an item.
        """
        ...


@dataclass(frozen=True, eq=False)
class ScoringFunction:
    """A `Scorer` made of its parts.

    Attributes
    ----------
    score : callable
        As `Scorer.score`.
    item_ids : sequence of V str
    module : nn.Module or None
        The torch module that `score` calls; opens attention heads and gradients.
    max_events : int
        Last events of a history that the model reads.
    name : str
        Stands in tables and on pages.

    Examples
    --------
    >>> likes = {"a": [0.0, 2.0], "b": [1.0, 0.0]}
    >>> scorer = ScoringFunction(lambda histories: [likes[history[-1]] for history in histories], ["a", "b"])
    >>> scorer.score([["a"], ["a", "b"]])
    [[0.0, 2.0], [1.0, 0.0]]
    """

    score: Callable[[Histories], Any]
    item_ids: Sequence[str]
    module: nn.Module | None = None
    max_events: int = MAX_EVENTS
    name: str = ""


def check_scorer(scorer: object, source: str) -> Scorer:
    """Check the attributes of a scorer, without calling it.

    Parameters
    ----------
    scorer : object
    source : str
        What messages call it, such as `module:function`.

    Returns
    -------
    Scorer

    Raises
    ------
    BadInput
        An attribute is missing or cannot be used.
    """
    if not callable(getattr(scorer, "score", None)):
        raise BadInput(f"{source}: {type(scorer).__name__} has no function score(histories); return an object with one")
    item_ids = getattr(scorer, "item_ids", None)
    if item_ids is None or isinstance(item_ids, str) or not hasattr(item_ids, "__len__"):
        raise BadInput(f"{source}: item_ids must be a list of item ids as text, got {_shown(item_ids)}")
    _check_ids(list(item_ids), source)
    max_events = getattr(scorer, "max_events", MAX_EVENTS)
    if not isinstance(max_events, int | np.integer) or int(max_events) < 1:
        raise BadInput(f"{source}: max_events must be a whole number from 1, got {_shown(max_events)}")
    module = getattr(scorer, "module", None)
    if module is not None and not isinstance(module, nn.Module):
        raise BadInput(f"{source}: module must be a torch.nn.Module or None, got {_shown(module)}")
    return scorer  # type: ignore[return-value]  # its parts were checked above


def _check_ids(item_ids: list[object], source: str) -> None:
    if not item_ids:
        raise BadInput(f"{source}: item_ids is empty; list the id of every item that score() returns a column for")
    for number, item in enumerate(item_ids):
        if not isinstance(item, str):
            raise BadInput(
                f"{source}: item_ids[{number}] is {_shown(item)}, not text; return [str(item) for item in item_ids]"
            )
    first: dict[object, int] = {}
    for number, item in enumerate(item_ids):
        if first.setdefault(item, number) != number:
            raise BadInput(
                f"{source}: item_ids[{first[item]}] and item_ids[{number}] are both {item!r}; each item needs an id "
                "that no other has"
            )


def _shown(thing: object) -> str:
    text = repr(thing)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(thing).__name__})"
