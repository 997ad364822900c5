"""Exports of an explanation: its figures as one HTML page that works offline, and its weights as CSV."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence

from streamrec_core.charts.graph_objects import go
from streamrec_core.data.spreadsheet import spreadsheet_cell
from streamrec_core.explain.record import Explanation

STYLE = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;color:#12171e;background:#fcfbf9}"


def standalone_html(explanation: Explanation, figures: Sequence[go.Figure], notes: Sequence[str]) -> str:
    """Write figures to one HTML page that includes plotly itself.

    Parameters
    ----------
    explanation : Explanation
        Gives the heading.
    figures : sequence of Figure
    notes : sequence of str
        Paragraphs below the figures.

    Returns
    -------
    str
    """
    heading = f"Why {explanation.candidate.title}? {explanation.sentence}"
    divs = (
        figure.to_html(full_html=False, include_plotlyjs=number == 0, config={"displaylogo": False})
        for number, figure in enumerate(figures)
    )
    return "".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            f"<title>{html.escape(heading)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{html.escape(heading)}</h1><p>{html.escape(explanation.status)}</p>",
            *divs,
            *(f"<p>{html.escape(note)}</p>" for note in notes),
            "</body></html>",
        )
    )


def weights_csv(explanation: Explanation, titles: Sequence[str], whole: bool = True) -> str:
    """Write every attention weight as a line of CSV: layer, head, type, row, event, weight.

    Parameters
    ----------
    explanation : Explanation
    titles : sequence of L str
        Of the history, in order.
    whole : bool
        Whether to write all rows of the maps, or only that of the predicting position.

    Returns
    -------
    str
        Rows and events are counted from 1.
    """
    sheet = io.StringIO()
    lines = csv.writer(sheet, lineterminator="\n")
    lines.writerow(("layer", "head", "type", "row", "row_title", "event", "event_title", "weight"))
    names = [spreadsheet_cell(" ".join(title.split())) for title in titles]
    length = len(names)
    for reading in explanation.heads:
        weights = explanation.maps[reading.layer, reading.head]
        for row in range(length) if whole else (length - 1,):
            for event in range(row + 1):  # causal: a row does not attend to later events
                cells = (reading.layer, reading.head, reading.type, row + 1, names[row], event + 1, names[event])
                lines.writerow((*cells, f"{weights[row, event]:.6f}"))
    return sheet.getvalue()
