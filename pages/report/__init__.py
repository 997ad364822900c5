"""The Report page and all that serves only it."""
