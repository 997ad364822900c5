"""Preset `case-study`: the generator of the published case study, exactly in distribution."""

from __future__ import annotations

import numpy as np

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.synthetic.draws import WithinCategory, distinct_categories
from streamrec_core.data.titles import CATEGORIES
from streamrec_core.data.truth import Truth

ITEMS = 5_000
CATALOGUE_SEED = 0
SHORTEST, LONGEST = 8, 30
PREFERRED = 3
PREFERRED_SHARE = 0.7
SAME_AS_LAST = 0.5
SAME_AS_FIRST = 0.3
"""Of the targets that do not follow the last event."""


def case_study_catalogue() -> Catalogue:
    """5,000 items, each in one of 20 categories drawn evenly; the same whatever the seed of the sessions."""
    category_of = np.random.default_rng(CATALOGUE_SEED).integers(0, len(CATEGORIES), ITEMS)
    return Catalogue(
        item_ids=tuple(str(item) for item in range(1, ITEMS + 1)),
        titles=tuple(f"{CATEGORIES[code]} {item:04d}" for item, code in enumerate(category_of, start=1)),
        category_of=category_of,
        categories=CATEGORIES,
        neutral=np.zeros(ITEMS, bool),
    )


def draw_case_study(catalogue: Catalogue, sessions: int, seed: int) -> tuple[EventLog, Truth]:
    """Draw sessions of 8 to 30 history events and the target behind them, every event a click.

    Parameters
    ----------
    catalogue : Catalogue
    sessions : int
    seed : int

    Returns
    -------
    EventLog, Truth
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(SHORTEST, LONGEST + 1, sessions) + 1
    offsets = ragged(lengths)
    preferred = distinct_categories(rng, sessions, len(CATEGORIES), PREFERRED)
    categories = _history_categories(rng, lengths, preferred)
    first, last = categories[offsets[:-1]], categories[offsets[1:] - 2]
    draw = rng.random(sessions)
    from_last = draw < SAME_AS_LAST
    from_first = ~from_last & (draw < SAME_AS_LAST + (1 - SAME_AS_LAST) * SAME_AS_FIRST)
    any_preferred = preferred[np.arange(sessions), rng.integers(0, PREFERRED, sessions)]
    categories[offsets[1:] - 1] = np.where(from_last, last, np.where(from_first, first, any_preferred))
    within = WithinCategory(catalogue, exponent=0.0)
    log = EventLog(
        session_ids=tuple(str(row) for row in range(sessions)),
        offsets=offsets,
        items=within.draw(rng.random(len(categories)), categories).astype(np.int32),
        engagements=np.zeros(len(categories), np.int8),
    )
    truth = Truth(
        category_mass=_target_mass(first, last, preferred),
        within_category=within.share.astype(np.float32),
        special_offsets=np.zeros(sessions + 1, np.int64),
        special_items=np.zeros(0, np.int32),
        special_mass=np.zeros(0, np.float32),
        cause=tuple(np.select([from_last, from_first], ["last", "opening"], "preference").tolist()),
        cause_position=np.select([from_last, from_first], [lengths - 2, np.zeros_like(lengths)], -1),
        preferred=preferred,
        preferred_weight=np.full((sessions, PREFERRED), 1 / PREFERRED, np.float32),
    )
    return log, truth


def _history_categories(rng: np.random.Generator, lengths: IntArray, preferred: IntArray) -> IntArray:
    """(E,) category of every event: one of the session's preferred ones, or any; targets are drawn over later."""
    events = int(lengths.sum())
    session = np.repeat(np.arange(len(lengths)), lengths)
    liked = preferred[session, rng.integers(0, PREFERRED, events)]
    anything = rng.integers(0, len(CATEGORIES), events)
    return np.where(rng.random(events) < PREFERRED_SHARE, liked, anything)


def _target_mass(
    first: IntArray, last: IntArray, preferred: IntArray
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """(N, C) probability of each category as the target's."""
    rows = np.arange(len(first))
    mass = np.zeros((len(first), len(CATEGORIES)), np.float32)
    mass[rows, last] += SAME_AS_LAST
    mass[rows, first] += (1 - SAME_AS_LAST) * SAME_AS_FIRST
    np.add.at(mass, (rows[:, None], preferred), (1 - SAME_AS_LAST) * (1 - SAME_AS_FIRST) / PREFERRED)
    return mass
