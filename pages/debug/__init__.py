"""The Debug page and all that serves only it."""
