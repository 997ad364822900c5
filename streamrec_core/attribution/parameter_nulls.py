"""Nulls of the main parameters: the same change to a session or to its scores, emptied of the parameter's meaning.

Taking anything away costs a recommendation something, so a cost by itself shows nothing. Each null repeats the change
in the same form and size where the parameter has no influence (permutation null; Good 2005, chapter 1):

- recency, opening, repeats: as many events, drawn at random from the session;
- category: as many events, those first that share the recommended title's category once categories are permuted over
  titles (the recommended title itself still shares it, so what a repeat of it is worth does not count for category);
- engagement: as many marks changed, at events drawn at random;
- popularity: the same log counts taken out of the scores, permuted over titles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.case import Case
from streamrec_core.data.catalogue import Catalogue

Positions = npt.NDArray[np.int64]
Marks = npt.NDArray[np.int8]
Values = npt.NDArray[np.float64]
EventNull = Callable[[Case, Positions, int, Catalogue, np.random.Generator], Positions]
"""(case, positions of its content, how many events, catalogue, random numbers) -> positions removed instead."""


def random_events(
    case: Case, content: Positions, count: int, catalogue: Catalogue, rng: np.random.Generator
) -> Positions:
    """Positions of `count` events, every set of this size as likely as any other.

    Parameters
    ----------
    case : Case
        Not used; every `EventNull` has the same signature.
    content : (n,) int64
        Positions of the events that are not neutral.
    count : int
        At most n.
    catalogue : Catalogue
        Not used.
    rng : np.random.Generator

    Returns
    -------
    (count,) int64
        In ascending order.
    """
    return np.sort(rng.choice(content, count, replace=False))


def permuted_category_events(
    case: Case, content: Positions, count: int, catalogue: Catalogue, rng: np.random.Generator
) -> Positions:
    """Positions of `count` events, those first whose title shares the candidate's category after a permutation.

    Parameters
    ----------
    case : Case
        A history and the title recommended after it.
    content : (n,) int64
        Positions of the events that are not neutral.
    count : int
        As many as the real category has; too few of the permuted one are topped up at random.
    catalogue : Catalogue
        Categories are permuted over its titles that are not neutral.
    rng : np.random.Generator

    Returns
    -------
    (count,) int64
        In ascending order.
    """
    category_of = catalogue.category_of.copy()
    category_of[~catalogue.neutral] = rng.permutation(category_of[~catalogue.neutral])
    shuffled = rng.permutation(content)
    items = case.history.items[shuffled]
    distance = np.where(items == case.candidate, 0, np.where(category_of[items] == category_of[case.candidate], 1, 2))
    return np.sort(shuffled[np.argsort(distance, kind="stable")[:count]])


EVENT_NULLS: dict[str, EventNull] = {
    "recency": random_events,
    "category": permuted_category_events,
    "opening": random_events,
    "repeats": random_events,
}
"""For each parameter that is removed with its events: which events are removed instead."""


def marks_changed_at_random(marks: Marks, content: Positions, common: int, rng: np.random.Generator) -> Marks:
    """Change as many engagement marks as giving every event the commonest one would, at events drawn at random.

    An event of another mark gets the commonest, one of the commonest gets another mark of the same session.

    Parameters
    ----------
    marks : (L,) int8
        Of the whole history.
    content : (n,) int64
        Positions of the events that are not neutral.
    common : int
        The commonest mark.
    rng : np.random.Generator

    Returns
    -------
    (L,) int8
    """
    others = rng.permutation(marks[content][marks[content] != common])
    positions = rng.choice(content, len(others), replace=False)
    changed = marks.copy()
    changed[positions] = np.where(marks[positions] == common, others, common)
    return changed


def permuted_popularity(log_counts: Values, catalogue: Catalogue, draws: int, rng: np.random.Generator) -> Values:
    """Permute the popularity of titles over the titles that can be recommended.

    Parameters
    ----------
    log_counts : (V,) float64
    catalogue : Catalogue
        Its neutral items keep their figures.
    draws : int
    rng : np.random.Generator

    Returns
    -------
    (draws, V) float64
        A permutation of its own in every row.
    """
    permuted = np.tile(log_counts, (draws, 1))
    recommendable = ~catalogue.neutral
    permuted[:, recommendable] = rng.permuted(permuted[:, recommendable], axis=1)
    return permuted
