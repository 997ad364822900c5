"""Recommendation models behind one protocol, and their checkpoints."""
