"""Accuracy of recommendations: ranking of the whole catalogue, metrics with intervals, ceilings, comparison."""
