"""Importers: MovieLens, RecBole atomic files, and any CSV or Parquet table."""
