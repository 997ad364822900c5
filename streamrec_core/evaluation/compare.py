"""Compare models: metrics of several models, and of baselines, on the same targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.evaluate import evaluate, metric_rows
from streamrec_core.models.neighbours import item_neighbours
from streamrec_core.models.popularity import category_rule, popularity, recent_popularity
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.sequential_rules import sequential_rules
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ModelMetrics:
    """One model's line in a table of metrics.

    Attributes
    ----------
    model : str
    metrics : dict
        As `Evaluation.metrics` names them.
    """

    model: str
    metrics: dict[str, Any]


class Comparison(tuple[ModelMetrics, ...], NotebookResult):
    """The metrics of several models on the same targets, in the order given."""

    def to_pandas(self) -> pd.DataFrame:
        """One row a model and metric, with the bounds of its 95 % interval."""
        import pandas as pd

        return pd.DataFrame([{"model": row.model, **cells} for row in self for cells in metric_rows(row.metrics)])

    def shown_rows(self) -> pd.DataFrame:
        """One row a model, one column a metric."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"model": row.model, **{cells["metric"]: cells["value"] for cells in metric_rows(row.metrics)}}
                for row in self
            ]
        )

    def summary(self) -> tuple[str, ...]:
        """How many models."""
        return (f"{len(self)} models on the same targets",)


def compare(
    models: Sequence[SessionModel], dataset: DataSet, part: str = "test", divided: Split | None = None
) -> Comparison:
    """Evaluate models on one part of the same split.

    Parameters
    ----------
    models : sequence of SessionModel
    dataset : DataSet
    part : str
        train, validation or test.
    divided : Split or None
        By default the split that the data set's card names.

    Returns
    -------
    Comparison
        A tuple of `ModelMetrics`, in the order of the models; a notebook shows it as a table.

    Raises
    ------
    BadInput
        The part is unknown, or holds no target.

    Examples
    --------
    >>> import numpy as np
    >>> from streamrec_core.data.catalogue import Catalogue
    >>> from streamrec_core.data.dataset import make_dataset
    >>> from streamrec_core.data.log import EventLog, ragged
    >>> from streamrec_core.data.splits import Examples
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> log = EventLog(("s0", "s1"), ragged([3, 3]), np.array([0, 1, 2, 0, 1, 1], np.int32), np.zeros(6, np.int8))
    >>> dataset = make_dataset(catalogue, log, name="toy", kind="log", source="by hand", licence="none")
    >>> last = Examples(np.array([0, 1]), np.array([2, 2]))
    >>> toy_split = Split("session", last, last, last)
    >>> for row in compare(baselines(dataset, toy_split), dataset, divided=toy_split):
    ...     print(row.model, round(row.metrics["mrr"], 2))
    popularity 0.67
    recent popularity 0.75
    last category 0.67
    item neighbours 0.42
    sequential rules 0.75
    """
    divided = divided or split(dataset)
    return Comparison(ModelMetrics(model.name, evaluate(model, dataset, divided, part).metrics()) for model in models)


def baselines(dataset: DataSet, divided: Split | None = None) -> tuple[SessionModel, ...]:
    """Fit the models that need no training: popularity and the like.

    Parameters
    ----------
    dataset : DataSet
    divided : Split or None
        Whose train part they count on; by default the split that the data set's card names.

    Returns
    -------
    tuple of SessionModel

    Examples
    --------
    >>> from streamrec_core import open_data
    >>> [model.name for model in baselines(open_data("streamrec"))]
    ['popularity', 'recent popularity', 'last category', 'item neighbours', 'sequential rules']
    """
    train = (divided or split(dataset)).train
    makers = (popularity, recent_popularity, category_rule, item_neighbours, sequential_rules)
    return tuple(maker(dataset.log, dataset.catalogue, train) for maker in makers)
