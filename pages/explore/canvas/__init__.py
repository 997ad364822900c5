"""Components of the Explore page in plain JavaScript."""
