"""Search for titles by how they are spelled, for "did you mean"."""

from __future__ import annotations

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from streamrec_core.data.catalogue import Catalogue

LEAST_SIMILAR = 70
"""Of 100: how alike a title must be spelled to be suggested."""


def similar_titles(catalogue: Catalogue, text: str, most: int = 3) -> list[int]:
    """Find the items whose titles are spelled most like a text.

    Parameters
    ----------
    catalogue : Catalogue
        Neutral items are left out.
    text : str
        What somebody wrote; letter case and punctuation do not count.
    most : int
        Items at most.

    Returns
    -------
    list of int
        Catalogue rows, best first; empty where nothing is alike.
    """
    if not text.strip():
        return []
    matches = process.extract(
        text,
        catalogue.titles,
        scorer=fuzz.WRatio,
        processor=default_process,
        score_cutoff=LEAST_SIMILAR,
        limit=most + int(catalogue.neutral.sum()),
    )
    return [row for _, _, row in matches if not catalogue.neutral[row]][:most]
