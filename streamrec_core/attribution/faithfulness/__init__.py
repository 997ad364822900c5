"""Is it faithful? Explainers held to what removing events does, and attention held to the two papers' questions."""
