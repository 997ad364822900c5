"""URL parameters of Data set: the view, and what filters, sorts and pages the sessions."""

from pages.ui.url_state import url_param

SHOW = url_param("show")
CATEGORY = url_param("category", cleared_by=("data",))
LEAST = url_param("least", cleared_by=("data",))
MOST = url_param("most", cleared_by=("data",))
WORDS = url_param("words", cleared_by=("data",))
HOLDS = url_param("holds", cleared_by=("data", "words"))
MARK = url_param("mark", cleared_by=("data",))
PART = url_param("part", cleared_by=("data",))
ORDER = url_param("order", cleared_by=("data",))
SHEET = url_param("sheet", cleared_by=("data", "category", "least", "most", "words", "holds", "mark", "part", "order"))
FILTERS = (CATEGORY, LEAST, MOST, WORDS, HOLDS, MARK, PART, ORDER, SHEET)
