"""The Data set page and all that serves only it."""
