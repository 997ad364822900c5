"""URL parameters of Report: the evidence pack, and the open question of its walkthrough."""

from pages.ui.url_state import url_param

PACK = url_param("pack", cleared_by=("data", "model"))
QUESTION = url_param("question")
