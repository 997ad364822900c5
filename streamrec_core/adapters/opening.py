"""Open a scorer for a data set at the highest level that it allows: scores, attention, gradients."""

from __future__ import annotations

from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.adapters.scorer import Scorer
from streamrec_core.data.catalogue import Catalogue


def open_scorer(scorer: Scorer, catalogue: Catalogue, time_limit: float | None = None) -> ScoredModel:
    """Open a model of another library for a data set.

    Parameters
    ----------
    scorer : Scorer
    catalogue : Catalogue
        Of the data set.
    time_limit : float or None
        Seconds that one call of `score` may take.

    Returns
    -------
    ScoredModel
        Its `lacks` say what is not available.

    Raises
    ------
    BadInput
        The scorer cannot be used; the message names what its function did.
    Refused
        It knows no item of the catalogue.
    """
    return ScoredModel(scorer, catalogue, time_limit)
