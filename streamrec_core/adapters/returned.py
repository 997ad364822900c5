"""Check the scores that a function returned: shape, type, no NaN; errors name what the function did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from streamrec_core.errors import BadInput

Scores = npt.NDArray[np.float32]
EVENTS_SHOWN = 4
"""Of a history, in a message."""


def checked_scores(returned: Any, histories: Sequence[Sequence[str]], item_ids: Sequence[str], source: str) -> Scores:
    """Scores as an array of their own.

    Parameters
    ----------
    returned : Any
        An array, tensor, sparse matrix, data frame or list of lists.
    histories : sequence of sequence of str
        B histories that it belongs to.
    item_ids : sequence of V str
    source : str
        What messages call the function.

    Returns
    -------
    (B, V) float32

    Raises
    ------
    BadInput
        It is not of that shape, not numeric, or holds NaN or +inf.

    Examples
    --------
    >>> checked_scores([[1, 2]], [["a"]], ["a", "b"], "score(histories)").tolist()
    [[1.0, 2.0]]
    """
    scores = _numbers(returned, source)
    expected = (len(histories), len(item_ids))
    if scores.shape != expected:
        transposed = "; it looks transposed" if scores.shape == expected[::-1] else ""
        raise BadInput(
            f"{source} returned shape {scores.shape} for {len(histories):,} histories and {len(item_ids):,} item_ids; "
            f"return {expected}: one row a history, one column an item id{transposed}"
        )
    for fault, wrong in (("NaN", np.isnan(scores)), ("+inf", np.isposinf(scores))):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise BadInput(
                f"{source} returned {fault} for {int(wrong[row].sum()):,} of {len(item_ids):,} items after "
                f"{shown_history(histories[row])}, the first of them {item_ids[column]!r}; return finite numbers "
                "(-inf bars an item)"
            )
    if (barred := np.isneginf(scores).all(1)).any():
        history = shown_history(histories[int(barred.argmax())])
        raise BadInput(f"{source} returned -inf for every item after {history}; leave at least one to recommend")
    return scores


def _numbers(returned: Any, source: str) -> Scores:
    if isinstance(returned, Tensor):
        returned = returned.detach().cpu().float().numpy()
    elif hasattr(returned, "toarray"):  # scipy.sparse
        returned = returned.toarray()
    kind = type(returned).__name__
    if isinstance(returned, list) and returned and isinstance(returned[0], Tensor):
        returned = [row.detach().cpu().numpy() for row in returned]
    try:
        scores = np.array(returned)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{source} returned a {kind} that is no array of numbers ({error}); return (B, V)") from None
    if scores.dtype.kind not in "fiub":
        raise BadInput(f"{source} returned a {kind} of {scores.dtype}; return an array of numbers, (B, V)")
    return scores.astype(np.float32)


def shown_history(history: Sequence[str]) -> str:
    """A history for a message, its last `EVENTS_SHOWN` events where it is long."""
    return f"[{'..., ' if len(history) > EVENTS_SHOWN else ''}{', '.join(map(repr, history[-EVENTS_SHOWN:]))}]"
