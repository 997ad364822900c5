"""A recommendation to explain: a history, what came next where known, and the item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples


@dataclass(frozen=True, eq=False)
class Request:
    """A recommendation to explain.

    Attributes
    ----------
    history : Session
    target : int or None
        Catalogue row of what came next, where known.
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.
    """

    history: Session
    target: int | None = None
    candidate: int | None = None


def requests_of(dataset: DataSet, examples: Examples, candidates: Sequence[int] | None = None) -> list[Request]:
    """Turn examples of the log into requests.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
    candidates : sequence of int or None
        Catalogue row to explain for each example; the first recommendation when None.

    Returns
    -------
    list of Request
    """
    requests = []
    for number, (row, end) in enumerate(zip(examples.sessions.tolist(), examples.ends.tolist(), strict=True)):
        session = dataset.log.session(row)
        candidate = None if candidates is None else candidates[number]
        requests.append(Request(session.until(end), int(session.items[end]), candidate))
    return requests
