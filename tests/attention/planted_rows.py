"""Rows of attention made by hand, as though many sessions had been watched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamrec_core.attention.rows import PredictingRows

Session = tuple[Sequence[Sequence[float]], Sequence[int]]


def rows_of(*sessions: Session, engagements: Sequence[Sequence[int]] | None = None) -> PredictingRows:
    """Each session is its weights, head by head, and the catalogue rows of its events."""
    longest = max(len(items) for _, items in sessions)
    heads = len(sessions[0][0])
    weights = np.zeros((len(sessions), heads, longest), np.float32)
    items = np.full((len(sessions), longest), -1, np.int64)
    marks = items.copy()
    for row, (attention, history) in enumerate(sessions):
        weights[row, :, : len(history)] = attention
        items[row, : len(history)] = history
        marks[row, : len(history)] = engagements[row] if engagements else 0
    return PredictingRows(1, heads, weights, np.array([len(items) for _, items in sessions]), items, marks)
