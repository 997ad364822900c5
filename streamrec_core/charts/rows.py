"""How a row of an attention map is worded: what looks is not the same in every model; this room says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.models.protocol import PredictsFrom


@dataclass(frozen=True)
class RowWords:
    """The words for who looks, which stands beside the rows of a map.

    Attributes
    ----------
    axis : str
        Title of the axis of rows.
    one : str
        One row, with `{event}` where the event's number and title go.
    predicting : str
        The last row, the one that the prediction is made from.
    explains : str
        A sentence for the caption of a map.
    looked_at : str
        Title of the axis of columns.
    """

    axis: str
    one: str
    predicting: str
    explains: str
    looked_at: str = "event it looks at"


ROWS: dict[PredictsFrom, RowWords] = {
    "last event": RowWords(
        axis="event that is looking",
        one="{event}",
        predicting="{event}, from which the prediction is made",
        explains="A row is the event that is looking. The prediction is made from the last row, framed in orange.",
    ),
    "readout": RowWords(
        axis="prediction made after event",
        one="the prediction made after {event}",
        predicting="the prediction",
        explains=(
            "A row is the prediction made after an event; it looks at that event and those before it. The last row, "
            "framed in orange, is the prediction that is explained."
        ),
    ),
}
"""By what a model predicts from."""


def row_words(predicts_from: PredictsFrom) -> RowWords:
    """The words for the rows of a model that predicts from there."""
    return ROWS[predicts_from]
