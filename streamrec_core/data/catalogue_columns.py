"""Columns of a catalogue as groups of items: item, category, genres, series, and any column that a file adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from scipy import sparse

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.storage import CATALOGUE_FILE
from streamrec_core.errors import BadInput

BUILT_IN = ("item", "category", "genres", "series")
NOT_GROUPS = ("item_id", "title", "neutral", "episode", *BUILT_IN)
MISSING = "none"
"""Label of the items that a column leaves empty."""


@dataclass(frozen=True, eq=False)
class ItemGroups:
    """Groups of items by one column.

    Attributes
    ----------
    column : str
    labels : tuple of G str
    membership : (V, G) sparse array of float64
        Each item's share in each group; an item of several genres belongs to each of them in equal parts.
    """

    column: str
    labels: tuple[str, ...]
    membership: sparse.csr_array


def column_names(dataset: DataSet) -> tuple[str, ...]:
    """The columns by which the items of a data set can be grouped."""
    catalogue = dataset.catalogue
    names = ["item", "category"]
    names += ["genres"] if catalogue.genres else []
    names += ["series"] if (catalogue.series >= 0).any() else []
    return (*names, *_extra_columns(dataset))


def item_groups(dataset: DataSet, column: str) -> ItemGroups:
    """Group the items of a data set by a column of its catalogue.

    Parameters
    ----------
    dataset : DataSet
    column : str
        In `column_names`.

    Returns
    -------
    ItemGroups

    Raises
    ------
    BadInput
        The catalogue has no such column.
    """
    catalogue = dataset.catalogue
    allowed = column_names(dataset)
    if column not in allowed:
        raise BadInput(
            f"{dataset.name}: its catalogue has no column {column!r}; choose one of {', '.join(allowed)}",
            fields=["exposure_by"],
            value=column,
            allowed=allowed,
        )
    if column == "item":
        return ItemGroups(column, catalogue.titles, sparse.eye_array(len(catalogue), format="csr"))
    values: list[tuple[str, ...]]
    if column == "category":
        values = [(catalogue.category(row),) for row in range(len(catalogue))]
    elif column == "genres":
        values = [tuple(dict.fromkeys(names.split("|"))) for names in catalogue.genres]
    elif column == "series":
        values = [(f"series {number}" if number >= 0 else MISSING,) for number in catalogue.series.tolist()]
    else:
        values = [(MISSING if cell is None else str(cell),) for cell in _read_column(dataset, column)]
    return _grouped(column, [tuple(name or MISSING for name in names) for names in values])


def _grouped(column: str, values: list[tuple[str, ...]]) -> ItemGroups:
    labels = {name: code for code, name in enumerate(dict.fromkeys(name for names in values for name in names))}
    sizes = np.array([len(names) for names in values])
    rows = np.repeat(np.arange(len(values)), sizes)
    columns = [labels[name] for names in values for name in names]
    membership = sparse.csr_array((1 / sizes[rows], (rows, columns)), shape=(len(values), len(labels)))
    return ItemGroups(column, tuple(labels), membership)


def _extra_columns(dataset: DataSet) -> list[str]:
    """Columns of the catalogue's file that the catalogue in memory does not hold."""
    if dataset.folder is None or not (dataset.folder / CATALOGUE_FILE).is_file():
        return []
    return [name for name in pq.read_schema(dataset.folder / CATALOGUE_FILE).names if name not in NOT_GROUPS]


def _read_column(dataset: DataSet, column: str) -> list[object]:
    assert dataset.folder is not None
    cells: list[object] = pq.read_table(dataset.folder / CATALOGUE_FILE, columns=[column])[column].to_pylist()
    return cells
