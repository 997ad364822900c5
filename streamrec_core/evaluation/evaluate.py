"""Evaluate a model on one part of a split: metrics with intervals and, where known, the share of the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split, split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ceiling import expected_hits, is_target_of_truth, known_truth
from streamrec_core.evaluation.metrics import metrics_of, with_interval
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import SessionModel
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Evaluation(NotebookResult):
    """Results of one model on M examples.

    Attributes
    ----------
    model, split, split_kind : str
        Name of the model, part that was evaluated, and how the log was divided.
    filter_seen : bool
        Whether items of the history were excluded.
    ranks : (M,) int64
        Rank of each target.
    expected, ceiling : (M,) float64 or None
        Known probability mass of the ten recommended and of the ten best items.
    lists : (M, 10) int64 or None
        Catalogue rows of the recommendations, best first, filled up with -1.
    """

    model: str
    split: str
    split_kind: str
    filter_seen: bool
    ranks: IntArray
    expected: npt.NDArray[np.float64] | None
    ceiling: npt.NDArray[np.float64] | None
    lists: IntArray | None = None

    def to_pandas(self) -> pd.DataFrame:
        """One row a metric, with the bounds of its 95 % interval."""
        import pandas as pd

        return pd.DataFrame(metric_rows(self.metrics()))

    def summary(self) -> tuple[str, ...]:
        """Which model on how many targets."""
        return (f"{self.model} on {len(self.ranks):,} {self.split} targets ({self.split_kind} split)",)

    def metrics(self) -> dict[str, Any]:
        """Figures by name: `hit@10`, `hit@10_interval` and so on."""
        metrics = metrics_of(self.ranks, self.split, self.split_kind, self.filter_seen)
        if self.expected is not None and self.ceiling is not None:
            metrics |= with_interval("expected_hit@10", self.expected)
            metrics["ceiling_hit@10"] = float(self.ceiling.mean())
            metrics["share_of_ceiling"] = float(self.expected.mean() / self.ceiling.mean())
        return metrics


def metric_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Metric, value, low and high of every figure that `Evaluation.metrics` names."""
    return [
        {"metric": name, "value": value, "low": low, "high": high}
        for name, value in metrics.items()
        if isinstance(value, float)
        for low, high in [metrics.get(f"{name}_interval", (None, None))]
    ]


def evaluate(
    model: SessionModel,
    dataset: DataSet,
    divided: Split | None = None,
    part: str = "test",
    filter_seen: bool | None = None,
) -> Evaluation:
    """Evaluate a model on a part of a split, ranking the whole catalogue.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split or None
        See `split`; None: as the data set's card says.
    part : str
        train, validation or test.
    filter_seen : bool or None
        Whether items of the history are excluded; None: as the data set's card says.

    Returns
    -------
    Evaluation

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
    >>> from streamrec_core.models.popularity import popularity
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> log = EventLog(("s0", "s1"), ragged([3, 3]), np.array([0, 1, 2, 0, 1, 1], np.int32), np.zeros(6, np.int8))
    >>> dataset = make_dataset(catalogue, log, name="toy", kind="log", source="by hand", licence="none")
    >>> last = Examples(np.array([0, 1]), np.array([2, 2]))
    >>> model = popularity(log, catalogue, last)
    >>> evaluate(model, dataset, Split("session", last, last, last)).ranks.tolist()
    [3, 1]
    """
    divided = divided or split(dataset)
    examples = divided.part(part)
    if not len(examples):
        raise BadInput(
            f"{dataset.name}: the {part} part of its {divided.kind} split holds no target; choose another part or "
            "give more sessions"
        )
    return evaluate_on(model, dataset, examples, part, divided.kind, filter_seen)


def evaluate_on(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    part: str,
    kind: str,
    filter_seen: bool | None = None,
) -> Evaluation:
    """Evaluate a model on any examples, ranking the whole catalogue.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        M of them.
    part, kind : str
        What the record says of them: part, and kind of split.
    filter_seen : bool or None
        Whether items of the history are excluded; None: as the data set's card says.

    Returns
    -------
    Evaluation
    """
    seen = dataset.card.filter_seen if filter_seen is None else filter_seen
    ranking = rank(model, dataset, examples, seen)
    truth = known_truth(dataset) if is_target_of_truth(dataset, examples) else None
    expected = ceiling = None
    if truth is not None and len(examples):
        expected, ceiling = expected_hits(truth, dataset.catalogue, examples, ranking.top)
    return Evaluation(model.name, part, kind, seen, ranking.ranks, expected, ceiling, ranking.lists)
