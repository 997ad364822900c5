"""Checks by removal and replacement on models whose true reasons are known: confirmed reasons, and each verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from streamrec_core.attribution.case import Case, case_of
from streamrec_core.data.batches import Batch
from streamrec_core.explain.check_record import CheckSettings, SetEffect, Trials
from streamrec_core.explain.checks import check, noticed, verdict
from streamrec_core.models.protocol import SessionModel
from tests.worlds import BagModel, catalogue_of, session_of

ITEMS, CANDIDATE, CAUSE = 60, 50, 2
LISTED = np.arange(40, 49)
CATALOGUE = catalogue_of(ITEMS, 3)
HISTORY = [0, 1, CAUSE, 3, 4, 5]
AT = HISTORY.index(CAUSE)


def bag(**says: float) -> BagModel:
    """A linear model: `x2_50=3.0` lets an event with item 2 add 3 to the score of item 50; all else is zero."""
    weights = torch.zeros(ITEMS, ITEMS)
    for pair, value in says.items():
        item, title = pair[1:].split("_")
        weights[int(item), int(title)] = value
    return BagModel(weights)


class Scored(BagModel):
    """Scores the candidate by what a function makes of the items that are seen, everything else by 0."""

    def __init__(self, score: object) -> None:
        super().__init__(torch.zeros(ITEMS, ITEMS))
        self.score = score

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        seen = [row[shown].tolist() for row, shown in zip(batch.items, batch.visible, strict=True)]
        scores[:, CANDIDATE] = torch.tensor([float(self.score(items)) for items in seen])  # type: ignore[operator]
        return scores


def verdicts(
    model: SessionModel,
    sets: list[tuple[int, ...]],
    history: list[int] = HISTORY,
    candidate: int = CANDIDATE,
    **settings: float,
) -> list[str]:
    case = replace(case_of(session_of(history), candidate, model, filter_seen=False), listed=LISTED)
    ((checks),) = check(model, CATALOGUE, [(case, sets)], CheckSettings.parse(settings, "checks"))
    return [checked.verdict for checked in checks.checks]


def test_exactly_the_supporting_events_of_a_linear_model_are_confirmed() -> None:
    model = bag(x2_50=3.0, x4_50=2.0, x5_50=-1.0)
    sets = [(at,) for at in range(6)]
    assert verdicts(model, sets) == ["too little", "too little", "holds", "too little", "holds", "speaks against"]
    assert verdicts(model, [(2, 4)]) == ["holds"]


def test_the_figures_are_those_of_the_model() -> None:
    model = bag(x2_50=2.0)
    case = replace(case_of(session_of([0, CAUSE, 1]), CANDIDATE, model, filter_seen=False), listed=LISTED)
    (checks,) = check(model, CATALOGUE, [(case, [(1,)])])
    (checked,) = checks.checks
    scores = torch.zeros(ITEMS)
    scores[CANDIDATE] = 2.0
    before = scores.softmax(0)
    assert checked.probability_before == pytest.approx(float(before[CANDIDATE]), rel=1e-5)
    assert checked.probability_after == pytest.approx(1 / ITEMS, rel=1e-5)
    assert checked.effect == pytest.approx(np.log(ITEMS * float(before[CANDIDATE])), rel=1e-5)
    assert checked.list_effect == pytest.approx(np.log(ITEMS * float(before[40])), rel=1e-5)
    # Of the two other events, a sub-history holds none or either of them.
    assert checked.trials is not None
    assert (checked.trials.sub_histories_lower, checked.trials.sub_histories) == (3, 3)
    assert (checked.trials.replacements_lower, checked.trials.replacements) == (10, 10)
    assert checked.trials.p_holm == checked.trials.p_value == pytest.approx(2**-13)
    assert (checks.empty.probability_after, checks.recommendable) == (pytest.approx(1 / ITEMS, rel=1e-5), ITEMS)


def test_an_event_that_lifts_the_whole_list_is_not_specific_to_the_title() -> None:
    whole_list = {f"x2_{title}": 3.0 for title in (*LISTED, CANDIDATE)}
    assert verdicts(bag(**whole_list), [(AT,)]) == ["not about this title"]
    assert verdicts(bag(**whole_list, x1_50=0.001), [(AT,)]) == ["not about this title"]
    assert verdicts(bag(**{**whole_list, "x2_50": 3.5}), [(AT,)]) == ["holds"]


def test_an_effect_that_reverses_without_another_event_depends_on_the_rest() -> None:
    def score(items: list[int]) -> float:
        return (3.0 if 4 in items else -3.0) * (CAUSE in items)

    assert verdicts(Scored(score), [(AT,)]) == ["depends on the rest"]
    # Where four of five need not stand, neither is refused.
    assert verdicts(Scored(score), [(AT,)], least_sub_histories=0.0) == ["holds"]


def test_an_event_that_any_other_title_could_replace_is_rejected() -> None:
    assert verdicts(Scored(lambda items: 2.0 * len(items) - 10), [(AT,)]) == ["not under replacement"]


def test_a_set_padded_with_events_of_no_effect_is_rejected() -> None:
    model = bag(x2_50=3.0)
    assert verdicts(model, [(AT,), (0, AT), (0, 1, AT, 3)]) == ["holds", "depends on the rest", "depends on the rest"]
    assert verdicts(model, [(0, 1, AT, 3)], least_sub_histories=0.0) == ["not under replacement"]


def test_failed_sets_count_among_those_tested() -> None:
    model, settings = bag(x2_50=3.0), {"sub_histories": 1, "replacements": 6}
    # One sub-history and six replacements all lower the title: p = 1/128, times seven sets .055.
    idle = [(0,), (1,), (3,), (4,), (5,), (0, 1)]
    assert verdicts(model, [(AT,)], **settings) == ["holds"]
    assert verdicts(model, [(AT,), *idle[:5]], **settings)[0] == "holds"
    assert verdicts(model, [(AT,), *idle], **settings)[0] == "chance"
    assert verdicts(model, [(AT,), *idle], **settings, alpha=0.06)[0] == "holds"


def test_a_history_of_one_event_is_tried_by_replacing_it() -> None:
    case = case_of(session_of([CAUSE]), CANDIDATE, bag(x2_50=3.0), filter_seen=False)
    (checks,) = check(bag(x2_50=3.0), CATALOGUE, [(case, [(0,)])])
    assert checks.checks[0].confirmed
    assert checks.checks[0].trials == Trials(0, 0, 10, 10, 2**-10, 2**-10)
    assert verdicts(Scored(lambda items: 2.0 * len(items)), [(0,)], [CAUSE]) == ["not under replacement"]


def test_no_reason_is_confirmed_for_an_unlisted_title_unless_the_settings_allow_it() -> None:
    others = {f"x{item}_{title}": 3.0 for item in (0, 3) for title in range(20, 40)}
    model = bag(**others, x2_50=2.0)
    assert verdicts(model, [(AT,)]) == ["not on the list"]
    assert verdicts(model, [(AT,)], listed_only=False) == ["holds"]


def removed(effect: float, rank_after: int = 1, rank_before: int = 1, list_effect: float = 0.0) -> SetEffect:
    return SetEffect((0,), effect, list_effect, rank_before, rank_after, 0.5, 0.5, 0)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (removed(0.7), True),
        (removed(0.69), False),  # half of the probability is ln 2 = .693 nats
        (removed(0.1, rank_after=4), True),
        (removed(0.1, rank_after=3), False),
        (removed(0.1, rank_after=11, rank_before=10), True),
        (removed(0.1, rank_after=400, rank_before=11), False),
        (removed(0.0, rank_after=11), False),
    ],
)
def test_noticeable_are_half_of_the_probability_three_ranks_or_leaving_the_list(
    effect: SetEffect, expected: bool
) -> None:
    assert noticed(effect, CheckSettings()) is expected


@pytest.mark.parametrize(
    ("effect", "trials", "expected"),
    [
        (removed(1.0), Trials(16, 16, 10, 10), "holds"),
        (removed(1.0), Trials(0, 0, 9, 10), "holds"),
        (removed(-0.2), None, "speaks against"),
        (removed(-0.04), None, "too little"),
        (removed(0.0), None, "too little"),
        (removed(1.0, list_effect=1.01), Trials(16, 16, 10, 10), "not about this title"),
        (removed(1.0, list_effect=0.99), Trials(16, 16, 10, 10), "holds"),
        (removed(1.0), Trials(15, 16, 10, 10), "depends on the rest"),
        (removed(1.0), Trials(16, 16, 8, 10), "not under replacement"),
        (removed(1.0), Trials(16, 16, 10, 10, 0.01, 0.06), "chance"),
        (removed(1.0, rank_before=11, rank_after=90), Trials(16, 16, 10, 10), "not on the list"),
    ],
)
def test_the_verdict_is_the_first_test_that_fails(effect: SetEffect, trials: Trials | None, expected: str) -> None:
    tried = trials and replace(trials, p_holm=trials.p_holm if trials.p_holm < 1 else 0.001)
    assert verdict(effect, tried, CheckSettings()) == expected


def test_many_cases_at_once_give_the_checks_of_each_alone() -> None:
    models = bag(x2_50=3.0, x7_50=1.5)
    cases = [
        replace(case_of(session_of(history), CANDIDATE, models, filter_seen=False), listed=LISTED)
        for history in ([CAUSE], HISTORY, [0, 1], [7, 0, 7, 1, CAUSE, 9, 11])
    ]
    requests: list[tuple[Case, list[tuple[int, ...]]]] = [
        (case, [(at,) for at in range(len(case.history))]) for case in cases
    ]
    together = check(models, CATALOGUE, requests)
    alone = [check(models, CATALOGUE, [request])[0] for request in requests]
    assert [[each.verdict for each in checked.checks] for checked in together] == [
        [each.verdict for each in checked.checks] for checked in alone
    ]
    assert [[each.trials for each in checked.checks] for checked in together] == [
        [each.trials for each in checked.checks] for checked in alone
    ]
    assert {each.verdict for each in together[2].checks} == {"too little"}
