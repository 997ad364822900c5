"""The device that a model computes on: chosen by name, and read off the model by whoever hands it a batch."""

from __future__ import annotations

import torch
from torch import nn

from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel

DEVICES = ("auto", "cpu", "cuda")
"""Names of devices; `auto` is CUDA where torch sees a GPU, else the processor."""
HOST = torch.device("cpu")


def choose_device(name: str | torch.device = "auto") -> torch.device:
    """The device of this name.

    Raises
    ------
    BadInput
        The name is unknown, or there is no such device on this machine.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if isinstance(name, torch.device):
        return name
    if name not in DEVICES:
        raise BadInput(f"unknown device {name!r}; choose one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadInput("torch sees no CUDA device on this machine; choose cpu or auto")
    # With its number, as tensors name it, so that devices can be compared.
    return torch.device("cuda", torch.cuda.current_device()) if name != "cpu" and torch.cuda.is_available() else HOST


def device_of(model: SessionModel) -> torch.device:
    """Where a model has its weights, and so where its batches must be; the processor for a model without any."""
    weight = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return HOST if weight is None else weight.device
