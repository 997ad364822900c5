"""Diagnose a recommender: misses and their causes, attention sinks, mitigations, what-if edits, head ablation."""
