"""One recipe trained with several seeds: figures of their mean, and of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import METRICS, Values, with_interval


def over_seeds(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Metrics of several seeds on the same targets.

    Each session's value is its mean over the seeds; the interval is a bootstrap over sessions of that mean, and
    `hit@10_by_seed` shows how far single seeds lie apart.

    Raises
    ------
    BadInput
        There is none, or they were not evaluated on the same number of targets.
    """
    if not evaluations or len({len(one.ranks) for one in evaluations}) != 1:
        raise BadInput("several seeds are compared on the same targets; evaluate them on the same split")
    found: dict[str, Any] = {"seeds": len(evaluations), "n_sessions": len(evaluations[0].ranks)}
    for name, measure in METRICS.items():
        found |= _of_all(name, [measure(one.ranks) for one in evaluations])
    expected = [one.expected for one in evaluations if one.expected is not None]
    ceiling = evaluations[0].ceiling
    if expected and ceiling is not None:
        found |= _of_all("expected_hit@10", expected)
        found["ceiling_hit@10"] = float(ceiling.mean())
        found["share_of_ceiling"] = found["expected_hit@10"] / found["ceiling_hit@10"]
    return found


def paired_difference(first: Sequence[Evaluation], second: Sequence[Evaluation], metric: str) -> dict[str, Any]:
    """Difference of two recipes in one metric, session by session, each averaged over its seeds.

    Raises
    ------
    BadInput
        The recipes were evaluated on different targets, or on fewer than two.
    """
    measure = METRICS[metric]
    if len({len(one.ranks) for one in (*first, *second)}) != 1 or len(first[0].ranks) < 2:
        raise BadInput("a paired difference needs the same two or more targets on both sides")
    means = [np.mean([measure(one.ranks) for one in side], axis=0) for side in (first, second)]
    return with_interval(f"{metric}_difference", means[0] - means[1])


def paired_expected_difference(first: Sequence[Evaluation], second: Sequence[Evaluation]) -> dict[str, Any]:
    """Difference of two recipes in expected Hit@10, which knows no luck of single targets, session by session.

    Raises
    ------
    BadInput
        The generator's truth is not known on one side.
    """
    known = [[one.expected for one in side if one.expected is not None] for side in (first, second)]
    if not all(known):
        raise BadInput("expected Hit@10 is known for synthetic data sets only; compare Hit@10")
    means = [np.mean(side, axis=0) for side in known]
    return with_interval("expected_hit@10_difference", means[0] - means[1])


def _of_all(name: str, values: Sequence[Values]) -> dict[str, Any]:
    by_seed = [float(value.mean()) for value in values]
    return {**with_interval(name, np.mean(values, axis=0)), f"{name}_by_seed": by_seed}
