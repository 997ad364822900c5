"""Recommenders behind one protocol, and the folders they are kept in."""
