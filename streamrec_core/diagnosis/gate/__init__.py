"""The release gate: what changed between two models, and whether stated thresholds are met."""
