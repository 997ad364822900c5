"""How many threads a model computes with: one, where visitors share the machine or figures must come out the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def compute_with_one_thread() -> None:
    """Threads of models this small wait for each other longer than they compute, and so do visitors."""
    torch.set_num_threads(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread, and afterwards, also after an error, with as many as before.

    Several threads add up in another order, which moves the last digits of single precision; rounding cannot undo that,
    since there is always a figure that lies next to a rounding border.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
