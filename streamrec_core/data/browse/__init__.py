"""Browse a data set folder with DuckDB over its Parquet files, without loading the log."""
