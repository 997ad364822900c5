"""Preset `streamrec`: sessions of an invented streaming service, with the cause of every event known.

Every next item is drawn from one mixture, and the parameters below are all there is to it:

1. the next episode, if the last title watched was watched to the end and has one;
2. the category of the opening title, whose pull grows towards the end of the session;
3. else, the category of a recent event: nearer events, and those saved, shared or watched to the end, pull more;
4. else, one of the session's preferred categories (unequal weights) or, for 30 % of these, any category.

Within a category titles are as popular as Zipf's law says, and no title follows itself. The figures were chosen
for realism, with a ceiling of Hit@10 between 0.25 and 0.45, before any model was trained, and stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.engagement import FULL_VIEW
from streamrec_core.data.synthetic.draws import DoubleArray, WithinCategory, distinct_categories

CAUSES = ("next episode", "opening", "recent", "preference", "exploration")
NEXT_EPISODE, OPENING, RECENT, PREFERENCE, EXPLORATION = range(len(CAUSES))


@dataclass(frozen=True)
class StreamRecSettings:
    """The parameters of the service.

    Attributes
    ----------
    median_length, length_spread, shortest, longest
        History length: log-normal (median, sigma), cut at both ends.
    popularity_exponent
        Of Zipf's law within a category.
    preferred_weights
        Of the four preferred categories of a session.
    exploration
        Share of preference draws that take any category instead.
    next_episode
        Probability of the next episode after one watched to the end.
    opening_start, opening_end
        Probability that an event follows the opening title's category, at the start and at the end; it
        rises with the square of the way gone.
    recent
        Of the draws left, the share that follows a recent event; the rest follows preferences.
    recency_decay
        Pull of an event relative to the one after it.
    pull
        Pull of each engagement type, a click being 1.
    engagement_fitting, engagement_other
        Engagement with a title of a preferred or opening category, or the next episode; and with any other.
    """

    median_length: float = 15.0
    length_spread: float = 0.55
    shortest: int = 5
    longest: int = 50
    popularity_exponent: float = 1.0
    preferred_weights: tuple[float, ...] = (0.45, 0.27, 0.18, 0.10)
    exploration: float = 0.3
    next_episode: float = 0.6
    opening_start: float = 0.06
    opening_end: float = 0.24
    recent: float = 0.7
    recency_decay: float = 0.6
    pull: tuple[float, ...] = (1.0, 1.2, 2.2, 3.0, 3.0)
    engagement_fitting: tuple[float, ...] = (0.26, 0.22, 0.34, 0.12, 0.06)
    engagement_other: tuple[float, ...] = (0.52, 0.29, 0.13, 0.04, 0.02)


@dataclass(eq=False)
class World:
    """All that is known of n sessions while they are drawn, longest sessions first.

    Attributes
    ----------
    lengths : (n,) int64
        Events, target included; falling.
    items, categories, engagements, causes, cause_positions : (n, L)
    preferred : (n, P) int64
    reach : (n, L) float64
        Running sum of pull x decay ** -position, from which a recent event is drawn.
    """

    settings: StreamRecSettings
    lengths: IntArray
    preferred: IntArray
    items: IntArray = field(init=False)
    categories: IntArray = field(init=False)
    engagements: IntArray = field(init=False)
    causes: IntArray = field(init=False)
    cause_positions: IntArray = field(init=False)
    reach: DoubleArray = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.lengths), int(self.lengths[0]))
        for name in ("items", "categories", "engagements", "causes", "cause_positions"):
            setattr(self, name, np.full(shape, -1, np.int64))
        self.reach = np.zeros(shape)

    def active(self, step: int) -> int:
        """How many sessions have an event at this step; they are the first ones."""
        return int(np.searchsorted(-self.lengths, -step, side="left"))

    def opening_share(self, step: npt.NDArray[np.int64] | int, rows: slice) -> DoubleArray:
        """Probability that an event follows the opening title.

        Parameters
        ----------
        step : int or (n,) int64
            Position of the event.
        rows : slice
            Sessions.

        Returns
        -------
        (n,) float64
        """
        progress = step / np.maximum(self.lengths[rows] - 1, 1)
        return self.settings.opening_start + (self.settings.opening_end - self.settings.opening_start) * progress**2


@dataclass(frozen=True, eq=False)
class Service:
    """The fixed side of the service: catalogue, popularity, which episode follows which."""

    catalogue: Catalogue
    within: WithinCategory
    next_episode: IntArray
    settings: StreamRecSettings

    @classmethod
    def open(cls, catalogue: Catalogue, settings: StreamRecSettings) -> Service:
        """Prepare look-up tables for a catalogue.

        Parameters
        ----------
        catalogue : Catalogue
        settings : StreamRecSettings

        Returns
        -------
        Service
        """
        return cls(
            catalogue,
            WithinCategory(catalogue, settings.popularity_exponent),
            next_episodes(catalogue),
            settings,
        )

    def draw(self, sessions: int, rng: np.random.Generator) -> World:
        """Draw sessions, all of them one step at a time.

        Parameters
        ----------
        sessions : int
        rng : numpy.random.Generator

        Returns
        -------
        World
        """
        lengths = np.sort(draw_lengths(self.settings, sessions, rng))[::-1] + 1
        preferred = distinct_categories(
            rng, sessions, len(self.catalogue.content_categories), len(self.settings.preferred_weights)
        )
        world = World(self.settings, lengths, preferred)
        for step in range(int(lengths[0])):
            self._step(world, step, rng)
        return world

    def _step(self, world: World, step: int, rng: np.random.Generator) -> None:
        rows = slice(0, world.active(step))
        count = rows.stop
        causes = self._causes(world, step, rows, rng.random((2, count)))
        positions = self._cause_positions(world, step, causes, rng.random(count))
        categories = self._categories(world, causes, positions, rng.random((3, count)))
        items = self.within.draw(rng.random(count), categories)
        if step:
            last = world.items[rows, step - 1]
            episode = causes == NEXT_EPISODE
            items[episode] = self.next_episode[last[episode]]
            while len(again := np.flatnonzero((items == last) & ~episode)):
                items[again] = self.within.draw(rng.random(len(again)), categories[again])
            categories = np.where(episode, self.catalogue.category_of[items], categories)
        world.items[rows, step], world.categories[rows, step] = items, categories
        world.causes[rows, step], world.cause_positions[rows, step] = causes, positions
        self._engage(world, step, rows, rng.random(count))

    def _causes(self, world: World, step: int, rows: slice, uniform: DoubleArray) -> IntArray:
        """(n,) which part of the mixture draws this step."""
        s = self.settings
        explored = np.where(uniform[1] < s.exploration, EXPLORATION, PREFERENCE)
        if step == 0:
            return explored
        episode = np.where(self.continues(world, step, rows), s.next_episode, 0.0)
        opening = episode + (1 - episode) * world.opening_share(step, rows)
        recent = opening + (1 - opening) * s.recent
        draw = uniform[0]
        return np.select([draw < episode, draw < opening, draw < recent], [NEXT_EPISODE, OPENING, RECENT], explored)

    def continues(self, world: World, step: int, rows: slice) -> npt.NDArray[np.bool_]:
        """Whether the event before `step` was watched to the end and has a next episode.

        Parameters
        ----------
        world : World
        step : int
        rows : slice
            Sessions.

        Returns
        -------
        (n,) bool
        """
        watched = world.engagements[rows, step - 1] == FULL_VIEW
        return watched & (self.next_episode[world.items[rows, step - 1]] >= 0)

    def _cause_positions(self, world: World, step: int, causes: IntArray, uniform: DoubleArray) -> IntArray:
        """(n,) position of the one event behind each draw; -1 where there is none."""
        positions = np.full(len(causes), -1, np.int64)
        positions[causes == NEXT_EPISODE] = step - 1
        positions[causes == OPENING] = 0
        recent = np.flatnonzero(causes == RECENT)
        reach = world.reach[recent, :step]
        if len(recent):
            positions[recent] = (reach <= (uniform[recent] * reach[:, -1])[:, None]).sum(1)
        return positions

    def _categories(self, world: World, causes: IntArray, positions: IntArray, uniform: DoubleArray) -> IntArray:
        rows = np.arange(len(causes))
        weights = np.cumsum(self.settings.preferred_weights)[:-1]
        liked = world.preferred[rows, np.searchsorted(weights, uniform[0], side="right")]
        anything = (uniform[1] * len(self.catalogue.content_categories)).astype(np.int64)
        followed = world.categories[rows, np.maximum(positions, 0)]
        return np.where(positions >= 0, followed, np.where(causes == EXPLORATION, anything, liked))

    def _engage(self, world: World, step: int, rows: slice, uniform: DoubleArray) -> None:
        s = self.settings
        fits = fitting(world, step, rows)
        bounds = np.cumsum(np.where(fits[:, None], s.engagement_fitting, s.engagement_other), axis=1)[:, :-1]
        world.engagements[rows, step] = (uniform[:, None] >= bounds).sum(1)
        pull = np.asarray(s.pull)[world.engagements[rows, step]] * s.recency_decay ** -float(step)
        world.reach[rows, step] = (world.reach[rows, step - 1] if step else 0.0) + pull


def fitting(world: World, step: int, rows: slice) -> npt.NDArray[np.bool_]:
    """Whether each event suits its session: preferred or opening category, or the next episode.

    Parameters
    ----------
    world : World
    step : int
        Position of the events.
    rows : slice
        Sessions that have an event there.

    Returns
    -------
    (n,) bool
    """
    category = world.categories[rows, step]
    liked = (world.preferred[rows] == category[:, None]).any(1)
    fits: npt.NDArray[np.bool_] = (
        liked | (category == world.categories[rows, 0]) | (world.causes[rows, step] == NEXT_EPISODE)
    )
    return fits


def draw_lengths(settings: StreamRecSettings, sessions: int, rng: np.random.Generator) -> IntArray:
    """Draw history lengths: log-normal, cut to the shortest and longest.

    Parameters
    ----------
    settings : StreamRecSettings
    sessions : int
    rng : numpy.random.Generator

    Returns
    -------
    (sessions,) int64
    """
    edges = np.log(np.array([settings.shortest - 0.5, settings.longest + 0.5]) / settings.median_length)
    low, high = ndtr(edges / settings.length_spread)
    normal = ndtri(low + (high - low) * rng.random(sessions))
    drawn = np.rint(settings.median_length * np.exp(settings.length_spread * normal)).astype(np.int64)
    return np.clip(drawn, settings.shortest, settings.longest)


def next_episodes(catalogue: Catalogue) -> IntArray:
    """(V,) row of the next episode of the same series; -1 where there is none."""
    rows = {
        (series, episode): row
        for row, (series, episode) in enumerate(zip(catalogue.series, catalogue.episodes, strict=True))
    }
    following = [
        rows.get((series, episode + 1), -1) if series >= 0 else -1
        for series, episode in zip(catalogue.series, catalogue.episodes, strict=True)
    ]
    return np.array(following, np.int64)
