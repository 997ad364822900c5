"""The Study page and all that serves only it."""
