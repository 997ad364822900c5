"""Compare a trained model with popularity, item neighbours and sequential rules on validation; warn of a bad one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples, Split
from streamrec_core.evaluation.metrics import METRICS, interval
from streamrec_core.evaluation.ranking import TOP, rank
from streamrec_core.models.card import ModelCard
from streamrec_core.models.neighbours import item_neighbours
from streamrec_core.models.popularity import popularity
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.sequential_rules import sequential_rules

BASELINES: dict[str, Callable[[EventLog, Catalogue, Examples], SessionModel]] = {
    "popularity": popularity,
    "item neighbours": item_neighbours,
    "sequential rules": sequential_rules,
}

REMEDY = "Train it longer or on more sessions, or choose another model."


def against_baselines(model: SessionModel, dataset: DataSet, divided: Split) -> dict[str, dict[str, Any]]:
    """Measure a model against popularity, item neighbours and sequential rules on the validation part.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split

    Returns
    -------
    dict
        By name of the baseline: metric (Hit@10, or NDCG@10 for a catalogue of ten items or fewer, where every list
        hits), model and baseline (means), difference (model less baseline), its paired bootstrap 95 % interval, and
        the number of sessions. Empty where the part is empty.
    """
    examples = divided.validation
    if not len(examples):
        return {}
    metric = "hit@10" if int((~dataset.catalogue.neutral).sum()) > TOP else "ndcg@10"
    values = METRICS[metric].of_ranks(rank(model, dataset, examples).ranks)
    rows = {}
    for name, make in BASELINES.items():
        baseline = make(dataset.log, dataset.catalogue, divided.train)
        reference = METRICS[metric].of_ranks(rank(baseline, dataset, examples).ranks)
        low, high = interval(values - reference) if len(values) > 1 else (-1.0, 1.0)
        rows[name] = {
            "metric": metric,
            "model": float(np.mean(values)),
            "baseline": float(np.mean(reference)),
            "difference": float(np.mean(values - reference)),
            "interval": [low, high],
            "sessions": len(examples),
        }
    return rows


def few_items_note(items: int) -> str:
    """What to say of Hit@10 where the list of ten holds the whole catalogue; else empty.

    Examples
    --------
    >>> few_items_note(1)
    'The catalogue has 1 item: Hit@10 says nothing, since a list of ten holds them all.'
    """
    if items > TOP:
        return ""
    noun = "item" if items == 1 else "items"
    return f"The catalogue has {items} {noun}: Hit@10 says nothing, since a list of ten holds them all."


def model_warning(card: ModelCard | None) -> str:
    """What a reader must know before any explanation of a model: that a simple rule may be as good. Else empty.

    A model is shown to be better than popularity where the whole 95 % interval of the difference lies above zero, and
    worse than a rule where all of it lies below; it must not have a lower mean than any rule.

    Examples
    --------
    >>> from streamrec_core.models.checkpoint import read_card
    >>> model_warning(read_card("streamrec-transformer"))
    ''
    """
    if card is None or not card.baselines:
        return ""
    failed = {
        name: rows
        for name, rows in card.baselines.items()
        if rows["interval"][0] <= 0 and (name == "popularity" or rows["difference"] < 0)
    }
    if not failed:
        return ""
    # The first rule that the model is worse than says more than one that it may be level with.
    name = next((name for name, rows in failed.items() if rows["interval"][1] < 0), next(iter(failed)))
    rows = failed[name]
    title = METRICS[rows["metric"]].title
    figures = f"{title} {rows['model']:.3f}, {name} {rows['baseline']:.3f}, on {rows['sessions']:,} validation sessions"
    if rows["interval"][1] < 0:
        return f"This model is worse than {name} ({figures}); its explanations explain a bad model. {REMEDY}"
    better = "better than" if name == "popularity" else "as good as"
    return (
        f"This model is not shown to be {better} {name} ({figures}); its explanations may explain a bad model. {REMEDY}"
    )
