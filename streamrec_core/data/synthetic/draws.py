"""Random draws that both presets share, each one array operation for all sessions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray

DoubleArray = npt.NDArray[np.float64]


class WithinCategory:
    """Popularity of items inside their category: Zipf's law, the share of rank r is proportional to r ** -exponent.

    Ranks follow catalogue order, which is shuffled; neutral items have no share.

    Attributes
    ----------
    share : (V,) float64
        Sums to 1 over each category.
    """

    def __init__(self, catalogue: Catalogue, exponent: float) -> None:
        codes = np.where(catalogue.neutral, len(catalogue.categories), catalogue.category_of)
        self._order = np.argsort(codes, kind="stable")
        counts = np.bincount(codes, minlength=len(catalogue.categories) + 1)
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        ranks = np.arange(len(codes)) - np.repeat(self._starts[:-1], counts) + 1
        weight = ranks.astype(np.float64) ** -exponent
        weight[self._starts[-2] :] = 0
        sums = np.add.reduceat(np.append(weight, 0), self._starts[:-1])
        shares = weight / np.maximum(np.repeat(sums, counts), 1e-300)
        # Category c holds the numbers c to c + 1 of one rising line, so that one search serves all categories.
        inside = slice(0, self._starts[-2])
        self._line = np.cumsum(shares[inside])
        self.share = np.zeros(len(codes))
        self.share[self._order] = shares

    def draw(self, uniform: DoubleArray, categories: IntArray) -> IntArray:
        """Draw one item for each category.

        Parameters
        ----------
        uniform : (n,) float64
            Uniform numbers in [0, 1).
        categories : (n,) int64

        Returns
        -------
        (n,) int64
            Catalogue rows.
        """
        ranks = np.searchsorted(self._line, categories + uniform, side="right")
        first, last = self._starts[categories], self._starts[categories + 1] - 1
        items: IntArray = self._order[np.clip(ranks, first, last)]
        return items


def distinct_categories(rng: np.random.Generator, rows: int, categories: int, count: int) -> IntArray:
    """Draw different categories for each row, every choice and order equally likely.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows : int
    categories : int
        How many there are.
    count : int
        How many are drawn for a row.

    Returns
    -------
    (rows, count) int64
    """
    # Draw from what is left, then step over those already taken: exact, and linear in `chosen`.
    picked = np.zeros((rows, count), np.int64)
    for number in range(count):
        draw = rng.integers(0, categories - number, rows)
        taken = np.sort(picked[:, :number], axis=1)
        for column in range(number):
            draw += draw >= taken[:, column]
        picked[:, number] = draw
    return picked
