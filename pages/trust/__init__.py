"""The Trust page and all that serves only it."""
