"""One model on one part of a split: metrics with intervals and, where known, the share of the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ceiling import expected_hits, is_target_of_truth, known_truth
from streamrec_core.evaluation.metrics import metrics_of, with_interval
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Results of one model on M examples.

    Attributes
    ----------
    ranks : (M,) int64
        Rank of each target.
    expected, ceiling : (M,) float64 or None
        Known probability mass of the ten recommended and of the ten best items.
    """

    model: str
    split: str
    split_kind: str
    filter_seen: bool
    ranks: IntArray
    expected: npt.NDArray[np.float64] | None
    ceiling: npt.NDArray[np.float64] | None

    def metrics(self) -> dict[str, Any]:
        """Figures by name: `hit@10`, `hit@10_interval` and so on."""
        found = metrics_of(self.ranks, self.split, self.split_kind, self.filter_seen)
        if self.expected is not None and self.ceiling is not None:
            found |= with_interval("expected_hit@10", self.expected)
            found["ceiling_hit@10"] = float(self.ceiling.mean())
            found["share_of_ceiling"] = float(self.expected.mean() / self.ceiling.mean())
        return found


def evaluate(
    model: SessionModel,
    dataset: DataSet,
    divided: Split,
    part: str = "test",
    filter_seen: bool | None = None,
) -> Evaluation:
    """Evaluate a model on a part of a split, over the whole catalogue; raises `BadInput` where the part is empty."""
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
    """Evaluate a model on any examples; `part` and `kind` are words for the report."""
    seen = dataset.card.filter_seen if filter_seen is None else filter_seen
    found = rank(model, dataset, examples, seen)
    truth = known_truth(dataset) if is_target_of_truth(dataset, examples) else None
    expected = ceiling = None
    if truth is not None and len(examples):
        expected, ceiling = expected_hits(truth, dataset.catalogue, examples, found.top)
    return Evaluation(model.name, part, kind, seen, found.ranks, expected, ceiling)
