"""The Compare page and all that serves only it."""
