"""A data set with every column there can be, and how tests change a column of its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.dataset import DataSet
from tests.worlds import catalogue_of, dataset_of, log_of


def rich_dataset() -> DataSet:
    """Every column there can be: home page, series, genres, times, users."""
    catalogue = replace(
        catalogue_of(3, 2, home=True),
        titles=("Night Shift: 1", "Night Shift: 2", "Straße – *größer*", "Home page"),
        genres=("Crime|Drama", "Crime", "", ""),
        series=np.array([0, 0, -1, -1]),
        episodes=np.array([1, 2, 0, 0]),
    )
    log = log_of([[0, 3, 1], [2, 0]], [[2, 0, 4], [1, 3]], timestamps=[[10, 20, 30], [5, 5]])
    return dataset_of(catalogue, replace(log, user_ids=("anna", "bo")), wording="ratings", filter_seen=True)


def edit(folder: Path, file: str, column: str, values: list[Any] | None) -> None:
    """Put other values in a column of a file of the folder; None takes the column away."""
    table = pq.read_table(folder / file)
    number = table.column_names.index(column)
    table = table.remove_column(number) if values is None else table.set_column(number, column, pa.array(values))
    pq.write_table(table, folder / file)
