"""Measures of recommended lists beyond accuracy: coverage, diversity, novelty, serendipity, popularity, exposure."""
