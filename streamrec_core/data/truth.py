"""Ground truth of synthetic data: the distribution of each target; read by evaluation and never by a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.errors import BadInput

FloatArray = npt.NDArray[np.float32]

SESSION_FILE = "truth.parquet"
ITEM_FILE = "truth_items.parquet"


@dataclass(frozen=True, eq=False)
class Truth:
    """The distribution every target was drawn from, in compact form, and what caused the draw.

    The probability of item `v` as the target of session `i` is
    ``category_mass[i, category(v)] * within_category[v]`` plus the masses of the special items equal to `v`.

    Attributes
    ----------
    category_mass : (N, C) float32
    within_category : (V,) float32
        Share of each item in its category; sums to 1 over a category, 0 for neutral items.
    special_offsets : (N + 1,) int64
    special_items : (S,) int32
        Catalogue rows of items with a mass of their own (the next episode of a series, say).
    special_mass : (S,) float32
    cause : tuple of N str
        Which part of the generator drew the target.
    cause_position : (N,) int64
        Position in the session of the one event behind the draw; -1 where there is none.
    preferred : (N, P) int64
        The session's preferred categories (hidden state).
    preferred_weight : (N, P) float32
    """

    category_mass: FloatArray
    within_category: FloatArray
    special_offsets: IntArray
    special_items: npt.NDArray[np.int32]
    special_mass: FloatArray
    cause: tuple[str, ...]
    cause_position: IntArray
    preferred: IntArray
    preferred_weight: FloatArray

    def __len__(self) -> int:
        return len(self.cause)

    def probabilities(self, rows: IntArray, catalogue: Catalogue) -> FloatArray:
        """Compute dense next-item distributions.

        Parameters
        ----------
        rows : (n,) int64
            Sessions.
        catalogue : Catalogue

        Returns
        -------
        (n, V) float32
        """
        # (n, C)[:, category of item] * (V,) -> (n, V)
        dense = self.category_mass[rows][:, catalogue.category_of] * self.within_category
        for number, row in enumerate(rows):
            part = slice(self.special_offsets[row], self.special_offsets[row + 1])
            np.add.at(dense[number], self.special_items[part], self.special_mass[part])
        return np.maximum(dense, 0.0)

    def write(self, folder: Path, session_ids: Sequence[str], catalogue: Catalogue) -> None:
        """Write `truth.parquet` (a row a session) and `truth_items.parquet` (a row an item).

        Parameters
        ----------
        folder : Path
        session_ids : sequence of N str
        catalogue : Catalogue
        """
        ids = pa.array(catalogue.item_ids)
        columns = {
            "session_id": pa.array(session_ids, pa.string()),
            "cause": pa.array(self.cause),
            "cause_position": pa.array(self.cause_position, mask=self.cause_position < 0),
            "preferred": _lists(self.preferred),
            "preferred_weight": _lists(self.preferred_weight),
            "category_mass": _lists(self.category_mass),
            "special_items": pa.ListArray.from_arrays(
                pa.array(self.special_offsets, pa.int32()), ids.take(pa.array(self.special_items))
            ),
            "special_mass": pa.ListArray.from_arrays(
                pa.array(self.special_offsets, pa.int32()), pa.array(self.special_mass)
            ),
        }
        pq.write_table(pa.table(columns), folder / SESSION_FILE)
        pq.write_table(
            pa.table({"item_id": ids, "within_category": pa.array(self.within_category)}), folder / ITEM_FILE
        )


def read_truth(folder: Path, catalogue: Catalogue) -> Truth:
    """Read the truth of a synthetic data set.

    Parameters
    ----------
    folder : Path
    catalogue : Catalogue

    Returns
    -------
    Truth

    Raises
    ------
    BadInput
        The folder has none, or a file of it is damaged.
    """
    if not (folder / SESSION_FILE).is_file():
        message = f"has no {SESSION_FILE}; only synthetic data sets know the causes of their targets"
        raise BadInput(message, path=folder)
    try:
        return _read_truth(folder, catalogue)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        message = f"is not readable ({error}); make the data set again"
        raise BadInput(message, path=folder / SESSION_FILE) from None


def _read_truth(folder: Path, catalogue: Catalogue) -> Truth:
    table = pq.read_table(folder / SESSION_FILE)
    rows = catalogue.rows
    special = table["special_items"].combine_chunks()
    return Truth(
        category_mass=_matrix(table["category_mass"]),
        within_category=pq.read_table(folder / ITEM_FILE)["within_category"].to_numpy(),
        special_offsets=special.offsets.to_numpy().astype(np.int64),
        special_items=np.array([rows[item] for item in special.values.to_pylist()], dtype=np.int32),
        special_mass=table["special_mass"].combine_chunks().values.to_numpy(),
        cause=tuple(table["cause"].to_pylist()),
        cause_position=table["cause_position"].fill_null(-1).to_numpy().astype(np.int64),
        preferred=_matrix(table["preferred"]),
        preferred_weight=_matrix(table["preferred_weight"]),
    )


def _lists(matrix: npt.NDArray[np.generic]) -> pa.Array:
    """(N, K) -> a list column of N lists of K."""
    offsets = np.arange(0, matrix.size + 1, matrix.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(matrix.ravel()))


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A list column of N lists of K -> (N, K)."""
    values = column.combine_chunks().values.to_numpy()
    return values.reshape(len(column), -1)
