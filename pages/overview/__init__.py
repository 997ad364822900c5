"""The Overview page and all that serves only it."""
