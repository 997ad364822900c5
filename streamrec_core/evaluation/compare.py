"""Models side by side on the same targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.models.neighbours import item_neighbours
from streamrec_core.models.popularity import category_rule, popularity, recent_popularity
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True)
class ModelMetrics:
    """One model's line in the table; `metrics` as `Evaluation.metrics` names them."""

    model: str
    metrics: dict[str, Any]


def compare(
    models: Sequence[SessionModel], dataset: DataSet, part: str = "test", divided: Split | None = None
) -> tuple[ModelMetrics, ...]:
    """Evaluate models on one part of the same split, in the order given."""
    divided = divided or split(dataset)
    return tuple(ModelMetrics(model.name, evaluate(model, dataset, divided, part).metrics()) for model in models)


def baselines(dataset: DataSet, divided: Split | None = None) -> tuple[SessionModel, ...]:
    """Models that need no training: popularity, recent popularity, last category, item neighbours."""
    train = (divided or split(dataset)).train
    makers = (popularity, recent_popularity, category_rule, item_neighbours)
    return tuple(maker(dataset.log, dataset.catalogue, train) for maker in makers)
