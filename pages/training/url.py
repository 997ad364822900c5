"""URL parameters of Training: the run on view, and the runs whose curves are drawn beside it."""

from pages.ui.url_state import url_param

RUN = url_param("run", cleared_by=("data",))
BESIDE = url_param("beside", cleared_by=("data",))
