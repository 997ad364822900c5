"""Posterior probability of each cause of the next event, exact, given a history of the preset `streamrec`.

Each event depends on the hidden preferences only by the rank of its own category among them, so that the posterior is
a sum over ordered choices that `preferred_posterior` does exactly. The causes of the next event follow from it: they
are linear in the probability that a category has a rank. The results are tested against a sum over every hidden state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import FULL_VIEW
from streamrec_core.data.splits import Examples
from streamrec_core.data.synthetic.streamrec import Service, StreamRecSettings
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.preferred_posterior import preferred_posterior

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histories:
    """Histories of n sessions without their neutral events, on which nothing depends; padded at the end.

    Attributes
    ----------
    lengths : (n,) int64
    items, categories, engagements, positions : (n, L) int64
        `positions` are those in the session, neutral events counted.
    """

    lengths: IntArray
    items: IntArray
    categories: IntArray
    engagements: IntArray
    positions: IntArray


@dataclass(frozen=True, eq=False)
class CauseProbabilities:
    """Probability of every cause of the next event.

    Attributes
    ----------
    next_episode, opening, exploration : (n,) float64
    recent : (n, L) float64
        Of following the category of each event of the history.
    preference : (n, C) float64
        Of following a preference for each category.
    """

    next_episode: Values
    opening: Values
    exploration: Values
    recent: Values
    preference: Values


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Shares of the five causes at one step of n sessions, each (n,); they sum to 1."""

    next_episode: Values
    opening: Values
    recent: Values
    preference: Values
    exploration: Values


def histories_of(dataset: DataSet, examples: Examples) -> Histories:
    """Collect the histories of examples, neutral events left out.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M of them.

    Returns
    -------
    Histories
    """
    log, catalogue = dataset.log, dataset.catalogue
    columns = np.arange(int(examples.ends.max(initial=1)))
    inside = columns < examples.ends[:, None]
    events = np.where(inside, log.offsets[examples.sessions][:, None] + columns, 0)
    content = inside & ~catalogue.neutral[log.items[events]]
    lengths = content.sum(1)
    positions = np.argsort(~content, axis=1, kind="stable")[:, : int(lengths.max(initial=1))]
    events = np.take_along_axis(events, positions, axis=1)  # content first, (M, L) -> (M, L')
    items = log.items[events].astype(np.int64)
    engagements = log.engagements[events].astype(np.int64)
    return Histories(lengths, items, catalogue.category_of[items], engagements, positions)


def cause_probabilities(service: Service, histories: Histories, length_known: bool = True) -> CauseProbabilities:
    """Probability of what the next event of each history follows, before it is seen.

    Parameters
    ----------
    service : Service
        The generator, with the parameters that the observer believes in.
    histories : Histories
    length_known : bool
        Whether the observer knows that the next event is the session's last.

    Returns
    -------
    CauseProbabilities
        They sum to 1 in each history.

    Raises
    ------
    BadInput
        A history cannot come from the generator.
    """
    if length_known:
        return _given_lengths(service, histories, histories.lengths)[0]
    return _over_lengths(service, histories)


def _over_lengths(service: Service, histories: Histories) -> CauseProbabilities:
    """Mean over the history lengths that are still possible, weighted by their posterior."""
    settings = service.settings
    shortest, longest = settings.shortest, max(settings.longest, int(histories.lengths.max(initial=0)))
    # Likelihoods are taken relative to that of the shortest possible length, so that none underflows.
    first_possible = np.maximum(histories.lengths, shortest)
    log_prior = np.log(np.maximum(length_probabilities(settings, np.arange(longest + 1)), 1e-300))
    total, reference = np.zeros(len(histories.lengths)), np.zeros(len(histories.lengths))
    sums: dict[str, Values] = {}
    for length in range(shortest, longest + 1):
        rows = np.flatnonzero(first_possible <= length)
        possible = Histories(**{field.name: getattr(histories, field.name)[rows] for field in fields(Histories)})
        causes, log_likelihood = _given_lengths(service, possible, np.full(len(rows), length))
        evidence = log_likelihood + log_prior[length]
        starts = first_possible[rows] == length
        reference[rows[starts]] = evidence[starts]
        weight = np.exp(evidence - reference[rows])
        total[rows] += weight
        for name, value in vars(causes).items():
            sums.setdefault(name, np.zeros((len(total), *value.shape[1:])))
            sums[name][rows] += (value.T * weight).T
    return CauseProbabilities(**{name: (value.T / total).T for name, value in sums.items()})


def length_probabilities(settings: StreamRecSettings, lengths: IntArray) -> Values:
    """Probability of each history length under the cut and rounded log-normal that `draw_lengths` draws from.

    Parameters
    ----------
    settings : StreamRecSettings
    lengths : (K,) int64
        All lengths that are possible, since the probabilities are made to sum to 1.

    Returns
    -------
    (K,) float64
    """
    edges = np.maximum(np.stack([lengths - 0.5, lengths + 0.5]), 1e-9)
    below, above = ndtr(np.log(edges / settings.median_length) / settings.length_spread)
    share = np.where((lengths >= settings.shortest) & (lengths <= settings.longest), above - below, 0.0)
    return share / share.sum()


def _given_lengths(
    service: Service, histories: Histories, session_lengths: IntArray
) -> tuple[CauseProbabilities, Values]:
    """Causes of the next event if the whole histories have these lengths, and the log-likelihood (n,) of the events."""
    settings, lengths = service.settings, histories.lengths
    categories = len(service.catalogue.content_categories)
    ranks = len(settings.preferred_weights)
    tables = np.ones((len(lengths), categories, ranks + 1))
    log_scale = np.zeros(len(lengths))
    pulls = np.zeros((len(lengths), categories))
    for step in range(histories.items.shape[1]):
        rows = np.flatnonzero(step < lengths)
        mixture = _mixture(service, histories, rows, np.full(len(rows), step), session_lengths[rows])
        likelihood = _event_likelihood(service, histories, step, rows, (mixture, pulls[rows]))
        scale = likelihood.max(1)
        if (scale <= 0).any():
            raise BadInput(f"event {step} of a history cannot follow those before it by the rules of the generator")
        category = histories.categories[rows, step]
        tables[rows, category] *= likelihood / scale[:, None]
        log_scale[rows] += np.log(scale)
        pulls[rows] *= settings.recency_decay
        pulls[rows, category] += np.asarray(settings.pull)[histories.engagements[rows, step]]
    posterior, likelihood = preferred_posterior(tables)
    mixture = _mixture(service, histories, np.arange(len(lengths)), lengths, session_lengths)
    causes = CauseProbabilities(
        next_episode=mixture.next_episode,
        opening=mixture.opening,
        exploration=mixture.exploration,
        recent=mixture.recent[:, None] * _event_pulls(settings, histories),
        preference=mixture.preference[:, None] * (posterior @ np.asarray(settings.preferred_weights)),
    )
    return causes, log_scale + np.log(likelihood)


def _mixture(
    service: Service, histories: Histories, rows: IntArray, steps: IntArray, session_lengths: IntArray
) -> _Mixture:
    """Shares of the causes of the events at `steps` (n,) of the histories in `rows` (n,)."""
    s = service.settings
    begun = steps > 0
    progress = steps / np.maximum(session_lengths, 1)
    last = last_items(histories, rows, steps)
    watched = histories.engagements[rows, steps - 1] == FULL_VIEW
    episode = np.where(begun & watched & (service.next_episode[last] >= 0), s.next_episode, 0.0)
    opening = begun * (1 - episode) * (s.opening_start + (s.opening_end - s.opening_start) * progress**2)
    recent = begun * (1 - episode - opening) * s.recent
    rest = 1 - episode - opening - recent
    return _Mixture(episode, opening, recent, rest * (1 - s.exploration), rest * s.exploration)


def _event_likelihood(
    service: Service, histories: Histories, step: int, rows: IntArray, state: tuple[_Mixture, Values]
) -> Values:
    """(n, K + 1) probability of the item and engagement at `step`, by the rank of its category (0: not preferred).

    `state` holds the shares of the causes and the pull (n, C) of each category's events.
    """
    s, (mixture, pulls) = service.settings, state
    items, categories = histories.items[rows, step], histories.categories[rows, step]
    engagements = histories.engagements[rows, step]
    opens = categories == histories.categories[rows, 0]
    recent = pulls[np.arange(len(rows)), categories] / np.maximum(pulls.sum(1), 1e-300)
    without_preference = mixture.opening * opens + mixture.recent * recent + mixture.exploration / pulls.shape[1]
    weights = np.array([0.0, *s.preferred_weights])
    last = last_items(histories, rows, np.full(len(rows), step))
    mass = without_preference[:, None] + mixture.preference[:, None] * weights
    mass *= within_category(service, items, last)[:, None]
    fits = opens[:, None] | (np.arange(len(weights)) > 0)
    fitting, other = (np.asarray(shares)[engagements] for shares in (s.engagement_fitting, s.engagement_other))
    continued = mixture.next_episode * (items == service.next_episode[last])
    return mass * np.where(fits, fitting[:, None], other[:, None]) + (continued * fitting)[:, None]


def _event_pulls(settings: StreamRecSettings, histories: Histories) -> Values:
    """(n, L) share of each event among the recent ones that the next event can follow."""
    columns = np.arange(histories.items.shape[1])
    back = histories.lengths[:, None] - 1 - columns
    pulls = np.asarray(settings.pull)[histories.engagements] * settings.recency_decay ** np.maximum(back, 0)
    pulls = np.where(back >= 0, pulls, 0.0)
    return pulls / np.maximum(pulls.sum(1, keepdims=True), 1e-300)


def within_category(service: Service, items: IntArray, last: IntArray) -> Values:
    """Probability of items within their category; a title that would follow itself is drawn again.

    Parameters
    ----------
    service : Service
    items : (n,) int64
        Catalogue rows.
    last : (n,) int64
        The items before them; -1 where there is none.

    Returns
    -------
    (n,) float64
    """
    share, category_of = service.within.share, service.catalogue.category_of
    alike = (last >= 0) & (category_of[items] == category_of[last])
    return np.where(items == last, 0.0, share[items] / np.where(alike, 1 - share[last], 1.0))


def last_items(histories: Histories, rows: IntArray, steps: IntArray) -> IntArray:
    """Items just before some events of histories.

    Parameters
    ----------
    histories : Histories
    rows : (n,) int64
        Which history each event belongs to.
    steps : (n,) int64
        Its number among the content events, from 0.

    Returns
    -------
    (n,) int64
        -1 where there is none.
    """
    return np.where(steps > 0, histories.items[rows, steps - 1], -1)
