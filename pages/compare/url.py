"""URL parameters of Compare: the models, the metric, the slices, and the sessions that two models rank differently."""

from pages.ui.url_state import url_param

MODELS = url_param("models", cleared_by=("data",))
AGAINST = url_param("against", cleared_by=("data",))
METRIC = url_param("metric")
SLICES = url_param("slices")
VIEW = url_param("view")
MEASURE = url_param("measure")
EXPOSURE = url_param("exposure", cleared_by=("data",))
FIRST = url_param("one", cleared_by=("data",))
SECOND = url_param("other", cleared_by=("data",))
RANK = url_param("at")
LISTED = url_param("listed")
PAGE = url_param("leaf", cleared_by=("data", "one", "other", "at", "listed"))
