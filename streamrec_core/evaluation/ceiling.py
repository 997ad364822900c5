"""What the generator knows: the chance that ten items hold the target, and the best ten there are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.data.truth import SESSION_FILE, Truth, read_truth
from streamrec_core.errors import BadInput

CHUNK = 1_000


def known_truth(dataset: DataSet) -> Truth | None:
    """The truth of a synthetic data set that lies on disk; None for any other."""
    if dataset.folder is None or not (dataset.folder / SESSION_FILE).is_file():
        return None
    truth = read_truth(dataset.folder, dataset.catalogue)
    if len(truth) != len(dataset.log):
        raise BadInput(
            f"{dataset.folder}: {SESSION_FILE} speaks of {len(truth):,} sessions, the log of {len(dataset.log):,}; "
            "make the data set again"
        )
    return truth


def is_target_of_truth(dataset: DataSet, examples: Examples) -> bool:
    """Whether the examples predict the last events, the only ones whose distribution is kept."""
    return bool((examples.ends == dataset.log.lengths[examples.sessions] - 1).all())


def expected_hits(
    truth: Truth, catalogue: Catalogue, examples: Examples, top: IntArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probability that the target is among the recommended items, and among the best ten.

    Parameters
    ----------
    top : (M, k) int64
        Catalogue rows recommended for each example.

    Returns
    -------
    expected, ceiling : (M,) float64
        Under the distribution the target was drawn from, given the generator's hidden state.
    """
    expected, ceiling = np.zeros(len(examples)), np.zeros(len(examples))
    k = top.shape[1]
    for start in range(0, len(examples), CHUNK):
        part = slice(start, start + CHUNK)
        mass = truth.probabilities(examples.sessions[part], catalogue)
        expected[part] = np.take_along_axis(mass, top[part], axis=1).sum(1)
        ceiling[part] = np.partition(mass, -k, axis=1)[:, -k:].sum(1)
    return expected, ceiling
