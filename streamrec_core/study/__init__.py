"""Human studies of explanations: cases with frozen texts, blind and balanced rating, statistics of the responses."""
