"""The posterior over ordered preferred categories equals the sum over every ordered choice."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from streamrec_core.evaluation.preferred_posterior import Values, preferred_posterior


def enumerated(table: Values, ranks: int) -> tuple[Values, float]:
    """Posterior (C, K) and mean likelihood, over every ordered choice of K distinct categories one by one."""
    categories = len(table)
    choices = np.array(list(permutations(range(categories), ranks)))
    columns = np.zeros((len(choices), categories), np.int64)
    for rank in range(ranks):
        columns[np.arange(len(choices)), choices[:, rank]] = rank + 1
    likelihood = table[np.arange(categories), columns].prod(1)
    posterior = np.zeros((categories, ranks))
    for rank in range(ranks):
        np.add.at(posterior[:, rank], choices[:, rank], likelihood)
    return posterior / likelihood.sum(), float(likelihood.mean())


@pytest.mark.parametrize(("categories", "ranks"), [(2, 1), (4, 2), (5, 3), (4, 4), (20, 4)])
def test_it_equals_the_sum_over_every_ordered_choice(categories: int, ranks: int) -> None:
    tables = np.random.default_rng(categories).gamma(0.3, size=(2, categories, ranks + 1))
    posterior, likelihood = preferred_posterior(tables)
    for row, table in enumerate(tables):
        expected, mean = enumerated(table, ranks)
        np.testing.assert_allclose(posterior[row], expected, rtol=1e-9, atol=1e-15)
        assert likelihood[row] == pytest.approx(mean, rel=1e-9)


def test_without_evidence_every_category_is_alike_likely() -> None:
    posterior, likelihood = preferred_posterior(np.ones((1, 20, 5)))
    np.testing.assert_allclose(posterior, 1 / 20)
    assert likelihood == pytest.approx(1)


def test_a_category_that_must_have_the_first_rank_leaves_the_others_to_the_rest() -> None:
    tables = np.ones((1, 4, 3))
    tables[0, 2] = [0, 1, 0]
    posterior, likelihood = preferred_posterior(tables)
    np.testing.assert_allclose(posterior[0, :, 0], [0, 0, 1, 0])
    np.testing.assert_allclose(posterior[0, :, 1], [1 / 3, 1 / 3, 0, 1 / 3])
    assert likelihood == pytest.approx(1 / 4)
