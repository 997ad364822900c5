"""URL parameters of Explore: the pinned view, the open detail, how heads are shown, the foil and the reader."""

from pages.ui.url_state import url_param

PIN = url_param("pin", cleared_by=("data",))
RIVAL = url_param("rival", cleared_by=("data", "model", "session", "history", "item"))
CLAUSE = url_param("clause", cleared_by=("data", "model", "session", "history", "item"))
DETAIL = url_param("detail")
READER = url_param("reader")
HEAD = url_param("head", cleared_by=("data", "model"))
EVENT = url_param("event", cleared_by=("data", "session", "history"))
ROW = url_param("row", cleared_by=("data", "session", "history"))
KEEP = url_param("keep")
HEADS = url_param("heads", cleared_by=("data", "model"))
JOIN = url_param("join")
SCALE = url_param("scale")
QUANTITY = url_param("quantity")
VIEW_PARAMS = (HEAD, EVENT, ROW, KEEP, HEADS, JOIN, SCALE, QUANTITY)
"""How heads are shown."""
