"""Explain and check many examples chunk by chunk, in this process or in worker processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from streamrec_core.background.workers import chunks_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.explain.nulls import AT_ONCE
from streamrec_core.explain.verified import verify_examples
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.parallel import ModelAndData, workers_for
from streamrec_core.models.protocol import SessionModel


def verify_in_chunks(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    settings: VerifySettings | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Verified]:
    """Explain and check the first recommendation of every example, a few at a time.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    settings : VerifySettings or None
    progress : callable or None
        Takes the share that is done.

    Returns
    -------
    list of Verified
        In the order of the examples, the same with any number of processes.
    """
    chunks = [(examples.take(np.array(rows)), settings) for rows in chunks_of(len(examples), AT_ONCE)]
    workers, explanations = workers_for(model, dataset), list[Verified]()
    for part in workers.map(_verify_in_worker, chunks) if workers else (_verify((model, dataset), c) for c in chunks):
        explanations += [_with_catalogue(verified, dataset) for verified in part] if workers else part
        if progress is not None:
            progress(len(explanations) / len(examples))
    return explanations


def _verify(subject: ModelAndData, chunk: tuple[Examples, VerifySettings | None]) -> list[Verified]:
    examples, settings = chunk
    return verify_examples(*subject, examples, settings)


def _verify_in_worker(subject: ModelAndData, chunk: tuple[Examples, VerifySettings | None]) -> list[Verified]:
    """As `_verify`, without the catalogue, which the process that asks has already."""
    return [
        replace(verified, first_look=replace(verified.first_look, catalogue=None))
        for verified in _verify(subject, chunk)
    ]


def _with_catalogue(verified: Verified, dataset: DataSet) -> Verified:
    return replace(verified, first_look=replace(verified.first_look, catalogue=dataset.catalogue))
