"""Read Parquet files as rows; columns keep their types, and rows are counted from 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.importers.rows import Rows, check_columns
from streamrec_core.errors import BadInput


def read_parquet(path: Path, columns_by_role: dict[str, str]) -> Rows:
    """Read columns of a Parquet file; raises `BadInput` for a broken file.

    Parameters
    ----------
    path : Path
    columns_by_role : dict of str to str
        What each column is for -> its name.

    Returns
    -------
    Rows
    """
    try:
        check_columns(path, columns_by_role, tuple(pq.read_schema(path).names))
        table = pq.read_table(path, columns=list(dict.fromkeys(columns_by_role.values())), partitioning=None)
        table.validate(full=True)
    except FileNotFoundError:
        raise BadInput("is missing; check the path", path=path) from None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); write it again", path=path) from None
    columns = {name: table[name] for name in columns_by_role.values()}
    return Rows(path, np.arange(1, len(table) + 1, dtype=np.int64), columns)
