"""The checks find faults of a model that is known by its scoring function alone, although its scores are cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from streamrec_core.adapters import ScoredModel, ScoringFunction
from streamrec_core.diagnosis.model_check.run import check_model
from tests.diagnosis.model_check import planted
from tests.diagnosis.model_check.test_model_check import reported
from tests.worlds import batch

ITEM_IDS = [f"i{row}" for row in range(planted.ITEMS)]
Histories = list[list[str]]


def rules(model: planted.RuleModel | None = None) -> Callable[[Histories], Any]:
    """A scoring function that answers as a planted model does."""
    rule_model = model or planted.RuleModel()

    def score(histories: Histories) -> Any:
        rows = [[int(item[1:]) for item in history] for history in histories]
        return rule_model.logits(batch(planted.rule_world().catalogue, *rows)).numpy()

    return score


def checked(score: Callable[[Histories], Any], **attributes: Any) -> dict[str, str]:
    world = planted.rule_world()
    scorer = ScoringFunction(score, ITEM_IDS, name="foreign")
    for name, attribute in attributes.items():
        object.__setattr__(scorer, name, attribute)
    return reported(check_model(ScoredModel(scorer, world.catalogue), world))


def test_nothing_is_reported_of_a_clean_function() -> None:
    assert checked(rules()) == {}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (planted.DropsFirst, "every event is read"),
        (planted.Noisy, "deterministic"),
        (planted.BatchNormalised, "same in a batch"),
        (planted.WrongOrder, "same in a batch"),
        (planted.PaddingDependent, "same with padding"),
        (planted.ShiftedOut, "item numbers"),
        (planted.AlmostPopularity, "better than popularity"),
    ],
)
def test_the_function_is_asked_afresh_so_that_its_fault_shows(model: type[planted.RuleModel], name: str) -> None:
    assert checked(rules(model())) == {name: "fault"}


def test_a_function_that_fails_later_is_one_fault() -> None:
    clean = rules()

    def score(histories: Histories) -> Any:
        scores = np.array(clean(histories))
        scores[[len(history) > 2 for history in histories], 3] = np.nan
        return scores

    assert checked(score) == {"scores are usable": "fault"}


def test_a_module_in_training_mode_is_seen_behind_the_function() -> None:
    module = planted.WithDropout()
    assert checked(rules(module), module=module) == {"evaluation mode": "fault"}  # type: ignore[arg-type]
    module.eval()
    assert checked(rules(module), module=module) == {}  # type: ignore[arg-type]
