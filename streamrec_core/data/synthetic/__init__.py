"""Invented data whose every probability is known: the published case study, and a livelier service."""
