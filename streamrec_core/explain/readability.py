"""Can a model's attention be read? Stable head types, attention against removal, and what explanations name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.joined import HeadWeights, even_weights, join, last_layer_weights, reading_weights
from streamrec_core.attribution.agreement import SHORTEST, agreement
from streamrec_core.attribution.removal import Case, Values, case_of, remove, remove_each
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.evaluation.ceiling import is_target_of_truth, known_truth
from streamrec_core.evaluation.metrics import interval
from streamrec_core.explain.first_look import explain_session_at
from streamrec_core.explain.record import Explanation
from streamrec_core.models.protocol import SessionModel

STABLE_SHARE = 0.7
LABELLED_FROM = 8
"""Events a session needs to count for the stability of labels."""
DRAWS = 5
"""Random sets of events that each named set is compared with."""
MEASURES = ("tau", "pearson", "same_first")

# Ways to join the maps of all heads: weights (layers, H) from the model and from what each head does for a candidate.
READINGS: dict[str, Callable[[SessionModel, Explanation], HeadWeights]] = {
    "mean of all heads": lambda model, found: even_weights(model),
    "mean of the last layer": lambda model, found: last_layer_weights(model),
    "reading weights": lambda model, found: reading_weights(model),
    "reading weights x contribution": lambda model, found: reading_weights(model) * np.abs(found.head_effects),
}


@dataclass(frozen=True, eq=False)
class Readability:
    """What was found on n sessions, session by session, so that seeds and models can be paired.

    Attributes
    ----------
    agreements : dict of str to (n, 3) float64
        By reading, floor (`random`, `last item`) or cap: Kendall tau-b, Pearson and same first event against the size
        of the effect of dropping each event on the first recommendation; nan for sessions of fewer than three events.
    signed : dict of str to (n, 3) float64
        The same against the effect with its sign.
    labels : dict of str to tuple of str
        By head ("layer.head"): its type in each session of `LABELLED_FROM` events or more.
    even_labels : tuple of str
        What even attention would have been called in the same sessions.
    named : (n,) float64
        1 where the explanation names something.
    named_effect, random_effect : (m,) float64
        Effect of removing what is named, and of removing as many random events, where something is named.
    cause_found : dict of str to (k,) float64
        By reading: 1 where the event that caused the target is among the top two, where the generator knows one.
    """

    agreements: dict[str, Values]
    signed: dict[str, Values]
    labels: dict[str, tuple[str, ...]]
    even_labels: tuple[str, ...]
    named: Values
    named_effect: Values
    random_effect: Values
    cause_found: dict[str, Values]


def readability(
    model: SessionModel, dataset: DataSet, divided: Split, part: str = "test", sessions: int = 500, seed: int = 0
) -> Readability:
    """Read a model's attention on sessions drawn from a part of a split, and hold it to removal."""
    examples = sample(divided.part(part), sessions, seed)
    explained = [
        explain_session_at(model, dataset, int(row), int(end))
        for row, end in zip(examples.sessions, examples.ends, strict=True)
    ]
    cases = [case_of(found.history, found.candidate.row, model, dataset.card.filter_seen) for found in explained]
    dropped = [found.effect for found in remove_each(model, dataset.catalogue, cases, "drop")]
    masked = [found.effect for found in remove_each(model, dataset.catalogue, cases, "mask")]
    readings = [_readings(model, found) for found in explained]
    floors = [_floors(len(effect), np.random.default_rng((seed, place))) for place, effect in enumerate(dropped)]
    columns = {name: [row[name] for row in readings] for name in readings[0]} | {
        name: [row[name] for row in floors] for name in floors[0]
    }
    named, random = _named_effects(model, dataset, cases, explained, np.random.default_rng(seed))
    return Readability(
        agreements={
            **{name: _against(weights, [np.abs(effect) for effect in dropped]) for name, weights in columns.items()},
            "cap": _against([np.abs(effect) for effect in masked], [np.abs(effect) for effect in dropped]),
        },
        signed={
            **{name: _against(weights, dropped) for name, weights in columns.items()},
            "cap": _against(masked, dropped),
        },
        labels=_labels(explained),
        even_labels=tuple(
            found.heads[0].even_type for found in explained if found.heads and len(found.history) >= LABELLED_FROM
        ),
        named=np.array([float(bool(found.reasons)) for found in explained]),
        named_effect=named,
        random_effect=random,
        cause_found=_causes(dataset, examples, explained, columns),
    )


def sample(examples: Examples, sessions: int, seed: int) -> Examples:
    """At most so many examples, drawn without replacement, in the order of the log."""
    picked = np.random.default_rng(seed).permutation(len(examples))[:sessions]
    return examples.take(np.sort(picked))


def _readings(model: SessionModel, found: Explanation) -> dict[str, Values]:
    if not found.maps.size:
        return {}
    return {name: join(found.maps, weigh(model, found)) for name, weigh in READINGS.items()}


def _floors(events: int, rng: np.random.Generator) -> dict[str, Values]:
    return {"random": rng.random(events), "last item": (np.arange(events) == events - 1).astype(np.float64)}


def _against(weights: Sequence[Values], effects: Sequence[Values]) -> Values:
    """(n, 3) agreement session by session."""
    found = [
        tuple(asdict(agreement(weight, effect)).values()) if len(effect) >= SHORTEST else (np.nan,) * len(MEASURES)
        for weight, effect in zip(weights, effects, strict=True)
    ]
    return np.array(found, np.float64).reshape(-1, len(MEASURES))


def _labels(explained: Sequence[Explanation]) -> dict[str, tuple[str, ...]]:
    long = [found for found in explained if len(found.history) >= LABELLED_FROM]
    heads = [f"{head.layer}.{head.head}" for head in explained[0].heads]
    return {name: tuple(found.heads[place].type for found in long) for place, name in enumerate(heads)}


def _named_effects(
    model: SessionModel,
    dataset: DataSet,
    cases: Sequence[Case],
    explained: Sequence[Explanation],
    rng: np.random.Generator,
) -> tuple[Values, Values]:
    """Effect of removing what each explanation names, and the mean over `DRAWS` random sets of as many events."""
    wanted: list[tuple[Case, list[tuple[int, ...]]]] = []
    for case, found in zip(cases, explained, strict=True):
        named = sorted({position for reason in found.reasons for position in reason.positions})
        content = np.flatnonzero(~dataset.catalogue.neutral[case.history.items])
        if not named or len(named) >= len(content):
            continue
        draws = [tuple(sorted(rng.choice(content, len(named), replace=False).tolist())) for _ in range(DRAWS)]
        wanted.append((case, [tuple(named), *draws]))
    effects = [found.effect for found in remove(model, dataset.catalogue, wanted)] if wanted else []
    return np.array([one[0] for one in effects]), np.array([one[1:].mean() for one in effects])


def _causes(
    dataset: DataSet, examples: Examples, explained: Sequence[Explanation], columns: dict[str, list[Values]]
) -> dict[str, Values]:
    truth = known_truth(dataset) if is_target_of_truth(dataset, examples) else None
    if truth is None:
        return {}
    positions = truth.cause_position[examples.sessions]
    cut = examples.ends - np.array([len(found.history) for found in explained])
    kept = np.flatnonzero(positions - cut >= 0)
    return {
        name: np.array([float(positions[at] - cut[at] in np.argsort(-weights[at], kind="stable")[:2]) for at in kept])
        for name, weights in columns.items()
    }


def best_reading(found: Readability) -> str:
    """The reading whose correlation with removal is highest; choose it on validation, report it on the test."""
    return max(READINGS, key=lambda name: float(np.nanmean(found.agreements[name][:, MEASURES.index("pearson")])))


def summary(seeds: Sequence[Readability], reading: str | None) -> dict[str, Any]:
    """Figures of one recipe over its seeds: each session's value is its mean over them, intervals are over sessions."""
    return {
        "reading": reading,
        "agreement": {name: _measures([one.agreements[name] for one in seeds]) for name in seeds[0].agreements},
        "agreement_signed": {name: _measures([one.signed[name] for one in seeds]) for name in seeds[0].signed},
        "heads": [_head_table(one) for one in seeds],
        "stable_heads": [len(stable_heads(one)) for one in seeds],
        "stable_types": [sorted(set(stable_heads(one).values())) for one in seeds],
        "named": _figure(np.mean([one.named for one in seeds], axis=0)),
        "named_minus_random": _figure(np.concatenate([one.named_effect - one.random_effect for one in seeds])),
        "cause_in_top_two": {
            name: _figure(np.mean([one.cause_found[name] for one in seeds], axis=0)) for name in seeds[0].cause_found
        },
    }


def stable_heads(found: Readability) -> dict[str, str]:
    """Heads that hold one type other than distributed in `STABLE_SHARE` of sessions, beyond even attention's share."""
    even = found.even_labels
    stable = {}
    for head, types in found.labels.items():
        main = max(sorted(set(types) - {"distributed"}), key=types.count, default=None)
        if (
            main is not None
            and types.count(main) >= STABLE_SHARE * len(types) > 0
            and types.count(main) > even.count(main)
        ):
            stable[head] = main
    return stable


def _head_table(found: Readability) -> dict[str, dict[str, float]]:
    """By head and for even attention: the share of each type."""
    shares = {**found.labels, "even": found.even_labels}
    return {
        head: {name: types.count(name) / len(types) for name in sorted(set(types))}
        for head, types in shares.items()
        if types
    }


def _measures(values: Sequence[npt.NDArray[np.float64]]) -> dict[str, Any]:
    known = ~np.isnan(values[0]).any(1)  # whether a session is long enough does not depend on the seed
    kept = np.mean([value[known] for value in values], axis=0)
    return {name: _figure(kept[:, column]) for column, name in enumerate(MEASURES)}


def _figure(values: Values) -> dict[str, Any]:
    if not len(values):
        return {"mean": None, "interval": None, "n": 0}
    return {"mean": float(values.mean()), "interval": interval(values), "n": len(values)}
