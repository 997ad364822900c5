"""The Heads page and all that serves only it."""
