"""A data set folder browsed with DuckDB over its Parquet files, so that a long log pages as a short one does."""

from streamrec_core.extras import require

require("duckdb")
