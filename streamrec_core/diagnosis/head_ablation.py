"""Head ablation: switch off heads and named terms, and measure rank changes and Hit@10 without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streamrec_core.attribution.ablation import switched_off
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.rank_changes import RankChanges, compare_rankings
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import hits, interval
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import SessionModel, term_names


@dataclass(frozen=True)
class ModelParts:
    """Heads and named terms of a model, such as those to switch off.

    Attributes
    ----------
    heads : tuple of (layer, head)
        Counted from 0, ascending.
    terms : tuple of str
        Names in `TERMS`, in that order.
    """

    heads: tuple[tuple[int, int], ...] = ()
    terms: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.heads or self.terms)

    def write(self) -> str:
        """Write it for a link: `0.1_1.3_same-category`."""
        heads = [f"{layer}.{head}" for layer, head in self.heads]
        return "_".join([*heads, *(name.replace(" ", "-") for name in self.terms)])


def all_parts(model: SessionModel) -> ModelParts:
    """All heads and named terms of a model."""
    heads = tuple((probe.layer, head) for probe in model.attention_probes() for head in range(probe.heads))
    return ModelParts(heads, term_names(model))


def read_parts(text: str, model: SessionModel) -> ModelParts:
    """Read what `ModelParts.write` wrote.

    Parameters
    ----------
    text : str
        Such as `0.1_1.3_same-category`.
    model : SessionModel
        Must have all the heads and terms that are named.

    Returns
    -------
    ModelParts

    Raises
    ------
    BadInput
        The model has no such head or term.
    """
    every = all_parts(model)
    heads = {f"{layer}.{head}": (layer, head) for layer, head in every.heads}
    terms = {name.replace(" ", "-"): name for name in every.terms}
    names = set(filter(None, text.split("_")))
    if unknown := sorted(names - set(heads) - set(terms)):
        parts = ", ".join([*heads, *terms]) or "none: it has no attention"
        raise BadInput(f"{model.name} has no part {unknown[0][:40]!r} to switch off; it has {parts}")
    return ModelParts(
        tuple(head for name, head in heads.items() if name in names),
        tuple(term for name, term in terms.items() if name in names),
    )


def rank_changes_without(model: SessionModel, dataset: DataSet, history: Session, ablation: ModelParts) -> RankChanges:
    """Compare the recommendations for one session with and without some parts of the model.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    history : Session
        The events before the prediction.
    ablation : ModelParts
        What to switch off.

    Returns
    -------
    RankChanges
        Before: all parts on; after: these parts off.
    """
    catalogue, seen = dataset.catalogue, dataset.card.filter_seen
    before = score_history(model, catalogue, history, seen)
    with switched_off(model, ablation.heads, ablation.terms):
        after = score_history(model, catalogue, history, seen)
    return compare_rankings(before, after, catalogue)


def ranks_without(model: SessionModel, dataset: DataSet, examples: Examples, ablation: ModelParts) -> IntArray:
    """Rank the targets of examples without some parts of the model.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        M of them.
    ablation : ModelParts
        What to switch off; nothing leaves the model whole.

    Returns
    -------
    (M,) int64
        1 is best.
    """
    with switched_off(model, ablation.heads, ablation.terms):
        return rank(model, dataset, examples).ranks


@dataclass(frozen=True)
class HitChange:
    """Hit@10 before and after, over the same n sessions; `change` is after minus before, session by session."""

    before: float
    before_interval: tuple[float, float]
    after: float
    after_interval: tuple[float, float]
    change: float
    change_interval: tuple[float, float]
    sessions: int


def hit_change(before: Sequence[IntArray], after: Sequence[IntArray]) -> HitChange:
    """Compare Hit@10 of the same examples before and after, with paired 95 % bootstrap intervals over sessions.

    Parameters
    ----------
    before, after : sequence of (n,) int64
        Ranks of the targets, in one or more pieces.

    Returns
    -------
    HitChange

    Examples
    --------
    >>> hit_change([np.array([1, 30])], [np.array([1, 2])]).change
    0.5
    """
    first, second = hits(np.concatenate(before)), hits(np.concatenate(after))
    return HitChange(
        before=float(first.mean()),
        before_interval=interval(first),
        after=float(second.mean()),
        after_interval=interval(second),
        change=float((second - first).mean()),
        change_interval=interval(second - first),
        sessions=len(first),
    )
