"""The Dataset page and all that serves only it."""
