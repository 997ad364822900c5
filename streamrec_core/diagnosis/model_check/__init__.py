"""Model check: can a model be explained at all, and what is wrong with it."""
