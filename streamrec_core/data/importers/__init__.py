"""Logs from elsewhere made into data sets: MovieLens, RecBole atomic files, and any table."""
