"""A model's lists beyond accuracy, with every floor measured on the same sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.lists import floor_lists
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists, measure_lists
from streamrec_core.evaluation.beyond_accuracy.measures import ListContext, list_context
from streamrec_core.evaluation.evaluate import Evaluation


@dataclass(frozen=True, eq=False)
class BeyondAccuracy:
    """A model's lists and the floors.

    Attributes
    ----------
    model : MeasuredLists
    floors : tuple of MeasuredLists
        Random lists, popularity lists, the log itself.
    lists : (M, 10) int64
        The model's.
    context : ListContext
        What all of them were measured against.
    """

    model: MeasuredLists
    floors: tuple[MeasuredLists, ...]
    lists: IntArray
    context: ListContext

    def as_plain(self) -> dict[str, Any]:
        """Each measure with its interval, and by floor what the floor has."""
        return {**self.model.as_plain(), "floors": {floor.name: floor.as_plain() for floor in self.floors}}


def beyond_accuracy(evaluation: Evaluation, dataset: DataSet, divided: Split) -> BeyondAccuracy:
    """Measure the lists of an evaluation beyond accuracy, and the floors.

    Parameters
    ----------
    evaluation : Evaluation
        By `evaluate`, of a part of this split.
    dataset : DataSet
    divided : Split

    Returns
    -------
    BeyondAccuracy

    Raises
    ------
    BadInput
        The evaluation holds no lists, or the model recommends nothing.
    """
    if evaluation.lists is None:
        raise BadInput(f"the evaluation of {evaluation.model} holds no lists; evaluate it again")
    context = list_context(dataset, divided.train, divided.part(evaluation.split))
    floors = measured_floors(dataset, divided, evaluation.split, evaluation.filter_seen, context)
    measured = measure_lists(evaluation.model, evaluation.lists, context)
    return BeyondAccuracy(measured, floors, evaluation.lists, context)


def measured_floors(
    dataset: DataSet, divided: Split, part: str, filter_seen: bool, context: ListContext | None = None
) -> tuple[MeasuredLists, ...]:
    """Measure random lists, popularity lists and the log itself.

    Parameters
    ----------
    dataset : DataSet
    divided : Split
    part : str
        train, validation or test.
    filter_seen : bool
        Whether items of the history are excluded.
    context : ListContext or None
        Of this part, where it was counted before.

    Returns
    -------
    tuple of MeasuredLists
    """
    examples = divided.part(part)
    context = context or list_context(dataset, divided.train, examples)
    lists = floor_lists(dataset, divided, examples, filter_seen)
    return tuple(measure_lists(name, each, context) for name, each in lists.items())
