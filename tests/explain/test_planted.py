"""First looks of a trained additive model in worlds with a planted cause: it is named, or nothing is claimed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data.splits import split
from streamrec_core.explain.first_look import explain_session_at
from streamrec_core.explain.record import Explanation
from tests.explain.planted import (
    CATEGORIES,
    World,
    category_matters,
    last_matters,
    learned,
    nothing_matters,
    opening_matters,
)


def explained(world: World, folder: Path, sessions: int = 40) -> list[Explanation]:
    """First explanations of test sessions of a world, drawn at random."""
    dataset, model = learned(world, folder)
    examples = split(dataset).test.sample(sessions)
    return [
        explain_session_at(model, dataset, int(row), int(end))
        for row, end in zip(examples.sessions, examples.ends, strict=True)
    ]


def first_reasons(explanation: list[Explanation]) -> Counter[str]:
    """What the first reason of each explanation speaks of."""
    return Counter(_spoken_of(each) for each in explanation)


def _spoken_of(explanation: Explanation) -> str:
    if not explanation.reasons:
        return "nothing"
    reason = explanation.reasons[0]
    if reason.kind == "category":
        return "category"
    return {0: "opening", len(explanation.history) - 1: "last"}.get(reason.positions[0], "another item")


@pytest.mark.parametrize(("world", "answer"), [(last_matters, "last"), (opening_matters, "opening")])
def test_the_planted_cause_is_what_is_named(world: World, answer: str, tmp_path: Path) -> None:
    explanation = first_reasons(explained(world, tmp_path))
    assert explanation.most_common(1)[0][0] == answer
    assert explanation[answer] >= 0.8 * explanation.total()


def test_where_only_a_category_matters_few_events_outside_it_are_named(tmp_path: Path) -> None:
    explanation = explained(category_matters, tmp_path)
    spoken = [each for each in explanation if each.reasons]
    inside = [each for each in spoken if set(each.reasons[0].positions) <= set(_of_the_planted_category(each))]
    assert len(inside) >= 0.95 * len(spoken)
    assert len(spoken) >= 0.9 * len(explanation)


def _of_the_planted_category(explanation: Explanation) -> list[int]:
    """Positions of the events that decide: those of the last event's category."""
    categories = explanation.history.items % CATEGORIES
    return [int(position) for position in np.flatnonzero(categories == categories[-1])]


def test_where_nothing_matters_nothing_is_claimed(tmp_path: Path) -> None:
    explanation = explained(nothing_matters, tmp_path)
    assert first_reasons(explanation)["nothing"] >= 0.9 * len(explanation)
    assert explanation[0].sentence == "Based on your viewing history."
