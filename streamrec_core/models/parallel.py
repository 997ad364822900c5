"""Share the work on one model and one data set out to worker processes.

A command says once how many processes there are (`in_parallel`); ranking, explaining and measuring parameters use them
for that model and that data set, and compute in this process for any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from streamrec_core.background.engine import LOCAL, Engine
from streamrec_core.background.ray_workers import RayWorkers
from streamrec_core.background.workers import Workers
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.threads import compute_with_one_thread, one_thread

ModelAndData = tuple[SessionModel, DataSet]
ModelWorkers = Workers[ModelAndData] | RayWorkers[ModelAndData]

_shared: ContextVar[tuple[ModelAndData, ModelWorkers] | None] = ContextVar("shared", default=None)


@contextmanager
def in_parallel(
    subject: ModelAndData, open_again: Callable[[], ModelAndData], jobs: int, engine: Engine = LOCAL
) -> Iterator[None]:
    """Compute with so many processes of one thread each, which gives the same figures for any number of them.

    Parameters
    ----------
    subject : (SessionModel, DataSet)
        As opened in this process.
    open_again : callable
        Opens the same model and data in a worker; a function of a module, or `functools.partial` of one.
    jobs : int
        How many processes; 1 with the local engine: this one alone.
    engine : Engine
        Where they are.
    """
    with one_thread():
        if jobs == 1 and not engine.remote:
            yield
            return
        with _workers(subject, open_again, jobs, engine) as workers:
            token = _shared.set((subject, workers))
            try:
                yield
            finally:
                _shared.reset(token)


def _workers(subject: ModelAndData, open_again: Callable[[], ModelAndData], jobs: int, engine: Engine) -> ModelWorkers:
    if not engine.remote:
        return Workers(partial(_open_with_one_thread, open_again), jobs)
    if isinstance(subject[0], SequenceModel):  # sent as it is: other machines need neither its files nor the data set's
        return RayWorkers(_with_one_thread, subject, jobs, engine.address)
    return RayWorkers(partial(_open_with_one_thread, open_again), (), jobs, engine.address)


def workers_for(model: SessionModel, dataset: DataSet) -> ModelWorkers | None:
    """The processes that hold this very model and data set; None where there are none.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet

    Returns
    -------
    ModelWorkers or None
    """
    shared = _shared.get()
    if shared is None or shared[0][0] is not model or shared[0][1] is not dataset:
        return None
    return shared[1]


def _open_with_one_thread(open_again: Callable[[], ModelAndData]) -> ModelAndData:
    compute_with_one_thread()
    return open_again()


def _with_one_thread(model: SessionModel, dataset: DataSet) -> ModelAndData:
    compute_with_one_thread()
    return model, dataset
