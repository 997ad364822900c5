"""What people make of explanations: cases with frozen texts, blind and balanced rating, and what the answers show."""
