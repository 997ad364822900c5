"""Main parameters of an additive model in plain words: named terms and follower weights of its heads, over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.case import first_recommendations
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords
from streamrec_core.data.nouns import in_log_words
from streamrec_core.data.shown_number import shown_number
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.card import OverSeeds, TermSpread
from streamrec_core.models.protocol import AdditiveModel, SessionModel

WORDS = {
    "recency": "each event further back counts {factor} as much as the one after it",
    "same category": "an event of the last item's category counts {factor} as much as any other",
    "opening": "the first event of the session counts {factor} as much as any other",
    "repeat": "an item that appears more than once counts {factor} as much as one that does not",
    "same series": "an episode of the last item's series counts {factor} as much as anything else",
    "time gap": "an event an hour before the last one counts {factor} as much as one of the same moment",
    "engagement": "the strongest engagement counts {factor} as much as the weakest",
}
TITLES = {
    "recency": "Recency",
    "same category": "Same category as the last item",
    "opening": "First event of the session",
    "repeat": "Repeated item",
    "same series": "Same series as the last item",
    "time gap": "Time since the event",
    "engagement": "Strength of engagement",
}
COSTS = ("recency", "time gap")
"""Terms whose figure is what an event loses: by one event further back, by an hour."""

FOLLOWERS = "followers"
"""Key of the follower weight, beside the terms in `TERMS`: how much a head counts what followed a title in training."""
FOLLOWERS_TITLE = "What people watched next"
SOON_AFTER_TITLE = "What people watched soon after"
SOON_AFTER_WORDS = "what people watched within {reach} titles after a title counts {range}"
FOLLOWERS_WORDS = "what people watched next after a title counts {range}, most after a title {most}"
FOLLOWERS_AGAINST = "what people watched next after a title counts against it, {range}, most after a title {most}"
FOLLOWERS_ALIKE = "what people watched next after a title counts {range}, whatever the engagement"


@dataclass(frozen=True)
class Parameter:
    """One named term of one head, or how much the head counts followers.

    Attributes
    ----------
    layer, head : int
    term : str
        Name in `TERMS`, or `FOLLOWERS`.
    title : str
        Its name on pages.
    figure : float
        What it adds to the attention score; for recency, what each event further back costs, for the time gap what an
        hour costs; of followers, the mean over engagements of what they are multiplied with beside attention.
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
    model: SessionModel, over_seeds: OverSeeds | None = None, words: LogWords = STREAMREC_WORDS
) -> tuple[Parameter, ...]:
    """List every named term of every head, term by term, the largest figure first, then the follower weights.

    Parameters
    ----------
    model : SessionModel
        One that is not additive has none.
    over_seeds : OverSeeds or None
        Spread of the figures between seeds, where that is known.
    words : LogWords
        Of the data set.

    Returns
    -------
    tuple of Parameter
    """
    if not isinstance(model, AdditiveModel):
        return ()
    spreads = {(spread.layer, spread.head, spread.term): spread for spread in over_seeds.terms} if over_seeds else {}
    terms = [
        Parameter(
            layer,
            head,
            term,
            in_log_words(TITLES[term], words),
            figure,
            in_log_words(in_words(term, figure), words),
            spreads.get((layer, head, term)),
        )
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
            in_log_words(FOLLOWERS_TITLE if model.follower_table.within == 1 else SOON_AFTER_TITLE, words),
            float(np.mean(weights)),
            followers_in_words(weights, words, model.follower_table.within),
            spreads.get((layer, head, FOLLOWERS)),
        )
        for layer, heads in enumerate(model.follower_weights())
        for head, weights in enumerate(heads.tolist())
        if model.follower_table.columns.shape[1] and (any(weights) or not model.follower_table.weighed_at_end)
    ]
    order = [*TITLES, FOLLOWERS]
    return tuple(sorted([*terms, *followers], key=lambda row: (order.index(row.term), -abs(row.figure))))


def followers_in_words(weights: Sequence[float], words: LogWords = STREAMREC_WORDS, reach: int = 1) -> str:
    """Say how much a head counts what followed a title, from the lowest to the highest over engagements.

    Parameters
    ----------
    weights : sequence of W float
        By engagement, from the weakest to the strongest.
    words : LogWords
        Of the data set.
    reach : int
        How many events after a title what followed it may come.

    Returns
    -------
    str
    """
    low, high = shown_number(min(weights)), shown_number(max(weights))
    if reach > 1:
        count = low if low == high else f"{low} to {high}"
        return in_log_words(SOON_AFTER_WORDS, words).format(reach=reach, range=count)
    if low == high:
        return in_log_words(FOLLOWERS_ALIKE, words).format(range=high)
    against = max(weights) <= 0
    most = words.phrases[int(np.argmin(weights) if against else np.argmax(weights))]
    return in_log_words(FOLLOWERS_AGAINST if against else FOLLOWERS_WORDS, words).format(
        range=f"{low} to {high}", most=most
    )


def in_words(term: str, figure: float) -> str:
    """Say what a figure does to attention: a score that is larger by x gets exp(x) times the weight.

    Parameters
    ----------
    term : str
        Name in `TERMS`.
    figure : float
        Added to the attention score.

    Returns
    -------
    str

    Examples
    --------
    >>> in_words("repeat", 0.7)
    'an item that appears more than once counts 2.0 times as much as one that does not'
    """
    return WORDS[term].format(factor=_factor(math.exp(-figure if term in COSTS else figure)))


def _factor(value: float) -> str:
    if value < 0.005:
        return "less than 0.01 times"
    if value >= 10:
        return f"{value:,.0f} times"
    return f"{value:.1f} times" if value >= 1 else f"{value:.2f} times"


def spread_over_seeds(models: Sequence[AdditiveModel]) -> OverSeeds:
    """Average each figure over models that differ in their seed only, with Student's 95 % interval of the mean."""
    rows = [
        {(parameter.layer, parameter.head, parameter.term): parameter.figure for parameter in main_parameters(model)}
        for model in models
    ]
    terms = [_of_seeds(*key, np.array([row[key] for row in rows])) for key in rows[0]]
    return OverSeeds(seeds=len(models), terms=tuple(terms))


def _of_seeds(layer: int, head: int, term: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> TermSpread:
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)) if len(values) > 1 else 0.0
    mean = float(values.mean())
    return TermSpread(layer=layer, head=head, term=term, mean=mean, low=mean - half, high=mean + half)


@dataclass(frozen=True)
class TermEffect:
    """Mean effect of a named term over many sessions.

    Attributes
    ----------
    term, title : str
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
    """Switch every named term off in turn, over many sessions.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    tuple of TermEffect
        Empty for a model without named terms.
    """
    if not isinstance(model, AdditiveModel):
        return ()
    histories = examples.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    effects = switch_off_each(model, dataset.catalogue, cases).terms
    return tuple(
        TermEffect(name, TITLES[name], float(values.mean()), interval(values)) for name, values in effects.items()
    )
