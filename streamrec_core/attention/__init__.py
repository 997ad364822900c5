"""Attention of each head: captured, measured, named by type, and profiled over a data set."""
