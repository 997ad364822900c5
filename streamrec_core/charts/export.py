"""Export of attention weights as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from streamrec_core.data.shown_text import one_line
from streamrec_core.data.spreadsheet import spreadsheet_cell
from streamrec_core.explain.record import Explanation


def weights_csv(explanation: Explanation, titles: Sequence[str]) -> str:
    """Write every attention weight as a line of CSV: layer, head, type, row, event, weight.

    Parameters
    ----------
    explanation : Explanation
    titles : sequence of L str
        Of the history, in order.

    Returns
    -------
    str
        Rows and events are counted from 1, in the whole session.
    """
    sheet = io.StringIO()
    lines = csv.writer(sheet, lineterminator="\n")
    lines.writerow(("layer", "head", "type", "row", "row_title", "event", "event_title", "weight"))
    names = [spreadsheet_cell(one_line(title)) for title in titles]
    length, number = len(names), explanation.history.number
    for reading in explanation.heads:
        weights = explanation.maps[reading.layer, reading.head]
        for row in range(length):
            for event in range(row + 1):  # causal: a row does not attend to later events
                cells = (
                    reading.layer,
                    reading.head,
                    reading.type,
                    number(row),
                    names[row],
                    number(event),
                    names[event],
                )
                lines.writerow((*cells, f"{weights[row, event]:.6f}"))
    return sheet.getvalue()
