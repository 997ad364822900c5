"""The scoring function of a model whose code runs in a worker process, and every other request that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from streamrec_core.adapters.scorer import Histories
from streamrec_core.adapters.worker.messages import MOST_ARRAYS, Header
from streamrec_core.adapters.worker_process import ModelWorker
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import ControlKind

FLOAT_BYTES = 4


class WorkerScorer:
    """The function of a model, which runs in its worker.

    Parameters
    ----------
    worker : ModelWorker

    Attributes
    ----------
    control : (str, int) or None
        Kind and seed of other weights, where it is a control.
    """

    def __init__(self, worker: ModelWorker) -> None:
        hello = worker.hello()
        self.worker, self.name = worker, worker.model.name
        self.item_ids: Sequence[str] = hello.item_ids
        self.max_events, self.parameters = hello.max_events, hello.parameters
        self._items_hash = worker.items_hash
        self.control: tuple[ControlKind, int] | None = None

    def score(self, histories: Histories) -> Any:
        """Scores (B, V) of B histories."""
        shape = (len(histories), len(self.item_ids))
        do = "score" if self.control is None else "score with other weights"
        (scores,) = self.request({"do": do, "histories": histories}, (), [shape])
        return scores

    def request(
        self,
        header: Header,
        arrays: Sequence[Any],
        shapes: Sequence[tuple[int, ...]],
        reply: Callable[[Header, list[Any]], list[Any]] | None = None,
    ) -> list[Any]:
        """Have the worker do something.

        Parameters
        ----------
        header : dict
        arrays : sequence of numpy.ndarray
        shapes : sequence of tuple of int
            Of the float32 arrays of the answer; -1 where any length will do.
        reply : callable or None
            Answers what the worker asks meanwhile.

        Returns
        -------
        list of numpy.ndarray

        Raises
        ------
        BadInput
            The answer is of another shape, or the worker's items are no longer those of this model.
        """
        self.worker.hello()  # starts it where it does not run
        if self.worker.items_hash != self._items_hash:
            raise BadInput(f"{self.name} lists other items than when it was opened; open the page again")
        sizes = [int(np.prod([length if length >= 0 else 1 for length in shape])) for shape in shapes]
        asks = reply is not None or any(-1 in shape for shape in shapes)
        most = MOST_ARRAYS if asks else FLOAT_BYTES * sum(sizes)
        answered = self.worker.request({**header, "control": self.control}, arrays, most, reply)
        fits = len(answered) == len(shapes) and all(
            array.dtype == np.float32
            and array.ndim == len(shape)
            and all(expected in (-1, length) for expected, length in zip(shape, array.shape, strict=True))
            for array, shape in zip(answered, shapes, strict=True)
        )
        if not fits:
            shown = ", ".join(str(array.shape) for array in answered) or "nothing"
            raise BadInput(f"{self.name}: the worker process answered {shown}, not {', '.join(map(str, shapes))}")
        return answered
