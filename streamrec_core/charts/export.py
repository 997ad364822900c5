"""What leaves the dashboard: the figures as one page that needs no network, and the numbers as a table."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence

from streamrec_core.charts.graph_objects import go
from streamrec_core.explain.record import Explanation

STYLE = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;color:#12171e;background:#fcfbf9}"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins so."""


def standalone_html(explanation: Explanation, figures: Sequence[go.Figure], notes: Sequence[str]) -> str:
    """The figures on one page, plotly itself included, so that it opens anywhere and for good.

    Parameters
    ----------
    notes : sequence of str
        Paragraphs below the figures: how to read them, where they come from.
    """
    heading = f"Why {explanation.candidate.title}? {explanation.sentence}"
    drawn = (
        figure.to_html(full_html=False, include_plotlyjs=number == 0, config={"displaylogo": False})
        for number, figure in enumerate(figures)
    )
    return "".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            f"<title>{html.escape(heading)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{html.escape(heading)}</h1><p>{html.escape(explanation.status)}</p>",
            *drawn,
            *(f"<p>{html.escape(note)}</p>" for note in notes),
            "</body></html>",
        )
    )


def weights_csv(explanation: Explanation, titles: Sequence[str], whole: bool = True) -> str:
    """Every attention weight as a line: layer, head, the row that looks, the event looked at, the weight.

    Parameters
    ----------
    titles : L titles
        Of the history, in order.
    whole : bool
        All rows of the maps, or the row of the predicting position only. Events count from 1.
    """
    sheet = io.StringIO()
    lines = csv.writer(sheet, lineterminator="\n")
    lines.writerow(("layer", "head", "type", "row", "row_title", "event", "event_title", "weight"))
    names = [_cell(title) for title in titles]
    length = len(names)
    for reading in explanation.heads:
        weights = explanation.maps[reading.layer, reading.head]
        for row in range(length) if whole else (length - 1,):
            for event in range(row + 1):  # causal: what comes after a row cannot be looked at
                place = (reading.layer, reading.head, reading.type, row + 1, names[row], event + 1, names[event])
                lines.writerow((*place, f"{weights[row, event]:.6f}"))
    return sheet.getvalue()


def _cell(title: str) -> str:
    """A title that a spreadsheet shows and does not run."""
    line = " ".join(title.split())
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line
