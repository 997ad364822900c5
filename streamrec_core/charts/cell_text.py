"""Numbers on the cells of a heatmap, black or white by the colour of each cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.palette import shade, text_on


def cell_text(
    texts: Sequence[Sequence[str]],
    columns: Sequence[str],
    rows: Sequence[str],
    shares: npt.NDArray[np.floating],
    scale: Sequence[str],
) -> go.Scatter:
    """Make the trace that writes a text on every cell.

    Parameters
    ----------
    texts : sequence of rows of str
        An empty text is left out.
    columns, rows : sequence of str
        Categories of the axes.
    shares : (rows, columns) floating
        Position of each cell's colour on the scale, 0 to 1.
    scale : sequence of str
        Colours of the heatmap at equal steps, as `#rrggbb`.

    Returns
    -------
    Scatter
        Hovering reaches the heatmap below it.
    """
    cells = [(y, x, texts[y][x]) for y in range(len(rows)) for x in range(len(columns)) if texts[y][x]]
    return go.Scatter(
        x=[columns[x] for _, x, _ in cells],
        y=[rows[y] for y, _, _ in cells],
        text=[text for _, _, text in cells],
        mode="text",
        textfont={"size": 12, "color": [text_on(shade(scale, float(shares[y, x]))) for y, x, _ in cells]},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def plotly_scale(scale: Sequence[str]) -> list[list[float | str]]:
    """Colours at equal steps as Plotly takes a colour scale."""
    return [[step / (len(scale) - 1), colour] for step, colour in enumerate(scale)]
