"""URL parameters of Study: the study that its organiser looks at."""

from pages.ui.url_state import url_param

STUDY = url_param("study")
