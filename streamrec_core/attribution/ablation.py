"""Ablation: what a candidate's log-probability loses when a head or a named term is switched off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from streamrec_core.attribution.case import whole_batch
from streamrec_core.attribution.removal import SCORES_AT_ONCE, Case, Standing, Values, stand, standing_of
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.probe import editing
from streamrec_core.models.protocol import ReadableModel, SessionModel
from streamrec_core.models.terms import TERMS, terms_off


@dataclass(frozen=True, eq=False)
class Ablation:
    """What each part of a model does for the candidates of n cases.

    Attributes
    ----------
    heads : (n, layers, H) float64
        Fall of the candidate's log-probability, in nats, when the head's output is left out; negative where it rises.
    together : (n,) float64
        The same when all heads are switched off at once; heads that say the same thing cover for each other, so that
        this can be much when each of them alone is little.
    terms : dict of str to (n,) float64
        The same when a named term is left out of the scores of every head; empty for a model without them.
    """

    heads: Values
    together: Values
    terms: dict[str, Values]


@contextmanager
def switched_off(
    model: SessionModel, heads: Sequence[tuple[int, int]] = (), terms: Sequence[str] = ()
) -> Iterator[None]:
    """Run the model without these heads (layer, head) and named terms; on again afterwards, also after an error."""
    probes = {probe.layer: probe for probe in model.attention_probes()}
    off = {layer: [head for of, head in heads if of == layer] for layer, _ in heads}
    with editing({probes[layer]: partial(_silence, numbers) for layer, numbers in off.items()}), terms_off(terms):
        yield


def _silence(heads: list[int], weights: Tensor) -> Tensor:
    return weights.index_fill(1, torch.tensor(heads), 0.0)


def switch_off_each(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case]) -> Ablation:
    """Switch off every head, and every named term, by itself; all heads of all cases in one batch."""
    probes = model.attention_probes()
    each = [(probe.layer, head) for probe in probes for head in range(probe.heads)]
    found = _without_heads(model, catalogue, cases, [[], *([one] for one in each), each])
    whole = found[:, 0]
    heads = np.zeros((len(cases), len(probes), max((probe.heads for probe in probes), default=0)))
    for number, (layer, head) in enumerate(each, start=1):
        heads[:, layer, head] = whole - found[:, number]
    terms = {}
    for name in TERMS if isinstance(model, ReadableModel) else ():
        with switched_off(model, terms=[name]):
            terms[name] = whole - _standing(model, catalogue, cases).log_probability
    return Ablation(heads, whole - found[:, -1], terms)


def _without_heads(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], groups: Sequence[Sequence[tuple[int, int]]]
) -> Values:
    """(n, groups) log-probability of each candidate without each group of heads; a group is a row of the batch."""
    probes = model.attention_probes()
    loud = torch.ones(len(groups), len(probes), max((probe.heads for probe in probes), default=0))
    for row, group in enumerate(groups):
        for layer, head in group:
            loud[row, layer, head] = 0.0
    found = np.zeros((len(cases), len(groups)))
    step = max(1, SCORES_AT_ONCE // (len(catalogue) * len(groups)))
    for start in range(0, len(cases), step):
        part = [case for case in cases[start : start + step] for _ in groups]
        keep = loud.repeat(len(part) // len(groups), 1, 1)  # (n * groups, layers, H)
        edits = {probe: partial(_keep, keep[:, probe.layer, : probe.heads]) for probe in probes}
        with torch.inference_mode(), editing(edits):
            scores = model.logits(whole_batch(part, catalogue))
        found[start : start + step] = standing_of(scores, part, catalogue).log_probability.reshape(-1, len(groups))
    return found


def _keep(heads: Tensor, weights: Tensor) -> Tensor:
    """Weights (B, H, T, L) of the heads that are kept (B, H), zero for those that are not."""
    return weights * heads[:, :, None, None]


def _standing(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case]) -> Standing:
    return stand(model, catalogue, [(case, (), "drop") for case in cases])
