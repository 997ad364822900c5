"""Result in, Plotly figure out: pure functions that know neither where a result came from nor who looks at it."""

from streamrec_core.extras import require

require("plotly")
