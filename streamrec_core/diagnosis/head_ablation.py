"""Heads and named terms switched off: what it does to one recommendation, and to Hit@10 over a stated sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streamrec_core.attribution.ablation import switched_off
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.rank_changes import Shift, shift
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import hits, interval
from streamrec_core.evaluation.ranking import rank, score_history
from streamrec_core.models.protocol import AdditiveModel, SessionModel
from streamrec_core.models.terms import TERMS


@dataclass(frozen=True)
class Off:
    """What is switched off.

    Attributes
    ----------
    heads : tuple of (layer, head)
        Counted from 0, rising.
    terms : tuple of str
        Names in `TERMS`, in that order.
    """

    heads: tuple[tuple[int, int], ...] = ()
    terms: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.heads or self.terms)

    def write(self) -> str:
        """As a link carries it: `0.1_1.3_same-category`."""
        heads = [f"{layer}.{head}" for layer, head in self.heads]
        return "_".join([*heads, *(name.replace(" ", "-") for name in self.terms)])


def parts_of(model: SessionModel) -> Off:
    """Everything of a model that can be switched off."""
    heads = tuple((probe.layer, head) for probe in model.attention_probes() for head in range(probe.heads))
    return Off(heads, TERMS if isinstance(model, AdditiveModel) else ())


def read_off(text: str, model: SessionModel) -> Off:
    """What `Off.write` wrote, for this model; raises `BadInput` for a head or a term that it does not have."""
    every = parts_of(model)
    heads = {f"{layer}.{head}": (layer, head) for layer, head in every.heads}
    terms = {name.replace(" ", "-"): name for name in every.terms}
    wanted = set(filter(None, text.split("_")))
    if unknown := sorted(wanted - set(heads) - set(terms)):
        known = ", ".join([*heads, *terms]) or "none: it has no attention"
        raise BadInput(f"{model.name} has no part {unknown[0][:40]!r} to switch off; it has {known}")
    return Off(
        tuple(place for name, place in heads.items() if name in wanted),
        tuple(term for name, term in terms.items() if name in wanted),
    )


def without(model: SessionModel, dataset: DataSet, history: Session, off: Off) -> Shift:
    """How the ten move when these parts are switched off."""
    catalogue, seen = dataset.catalogue, dataset.card.filter_seen
    before = score_history(model, catalogue, history, seen)
    with switched_off(model, off.heads, off.terms):
        after = score_history(model, catalogue, history, seen)
    return shift(before, after, catalogue)


def ranks_without(model: SessionModel, dataset: DataSet, examples: Examples, off: Off) -> IntArray:
    """(M,) ranks of the examples' targets with these parts switched off; none off gives the model as it is."""
    with switched_off(model, off.heads, off.terms):
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
    """Hit@10 from ranks before and after, given in pieces; intervals are 95 % bootstrap over sessions, paired."""
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
