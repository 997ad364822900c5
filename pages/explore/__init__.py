"""The Explore page and all that serves only it."""
