"""An additive model's main parameters in plain words: named terms and follower weights of its heads, over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.case import first_recommendations
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENT_WORDS, Wording
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.card import OverSeeds, TermSpread
from streamrec_core.models.protocol import AdditiveModel, SessionModel

WORDS = {
    "recency": "each event further back counts {factor} as much as the one after it",
    "same category": "an event of the last item's category counts {factor} as much as any other",
    "opening": "the first event of the session counts {factor} as much as any other",
    "repeat": "an item that came up more than once counts {factor} as much as one that did not",
    "same series": "an episode of the last item's series counts {factor} as much as anything else",
    "engagement": "the strongest engagement counts {factor} as much as the weakest",
}
TITLES = {
    "recency": "How recent it is",
    "same category": "Same category as the last item",
    "opening": "What the session opened with",
    "repeat": "Coming back to an item",
    "same series": "Same series as the last item",
    "engagement": "How strongly people engaged",
}

MINUS = "−"
FOLLOWERS = "followers"
"""Names, beside the terms in `TERMS`, how much a head counts what followed a title in training."""
FOLLOWERS_TITLE = "What people watched next"
FOLLOWERS_WORDS = "what people watched next after a title counts {range}, most after a title {most}"
FOLLOWERS_AGAINST = "what people watched next after a title counts against it, {range}, most after a title {most}"
FOLLOWERS_ALIKE = "what people watched next after a title counts {range}, whatever people did with it"


@dataclass(frozen=True)
class Parameter:
    """One named term of one head, or how much the head counts followers.

    Attributes
    ----------
    term : str
        Name in `TERMS`, or `FOLLOWERS`.
    title : str
        What it is called on pages.
    figure : float
        What it adds to the attention score; for recency, what each event further back costs; of followers, the mean
        over engagements of what they are multiplied with beside attention.
    words : str
        The same in plain words, as a factor on attention.
    spread : TermSpread or None
        Mean and 95 % interval over seeds; None where the model was trained with one seed.
    """

    layer: int
    head: int
    term: str
    title: str
    figure: float
    words: str
    spread: TermSpread | None


def main_parameters(
    model: SessionModel, over_seeds: OverSeeds | None = None, wording: Wording = "events"
) -> tuple[Parameter, ...]:
    """Every named term of every head, term by term, the largest figure first, then how much heads count followers.

    Parameters
    ----------
    model : SessionModel
        One that is not additive has none.
    over_seeds : OverSeeds or None
        How far the figures differ between seeds, where that is known.
    wording : str
        How the data set speaks of engagement: events or ratings.
    """
    if not isinstance(model, AdditiveModel):
        return ()
    known = {(one.layer, one.head, one.term): one for one in over_seeds.terms} if over_seeds else {}
    terms = [
        Parameter(layer, head, term, TITLES[term], figure, in_words(term, figure), known.get((layer, head, term)))
        for layer, terms in enumerate(model.named_terms())
        for term, figures in terms.figures().items()
        for head, figure in enumerate(figures)
        if figure is not None
    ]
    followers = [
        Parameter(
            layer,
            head,
            FOLLOWERS,
            FOLLOWERS_TITLE,
            float(np.mean(weights)),
            followers_in_words(weights, wording),
            known.get((layer, head, FOLLOWERS)),
        )
        for layer, heads in enumerate(model.follower_weights())
        for head, weights in enumerate(heads.tolist())
        if model.followers.columns.shape[1]
    ]
    order = [*TITLES, FOLLOWERS]
    return tuple(sorted([*terms, *followers], key=lambda one: (order.index(one.term), -abs(one.figure))))


def followers_in_words(weights: Sequence[float], wording: Wording = "events") -> str:
    """How much a head counts what followed a title, from the lowest to the highest over the engagements of an event.

    Parameters
    ----------
    weights : sequence of 5 float
        By engagement.
    wording : str
        How the data set speaks of engagement.
    """
    low, high = (f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS) for value in (min(weights), max(weights)))
    if low == high:
        return FOLLOWERS_ALIKE.format(range=high)
    against = max(weights) <= 0
    most = ENGAGEMENT_WORDS[wording][int(np.argmin(weights) if against else np.argmax(weights))]
    return (FOLLOWERS_AGAINST if against else FOLLOWERS_WORDS).format(range=f"{low} to {high}", most=most)


def in_words(term: str, figure: float) -> str:
    """What a figure does to attention: a score that is larger by x gets exp(x) times the weight."""
    return WORDS[term].format(factor=_factor(math.exp(-figure if term == "recency" else figure)))


def _factor(value: float) -> str:
    if value >= 10:
        return f"{value:,.0f} times"
    return f"{value:.1f} times" if value >= 1 else f"{value:.2f} times"


def spread_over_seeds(models: Sequence[AdditiveModel]) -> OverSeeds:
    """Mean of each figure over models that differ in their seed only, with Student's 95 % interval of the mean."""
    rows = [{(one.layer, one.head, one.term): one.figure for one in main_parameters(model)} for model in models]
    terms = [_of_seeds(*place, np.array([row[place] for row in rows])) for place in rows[0]]
    return OverSeeds(seeds=len(models), terms=tuple(terms))


def _of_seeds(layer: int, head: int, term: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> TermSpread:
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)) if len(values) > 1 else 0.0
    mean = float(values.mean())
    return TermSpread(layer=layer, head=head, term=term, mean=mean, low=mean - half, high=mean + half)


@dataclass(frozen=True)
class TermEffect:
    """What a named term is worth over many sessions.

    Attributes
    ----------
    mean : float
        Mean fall, in nats, of the first recommendation's log-probability when the term is switched off in all heads.
    interval : tuple of float
        95 % bootstrap interval over sessions.
    """

    term: str
    title: str
    mean: float
    interval: tuple[float, float]


def mean_term_effects(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[TermEffect, ...]:
    """Switch every named term off by itself, over many sessions; nothing for a model without them."""
    if not isinstance(model, AdditiveModel):
        return ()
    histories = examples.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    effects = switch_off_each(model, dataset.catalogue, cases).terms
    return tuple(
        TermEffect(name, TITLES[name], float(values.mean()), interval(values)) for name, values in effects.items()
    )
