"""Study design: which rater sees which case under which arm and when; balanced, and the same for a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_GROUPING, _ORDER, _ROWS = 0, 1, 2
"""Purpose of each random stream, so that no two draws share one."""


@dataclass(frozen=True)
class Trial:
    """One task: a case (counted from 0), shown under an arm (its index in the study's list)."""

    case: int
    arm: int


def williams(arms: int) -> tuple[tuple[int, ...], ...]:
    """Build orders of `arms` treatments in which each has each position, and follows each other one, equally often.

    As many orders as arms for an even number, twice as many for an odd one (Williams 1949, "Experimental designs
    balanced for the estimation of residual effects of treatments").

    Examples
    --------
    >>> williams(2)
    ((0, 1), (1, 0))
    """
    first = [0, *((step + 1) // 2 if step % 2 else arms - step // 2 for step in range(1, arms))]
    rows = tuple(tuple((treatment + shift) % arms for treatment in first) for shift in range(arms))
    return rows if arms % 2 == 0 else rows + tuple(row[::-1] for row in rows)


def schedule(seed: int, turn: int, cases: int, arms: int) -> tuple[Trial, ...]:
    """Schedule the tasks of the rater who began as number `turn` (from 0), in order.

    Every rater sees every case once, so that no answer is known from before, and every arm equally often, in blocks
    that hold each arm once in a Williams order. Of as many raters in turn as there are arms, each case is seen under
    each arm once; after as many raters as there are orders, each arm has had each position equally often.

    Parameters
    ----------
    seed : int
    turn : int
    cases : int
        A multiple of `arms`.
    arms : int

    Returns
    -------
    tuple of Trial

    Raises
    ------
    ValueError
        The cases cannot be divided among the arms.
    """
    if cases % arms:
        raise ValueError(f"{cases} cases cannot be divided among {arms} arms; take a multiple of {arms}")
    # One division of the cases into groups for each round of raters; within the round the groups change arms.
    grouping = np.random.default_rng([seed, _GROUPING, turn // arms]).permutation(cases) % arms
    arm_of = (grouping + turn) % arms
    chance = np.random.default_rng([seed, _ORDER, turn])
    waiting = [[int(case) for case in chance.permutation(np.flatnonzero(arm_of == arm))] for arm in range(arms)]
    rows = williams(arms)
    rows = tuple(rows[int(row)] for row in np.random.default_rng([seed, _ROWS]).permutation(len(rows)))
    return tuple(
        Trial(waiting[arm].pop(), arm) for block in range(cases // arms) for arm in rows[(turn + block) % len(rows)]
    )
