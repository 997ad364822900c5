"""Match the items of a data set with those that a model learned, by id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.errors import Refused

LEAST_KNOWN = 0.5
"""Share of the items of a data set that a model must know to be offered for it unasked."""
NAMED = 5


@dataclass(frozen=True, eq=False)
class KnownItems:
    """What a model knows of the V items of a data set.

    Attributes
    ----------
    rows : (V,) int64
        Row of each item in the model's catalogue; -1 for an item that the model does not know.
    categories : (V,) int64
        Code of each item's category as the model numbers them; -1 for a category that it does not know.
    series : (V,) int64
        Series number of each item as the model numbers them; -1 where it stands alone or is not known.
    neutral : (V,) bool
        Items that the model or the data set takes for neutral.
    """

    rows: IntArray
    categories: IntArray
    series: IntArray
    neutral: npt.NDArray[np.bool_]

    @property
    def unknown(self) -> IntArray:
        """Rows, in the data set, of the items that the model does not know."""
        return np.flatnonzero(self.rows < 0)

    @property
    def share(self) -> float:
        """Share of the data set's items that the model knows."""
        return float((self.rows >= 0).mean()) if len(self.rows) else 0.0


def match_items(learned: Catalogue, catalogue: Catalogue) -> KnownItems:
    """Find each item of a data set in the catalogue that a model learned, by id.

    Parameters
    ----------
    learned : Catalogue
        Of the model.
    catalogue : Catalogue
        Of the data set.

    Returns
    -------
    KnownItems

    Raises
    ------
    Refused
        No item is known, or most items that share an id have another title: those are other items.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue
    >>> learned = case_study_catalogue()
    >>> match_items(learned, replace(learned, item_ids=("new", *learned.item_ids[1:]))).unknown.tolist()
    [0]
    """
    rows = np.array([learned.rows.get(item, -1) for item in catalogue.item_ids], np.int64)
    matched = np.flatnonzero(rows >= 0)
    if not len(matched):
        raise Refused(
            f"none of the {len(catalogue):,} items has an id of the model's {len(learned):,} items (for example "
            f"{catalogue.item_ids[0] if len(catalogue) else ''!r} here, {learned.item_ids[0]!r} in the model)"
        )
    _check_titles(learned, catalogue, rows)
    code = {name: number for number, name in enumerate(learned.categories)}
    categories = np.array([code.get(catalogue.category(row), -1) for row in range(len(catalogue))], np.int64)
    categories[matched] = learned.category_of[rows[matched]]
    series = np.full(len(catalogue), -1, np.int64)
    series[matched] = learned.series[rows[matched]]
    neutral = catalogue.neutral.copy()
    neutral[matched] |= learned.neutral[rows[matched]]
    return KnownItems(rows, categories, series, neutral)


def _check_titles(learned: Catalogue, catalogue: Catalogue, rows: IntArray) -> None:
    """Refuse items that share ids and nothing else, as the numbers 1, 2, 3 of two shops do."""
    titled = [
        (here, there)
        for here, there in enumerate(rows.tolist())
        if there >= 0 and catalogue.titles[here] != catalogue.item_ids[here]
        if learned.titles[there] != learned.item_ids[there]
    ]
    other = [
        (here, there)
        for here, there in titled
        if catalogue.titles[here].casefold().strip() != learned.titles[there].casefold().strip()
    ]
    if len(other) * 2 > len(titled):
        here, there = other[0]
        raise Refused(
            f"{len(other):,} of {len(titled):,} items have an id of the model and another title (id "
            f"{catalogue.item_ids[here]!r} is {catalogue.titles[here]!r} here, {learned.titles[there]!r} in the model)"
        )


def unknown_note(item_match: KnownItems | None, model: str, catalogue: Catalogue) -> str:
    """One sentence on the items that a model does not know; empty where it knows all.

    Parameters
    ----------
    item_match : KnownItems or None
        None: the model learned this very catalogue.
    model : str
        Its name.
    catalogue : Catalogue
        Of the data set.

    Returns
    -------
    str
    """
    if item_match is None or not len(item_match.unknown):
        return ""
    names = [catalogue.titles[row] for row in item_match.unknown[:NAMED]]
    rest = len(item_match.unknown) - len(names)
    shown = ", ".join(names) + (f" and {rest:,} more" if rest else "")
    verb = "is" if len(item_match.unknown) == 1 else "are"
    return (
        f"{len(item_match.unknown):,} of the {len(catalogue):,} items of this data set {verb} unknown to {model} "
        f"({shown}): kept in histories, never recommended, a miss where one comes next."
    )
