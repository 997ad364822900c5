"""Synthetic data whose every probability is known: the published case study and the streaming service `streamrec`."""
