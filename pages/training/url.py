"""URL parameters of Training: the run on view, the runs whose curves are drawn beside it, and the form."""

from pages.ui.url_state import url_param

RUN = url_param("run", cleared_by=("data",))
BESIDE = url_param("beside", cleared_by=("data",))
FORM = url_param("form", cleared_by=("data",))
