"""How many threads a model computes with: one, where many visitors share the machine."""

from __future__ import annotations

import torch


def compute_with_one_thread() -> None:
    """Threads of models this small wait for each other longer than they compute, and so do visitors."""
    torch.set_num_threads(1)
