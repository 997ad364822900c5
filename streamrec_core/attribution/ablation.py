"""Ablation: what a candidate's log-probability loses when a head or a named term is switched off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from streamrec_core.attribution.removal import Case, Standing, Values, stand
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
    """Switch off every head, and every named term, by itself; all cases in one batch each."""
    whole = _standing(model, catalogue, cases).log_probability
    probes = model.attention_probes()
    heads = np.zeros((len(cases), len(probes), max((probe.heads for probe in probes), default=0)))
    for probe in probes:
        for head in range(probe.heads):
            with switched_off(model, [(probe.layer, head)]):
                heads[:, probe.layer, head] = whole - _standing(model, catalogue, cases).log_probability
    everyone = [(probe.layer, head) for probe in probes for head in range(probe.heads)]
    with switched_off(model, everyone):
        together = whole - _standing(model, catalogue, cases).log_probability
    terms = {}
    for name in TERMS if isinstance(model, ReadableModel) else ():
        with switched_off(model, terms=[name]):
            terms[name] = whole - _standing(model, catalogue, cases).log_probability
    return Ablation(heads, together, terms)


def _standing(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case]) -> Standing:
    return stand(model, catalogue, [(case, (), "drop") for case in cases])
