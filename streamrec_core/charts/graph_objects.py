"""Plotly's figures (`go`) and subplots, or the error that names the extra where plotly is not installed."""

from streamrec_core.extras import require

require("plotly")

import plotly.graph_objects as go  # noqa: E402
from plotly.subplots import make_subplots  # noqa: E402

__all__ = ["go", "make_subplots"]
