"""The Training page and all that serves only it."""
