"""Explanations of recommendations: first look from attention, checked reasons, and sentences for three readers."""
