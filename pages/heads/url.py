"""URL parameters of Heads: how many test sessions are sampled, and what attention is grouped by."""

from pages.ui.url_state import url_param

SAMPLE = url_param("sample", cleared_by=("data",))
LIES = url_param("lies")
