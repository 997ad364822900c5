"""URL parameters of Debug: what is switched off, the listed misses and the open one, and the suspected sink."""

from pages.ui.url_state import EDITS, SECTION, SESSION, url_param

OFF = url_param("off", cleared_by=("data", "model"))
CAUSE = url_param("cause", cleared_by=("data",))
MISSED = url_param("missed", cleared_by=("data",))
LENGTH = url_param("length", cleared_by=("data",))
MISS = url_param("miss", cleared_by=("data", "model", "cause", "missed", "length"))
SUSPECT = url_param("suspect", cleared_by=("data",))
LINK_PARAMS = (SECTION, SESSION, EDITS, OFF, CAUSE, MISSED, LENGTH, MISS, SUSPECT)
"""What the link of a flagged case holds beside data set and model."""
