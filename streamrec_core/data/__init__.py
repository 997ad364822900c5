"""What a session is, where sessions come from, and how they are kept."""
