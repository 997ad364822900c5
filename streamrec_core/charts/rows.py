"""Words for the rows and columns of attention maps, which depend on what a model predicts from."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.models.protocol import PredictsFrom


@dataclass(frozen=True)
class RowWords:
    """Labels and caption of an attention map.

    Attributes
    ----------
    axis : str
        Title of the axis of rows.
    row : str
        Name of a row, with `{event}` for the event's number and title.
    predicting : str
        Name of the last row, from which the prediction is made.
    explains : str
        A sentence for the caption of a map.
    column : str
        Title of the axis of columns.
    """

    axis: str
    row: str
    predicting: str
    explains: str
    column: str = "event attended to"


ROWS: dict[PredictsFrom, RowWords] = {
    "last event": RowWords(
        axis="attending event",
        row="{event}",
        predicting="{event}, from which the prediction is made",
        explains="Each row is an attending event. The prediction is made from the last row, framed in orange.",
    ),
    "mask": RowWords(
        axis="attending event",
        row="{event}",
        predicting="the position behind the last event, from which the prediction is made",
        explains=(
            "Each row is an attending event. The last row, framed in orange, is the position behind the last event "
            "(MASK), from which the prediction is made."
        ),
    ),
    "readout": RowWords(
        axis="prediction after event",
        row="prediction after {event}",
        predicting="the prediction",
        explains=(
            "Each row is the prediction after an event, which attends to that event and those before it. The last row, "
            "framed in orange, is the explained prediction."
        ),
    ),
}
"""By what a model predicts from."""
