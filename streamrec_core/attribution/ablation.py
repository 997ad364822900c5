"""Head ablation: what a candidate's log-probability loses when an attention head or a named term is switched off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from streamrec_core.attribution.candidate_scores import SCORES_AT_ONCE, Values, candidate_scores
from streamrec_core.attribution.case import Case, whole_batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.device import device_of
from streamrec_core.models.probe import editing
from streamrec_core.models.protocol import SessionModel, term_names
from streamrec_core.models.terms import terms_by_row, terms_off
from streamrec_core.models.variants import shared_event_scores


@dataclass(frozen=True, eq=False)
class AblationEffects:
    """What the candidates of n cases lose without each part of a model.

    Attributes
    ----------
    heads : (n, layers, H) float64
        Drop of the candidate's log-probability, in nats, when the head's output is set to zero; negative where it
        rises.
    together : (n,) float64
        The same when all heads are switched off at once; heads that do the same cover for each other, so that
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
    """Run a model without some heads and named terms; they are on again afterwards, also after an error.

    Parameters
    ----------
    model : SessionModel
    heads : sequence of (int, int)
        Layer and head, counted from 0.
    terms : sequence of str
        Names in `TERMS`.
    """
    probes = {probe.layer: probe for probe in model.attention_probes()}
    off = {layer: [head for head_layer, head in heads if head_layer == layer] for layer, _ in heads}
    with editing({probes[layer]: partial(_silence, numbers) for layer, numbers in off.items()}), terms_off(terms):
        yield


def _silence(heads: list[int], weights: Tensor) -> Tensor:
    return weights.index_fill(1, torch.tensor(heads, device=weights.device), 0.0)


def switch_off_each(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case]) -> AblationEffects:
    """Switch off every head, and every named term, by itself; all of them and all cases in one batch.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
        n of them.

    Returns
    -------
    AblationEffects
    """
    probes = model.attention_probes()
    each = [(probe.layer, head) for probe in probes for head in range(probe.heads)]
    names = term_names(model)
    parts = [_Part(), *(_Part((head,)) for head in each), *(_Part(term=name) for name in names), _Part(tuple(each))]
    log_probability = _without(model, catalogue, cases, parts)
    drops = log_probability[:, :1] - log_probability  # (n, parts); the first part is the whole model
    heads = np.zeros((len(cases), len(probes), max((probe.heads for probe in probes), default=0)))
    for number, (layer, head) in enumerate(each, start=1):
        heads[:, layer, head] = drops[:, number]
    terms = {name: drops[:, number] for number, name in enumerate(names, start=1 + len(each))}
    return AblationEffects(heads, drops[:, -1], terms)


@dataclass(frozen=True)
class _Part:
    """What is switched off together: heads (layer, head), or a named term; nothing for the whole model."""

    heads: tuple[tuple[int, int], ...] = ()
    term: str = ""


def _without(model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], parts: Sequence[_Part]) -> Values:
    """(n, parts) log-probability of each candidate without each part; a part of a case is a row of the batch."""
    probes = model.attention_probes()
    head_on = torch.ones(len(parts), len(probes), max((probe.heads for probe in probes), default=0))
    for row, part in enumerate(parts):
        for layer, head in part.heads:
            head_on[row, layer, head] = 0.0
    device = device_of(model)
    term_on = {part.term: torch.tensor([float(other != part) for other in parts]) for part in parts if part.term}
    log_probability = np.zeros((len(cases), len(parts)))
    step = max(1, SCORES_AT_ONCE // (len(catalogue) * len(parts)))
    for start in range(0, len(cases), step):
        some = cases[start : start + step]
        rows = [case for case in some for _ in parts]
        heads = head_on.repeat(len(some), 1, 1).to(device)  # (n * parts, layers, H)
        edits = {probe: partial(_switch, heads[:, probe.layer, : probe.heads]) for probe in probes}
        terms = {name: on.repeat(len(some)).to(device) for name, on in term_on.items()}
        with torch.inference_mode(), editing(edits), terms_by_row(terms):
            scores = shared_event_scores(model, whole_batch(rows, catalogue).to(device))
        scored = candidate_scores(scores, rows, catalogue)
        log_probability[start : start + step] = scored.log_probability.reshape(-1, len(parts))
    return log_probability


def _switch(heads: Tensor, weights: Tensor) -> Tensor:
    """Weights (B, H, T, L) times 1 or 0 for each head (B, H)."""
    return weights * heads[:, :, None, None]
