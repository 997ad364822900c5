"""Metrics of one recipe trained with several seeds, with intervals over seeds and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import BOOTSTRAP_SEED, CONFIDENCE, METRICS, Values

DRAWS = 2_000
DRAWS_AT_ONCE = 50
TOO_FEW = "an interval over seeds and sessions needs one seed or more on two sessions or more, got {} x {}"


def over_seeds(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Metrics of several seeds on the same targets.

    Each metric is its mean over seeds and sessions, `hit@10_interval` the interval of that mean by
    `seed_session_interval`, and `hit@10_by_seed` the mean of each seed.

    Raises
    ------
    BadInput
        There is none, or they were not evaluated on the same number of targets, two or more.
    """
    if not evaluations or len({len(evaluation.ranks) for evaluation in evaluations}) != 1:
        raise BadInput("several seeds are compared on the same targets; evaluate them on the same split")
    metrics: dict[str, Any] = {"seeds": len(evaluations), "n_sessions": len(evaluations[0].ranks)}
    for name, metric in METRICS.items():
        metrics |= _over_seeds(name, [metric.of_ranks(evaluation.ranks) for evaluation in evaluations])
    expected = [evaluation.expected for evaluation in evaluations if evaluation.expected is not None]
    ceiling = evaluations[0].ceiling  # a property of the sessions, the same for every model
    if expected and ceiling is not None:
        metrics |= _over_seeds("expected_hit@10", expected)
        metrics["ceiling_hit@10"] = float(ceiling.mean())
        metrics["share_of_ceiling"] = metrics["expected_hit@10"] / metrics["ceiling_hit@10"]
    return metrics


def paired_difference(first: Sequence[Evaluation], second: Sequence[Evaluation], metric: str) -> dict[str, Any]:
    """Difference of two recipes in one metric, first less second, on the same sessions.

    Parameters
    ----------
    first, second : sequence of Evaluation
        One for each seed; the two sides may have different numbers of seeds.
    metric : str
        Name in `METRICS`.

    Returns
    -------
    dict
        `hit@10_difference` and `hit@10_difference_interval`, by `seed_session_difference_interval`.

    Raises
    ------
    BadInput
        The recipes were evaluated on different targets, or on fewer than two.
    """
    if len({len(evaluation.ranks) for evaluation in (*first, *second)}) != 1 or len(first[0].ranks) < 2:
        raise BadInput("a paired difference needs the same two or more targets on both sides")
    of_ranks = METRICS[metric].of_ranks
    sides = [np.stack([of_ranks(evaluation.ranks) for evaluation in side]) for side in (first, second)]
    return _difference(f"{metric}_difference", *sides)


def paired_expected_difference(first: Sequence[Evaluation], second: Sequence[Evaluation]) -> dict[str, Any]:
    """Difference of two recipes in expected Hit@10, which does not depend on single targets, as `paired_difference`.

    Parameters
    ----------
    first, second : sequence of Evaluation
        One for each seed.

    Returns
    -------
    dict
        `expected_hit@10_difference` and `expected_hit@10_difference_interval`.

    Raises
    ------
    BadInput
        The generator's truth is not known on one side.
    """
    sides = [
        [evaluation.expected for evaluation in side if evaluation.expected is not None] for side in (first, second)
    ]
    if not all(sides):
        raise BadInput("expected Hit@10 is known for synthetic data sets only; compare Hit@10")
    return _difference("expected_hit@10_difference", *(np.stack(side) for side in sides))


def seed_session_interval(
    values: Values, confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = BOOTSTRAP_SEED
) -> tuple[float, float]:
    """Percentile interval of the mean of values (S, M) by a two-level (hierarchical) bootstrap.

    Every draw takes S seeds with replacement, then M sessions with replacement, the same sessions for all seeds, since
    all were evaluated on the same ones (Saravanan, Berman and Sober 2020, Application of the hierarchical bootstrap to
    multi-level data in neuroscience). Pooling the S x M values would count every session S times and be too narrow.

    With few seeds the interval is still too narrow for what other seeds would give: where sessions do not vary, three
    seeds give the range from the lowest to the highest, which holds the mean of all seeds three times in four.

    Parameters
    ----------
    values : (S, M) float64
        Of seed s on session m; for two recipes paired by seed, their differences.
    confidence : float
        Share of the draws inside the interval.
    draws : int
        Resamples.
    seed : int
        Of the bootstrap's random numbers.

    Returns
    -------
    (float, float)

    Raises
    ------
    BadInput
        There is no seed, or fewer than two sessions.

    Examples
    --------
    >>> seed_session_interval(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
    (0.0, 1.0)
    """
    (means,) = _resampled_means([values], draws, seed)
    return _percentiles(means, confidence)


def seed_session_difference_interval(
    first: Values, second: Values, confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = BOOTSTRAP_SEED
) -> tuple[float, float]:
    """Interval of the mean of first less that of second, as `seed_session_interval`, where seeds are no pairs.

    Every draw takes seeds on each side by themselves, and the same sessions on both sides.

    Parameters
    ----------
    first, second : (S, M) and (S', M) float64
        Of two recipes on the same sessions.
    confidence : float
        Share of the draws inside the interval.
    draws : int
        Resamples.
    seed : int
        Of the bootstrap's random numbers.

    Returns
    -------
    (float, float)

    Raises
    ------
    BadInput
        A side has no seed, there are fewer than two sessions, or the sides have different numbers of sessions.
    """
    means, subtracted = _resampled_means([first, second], draws, seed)
    return _percentiles(means - subtracted, confidence)


def _resampled_means(sides: Sequence[Values], draws: int, seed: int) -> list[Values]:
    """Of each side (S, M), its mean (draws,) over resampled seeds and over sessions resampled for all sides at once."""
    for side in sides:
        if side.ndim != 2 or not side.shape[0] or side.shape[1] < 2:
            raise BadInput(TOO_FEW.format(*(side.shape if side.ndim == 2 else (0, side.size))))
    if len({side.shape[1] for side in sides}) > 1:
        raise BadInput("both sides of a difference need the same sessions; evaluate them on the same split")
    rng = np.random.default_rng(seed)
    sessions = sides[0].shape[1]
    means: list[list[Values]] = [[] for _ in sides]
    for start in range(0, draws, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, draws - start)
        drawn_sessions = rng.integers(0, sessions, (size, sessions))
        for side, parts in zip(sides, means, strict=True):
            drawn_seeds = rng.integers(0, len(side), (size, len(side)))
            by_seed = side[:, drawn_sessions].mean(axis=2)  # (S, M)[:, (size, M)] -> (S, size)
            parts.append(np.take_along_axis(by_seed.T, drawn_seeds, axis=1).mean(axis=1))
    return [np.concatenate(parts) for parts in means]


def _percentiles(means: Values, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high))


def _over_seeds(name: str, by_seed: Sequence[Values]) -> dict[str, Any]:
    values = np.stack(by_seed)
    return {
        name: float(values.mean()),
        f"{name}_interval": seed_session_interval(values),
        f"{name}_by_seed": [float(mean) for mean in values.mean(axis=1)],
    }


def _difference(name: str, first: Values, second: Values) -> dict[str, Any]:
    interval = seed_session_difference_interval(first, second)
    return {name: float(first.mean() - second.mean()), f"{name}_interval": interval}
