"""Study design: the balance of cases, arms and positions, counted for two, three and four arms."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from streamrec_core.study.design import schedule, williams


def test_williams_orders_of_four_are_the_published_ones() -> None:
    # Williams (1949): 0 1 3 2 and its shifts
    assert williams(4) == ((0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1))


@pytest.mark.parametrize("arms", [2, 3, 4, 5])
def test_each_arm_has_each_position_and_follows_each_other_arm_equally_often(arms: int) -> None:
    rows = williams(arms)
    assert len(rows) == (arms if arms % 2 == 0 else 2 * arms)
    positions = Counter((position, arm) for row in rows for position, arm in enumerate(row))
    followers = Counter(pair for row in rows for pair in pairwise(row))
    assert set(positions.values()) == {len(rows) // arms}
    assert len(positions) == arms * arms
    assert set(followers.values()) == {len(rows) // arms}
    assert len(followers) == arms * (arms - 1)


@pytest.mark.parametrize(("arms", "cases"), [(2, 12), (3, 12), (4, 12), (4, 8)])
@pytest.mark.parametrize("seed", [0, 7])
def test_cases_arms_and_positions_are_balanced_over_raters(arms: int, cases: int, seed: int) -> None:
    raters = len(williams(arms))
    plans = [schedule(seed, turn, cases, arms) for turn in range(raters)]
    for plan in plans:
        assert sorted(trial.case for trial in plan) == list(range(cases))
        assert set(Counter(trial.arm for trial in plan).values()) == {cases // arms}
        for block in range(0, cases, arms):
            assert {trial.arm for trial in plan[block : block + arms]} == set(range(arms))
    under = Counter((trial.case, trial.arm) for plan in plans for trial in plan)
    assert set(under.values()) == {raters // arms}
    assert len(under) == cases * arms
    at = Counter((position, trial.arm) for plan in plans for position, trial in enumerate(plan))
    assert set(at.values()) == {raters // arms}
    after = Counter(
        (first.arm, other.arm)
        for plan in plans
        for block in range(0, cases, arms)
        for first, other in pairwise(plan[block : block + arms])
    )
    assert len(set(after.values())) == 1


def test_as_many_raters_as_arms_see_each_case_once_under_each_arm() -> None:
    for begun in range(0, 20, 4):
        seen = Counter((t.case, t.arm) for turn in range(begun, begun + 4) for t in schedule(3, turn, 12, 4))
        assert set(seen.values()) == {1}
        assert len(seen) == 48


def test_orders_repeat_for_a_seed_and_differ_between_seeds_and_raters() -> None:
    assert schedule(1, 0, 12, 4) == schedule(1, 0, 12, 4)
    assert schedule(1, 0, 12, 4) != schedule(2, 0, 12, 4)
    firsts = Counter(schedule(1, turn, 12, 4)[0].case for turn in range(240))
    assert set(firsts) == set(range(12))  # no case is always the first
    assert max(firsts.values()) < 40


def test_cases_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(ValueError, match="10 cases cannot be divided among 4 arms"):
        schedule(0, 0, 10, 4)
