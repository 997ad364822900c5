"""Generate the preset `streamrec`: event log with times and home pages, and the ground truth of each target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import NEUTRAL, Catalogue, IntArray
from streamrec_core.data.engagement import CLICK
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.synthetic.streamrec import (
    CAUSES,
    Service,
    StreamRecSettings,
    World,
)
from streamrec_core.data.titles import CATEGORIES, invent_titles
from streamrec_core.data.truth import Truth

HOME_ID, HOME_TITLE = "home", "Home page"
HOME_SHARE, HOME_OFTEN = 0.8, 0.2
"""Share of sessions that come by the home page, and how likely each further event of theirs is one."""
CHUNK = 50_000
FIRST_SECOND, DAYS = 1_767_225_600, 90
"""Sessions begin within 90 days from 2026-01-01."""
GAP_SECONDS = np.array([40, 420, 2_400, 90, 120])
"""Median time after an event of each engagement type."""


@dataclass(frozen=True, eq=False)
class DrawnSessions:
    """Sessions of one chunk in random order, ragged, with the truth of their targets."""

    lengths: IntArray
    items: IntArray
    engagements: IntArray
    times: IntArray
    cause: IntArray
    cause_position: IntArray
    category_mass: npt.NDArray[np.float32]
    last_items: IntArray
    special_mass: npt.NDArray[np.float32]
    preferred: IntArray


def streamrec_catalogue() -> Catalogue:
    """5,000 invented titles and the neutral home page behind them; the same whatever the seed of the sessions."""
    invented = invent_titles()
    count = len(invented.titles)
    return Catalogue(
        item_ids=(*(str(item) for item in range(1, count + 1)), HOME_ID),
        titles=(*invented.titles, HOME_TITLE),
        category_of=np.append(invented.categories, len(CATEGORIES)).astype(np.int64),
        categories=(*CATEGORIES, NEUTRAL),
        neutral=np.append(np.zeros(count, bool), True),
        series=np.append(invented.series, -1).astype(np.int64),
        episodes=np.append(invented.episodes, 0).astype(np.int64),
    )


def draw_streamrec(
    catalogue: Catalogue,
    sessions: int,
    seed: int,
    home_page: bool = False,
    settings: StreamRecSettings | None = None,
) -> tuple[EventLog, Truth]:
    """Draw sessions of 5 to 50 history events and the target behind them.

    With `home_page`, events at the neutral home page are strewn among the others; nothing that follows
    depends on them. They take places of the history, never that of the target.

    Parameters
    ----------
    catalogue : Catalogue
    sessions : int
    seed : int
    home_page : bool
    settings : StreamRecSettings or None
        None: the default parameters.

    Returns
    -------
    EventLog, Truth
    """
    service = Service.open(catalogue, settings or StreamRecSettings())
    counts = [min(CHUNK, sessions - start) for start in range(0, sessions, CHUNK)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))
    chunks = [
        _draw_chunk(service, count, np.random.default_rng(chunk_seed), home_page)
        for count, chunk_seed in zip(counts, seeds, strict=True)
    ]
    return _log(chunks, sessions), _truth(chunks, service)


def _draw_chunk(service: Service, sessions: int, rng: np.random.Generator, home_page: bool) -> DrawnSessions:
    world = service.draw(sessions, rng)
    order = rng.permutation(sessions)
    lengths = world.lengths[order]
    # (n, L) rectangle -> (E,) events, session after session
    inside = np.arange(world.items.shape[1]) < lengths[:, None]
    items, engagements = world.items[order][inside], world.engagements[order][inside]
    rows, targets = np.arange(sessions), world.lengths - 1
    mass, special = target_masses(service, world)
    cause_position = world.cause_positions[rows, targets][order]
    if home_page:
        lengths, positions = home_places(lengths, rng)
        offsets = ragged(lengths)[:-1]
        moved = positions[ragged(world.lengths[order])[:-1] + np.maximum(cause_position, 0)] - offsets
        cause_position = np.where(cause_position >= 0, moved, -1)
        items = _strewn(items, positions, int(lengths.sum()), len(service.catalogue) - 1)
        engagements = _strewn(engagements, positions, int(lengths.sum()), CLICK)
    return DrawnSessions(
        lengths=lengths,
        items=items,
        engagements=engagements,
        times=_times(lengths, engagements, rng),
        cause=world.causes[rows, targets][order],
        cause_position=cause_position,
        category_mass=mass[order],
        last_items=world.items[rows, targets - 1][order],
        special_mass=special[order],
        preferred=world.preferred[order],
    )


def target_masses(service: Service, world: World) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The distribution each target was drawn from.

    Parameters
    ----------
    service : Service
    world : World

    Returns
    -------
    category_mass : (n, C) float32
    special_mass : (n, 2) float32
        Correction of the last title, which cannot follow itself, and mass of its next episode.
    """
    s, rows, step = service.settings, np.arange(len(world.lengths)), world.lengths - 1
    before = step - 1
    last = world.items[rows, before]
    goes_on = (world.engagements[rows, before] == 2) & (service.next_episode[last] >= 0)
    episode = np.where(goes_on, s.next_episode, 0.0)
    opening = (1 - episode) * s.opening_end
    rest = 1 - episode - opening
    mass = np.zeros((len(rows), len(service.catalogue.categories)))
    mass[:, : len(service.catalogue.content_categories)] += (
        rest * (1 - s.recent) * s.exploration / len(service.catalogue.content_categories)
    )[:, None]
    mass[rows, world.categories[:, 0]] += opening
    liked = (rest * (1 - s.recent) * (1 - s.exploration))[:, None] * np.array(s.preferred_weights)
    np.add.at(mass, (rows[:, None], world.preferred), liked)
    mass += _recent_mass(world, rest * s.recent, mass.shape[1])
    last_share = service.within.share[last]
    of_last = service.catalogue.category_of[last]
    mass[rows, of_last] /= 1 - last_share
    special = np.stack([-mass[rows, of_last] * last_share, episode], axis=1)
    return mass.astype(np.float32), special.astype(np.float32)


def _recent_mass(world: World, share: npt.NDArray[np.float64], categories: int) -> npt.NDArray[np.float64]:
    """(n, C) `share` (n,) spread over the categories of the history by the pull of its events."""
    pulls = np.diff(world.reach, axis=1, prepend=0.0)
    history = np.arange(pulls.shape[1]) < (world.lengths - 1)[:, None]
    pulls = np.where(history, pulls, 0.0)
    spread = np.zeros((len(pulls), categories))
    row, column = np.nonzero(history)
    np.add.at(spread, (row, world.categories[row, column]), pulls[row, column])
    mass: npt.NDArray[np.float64] = spread * (share / pulls.sum(1))[:, None]
    return mass


def home_places(lengths: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Make room for home page events in sessions of these lengths, targets included.

    Parameters
    ----------
    lengths : (n,) int64
        Targets included.
    rng : numpy.random.Generator

    Returns
    -------
    longer : (n,) int64
        Lengths with home page events, at most 51.
    positions : (E,) int64
        Position of each event of the old log in the longer one.
    """
    room = np.maximum(51 - lengths, 0)
    visits = np.where(rng.random(len(lengths)) < HOME_SHARE, 1 + rng.binomial(lengths - 1, HOME_OFTEN), 0)
    visits = np.minimum(visits, room)
    longer = lengths + visits
    inside = np.arange(int(longer.max())) < longer[:, None]
    # The visits take the places with the smallest keys; the first place of a session is a likely one, the last never.
    keys = rng.random(inside.shape)
    keys[:, 0] *= 0.2
    keys[~inside] = 2.0
    keys[np.arange(len(longer)), longer - 1] = 2.0
    ranks = keys.argsort(1, kind="stable").argsort(1, kind="stable")
    content = (ranks >= visits[:, None])[inside]
    return longer, np.flatnonzero(content)


def _strewn(values: IntArray, positions: IntArray, total: int, between: int) -> IntArray:
    spread = np.full(total, between, np.int64)
    spread[positions] = values
    return spread


def _times(lengths: IntArray, engagements: IntArray, rng: np.random.Generator) -> IntArray:
    """(E,) seconds since 1970: sessions begin at any time of the 90 days, a longer look takes longer."""
    gaps = np.rint(GAP_SECONDS[engagements] * rng.lognormal(0.0, 0.5, len(engagements))).astype(np.int64)
    offsets = ragged(lengths)
    clock = np.cumsum(gaps) - gaps
    begin = FIRST_SECOND + rng.integers(0, DAYS * 86_400, len(lengths))
    seconds: IntArray = clock + np.repeat(begin - clock[offsets[:-1]], lengths)
    return seconds


def _log(chunks: list[DrawnSessions], sessions: int) -> EventLog:
    return EventLog(
        session_ids=tuple(str(row) for row in range(sessions)),
        offsets=ragged(np.concatenate([chunk.lengths for chunk in chunks])),
        items=np.concatenate([chunk.items for chunk in chunks]).astype(np.int32),
        engagements=np.concatenate([chunk.engagements for chunk in chunks]).astype(np.int8),
        timestamps=np.concatenate([chunk.times for chunk in chunks]),
    )


def _truth(chunks: list[DrawnSessions], service: Service) -> Truth:
    last = np.concatenate([chunk.last_items for chunk in chunks])
    mass = np.concatenate([chunk.special_mass for chunk in chunks])
    special = np.stack([last, service.next_episode[last]], axis=1)
    used = np.stack([np.ones(len(last), bool), mass[:, 1] > 0], axis=1)
    preferred = np.concatenate([chunk.preferred for chunk in chunks])
    weights = np.array(service.settings.preferred_weights, np.float32)
    return Truth(
        category_mass=np.concatenate([chunk.category_mass for chunk in chunks]),
        within_category=service.within.share.astype(np.float32),
        special_offsets=ragged(used.sum(1)),
        special_items=special[used].astype(np.int32),
        special_mass=mass[used],
        cause=tuple(np.array(CAUSES)[np.concatenate([chunk.cause for chunk in chunks])].tolist()),
        cause_position=np.concatenate([chunk.cause_position for chunk in chunks]),
        preferred=preferred,
        preferred_weight=np.broadcast_to(weights, preferred.shape).copy(),
    )
