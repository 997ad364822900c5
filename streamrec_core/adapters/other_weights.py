"""Other weights for a user's torch module, put in for the time of one call and taken out after it, whatever happens.

They are the controls of Adebayo et al. (2018): an explanation that says the same of shuffled or fresh weights says
nothing about what was learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

RESET = ("reset_parameters", "_reset_parameters")
"""What modules of torch call their own initialisation."""


@dataclass(frozen=True, eq=False)
class OtherWeights:
    """Other tensors for parameters and buffers of a module.

    Attributes
    ----------
    module : nn.Module
        The user's; never copied to be called, since their function may hold it anywhere.
    values : mapping of int to Tensor
        By the identity of the tensor that each stands in for, so that tied weights stay tied.
    """

    module: nn.Module
    values: Mapping[int, Tensor]

    @contextmanager
    def put_in(self) -> Iterator[None]:
        """The module has these tensors inside the block, and its own, the same objects, after it.

        Tensors are replaced, not overwritten: gradients of calls made inside the block stay right after it.
        """
        replaced: list[tuple[nn.Module, str, Tensor]] = []
        try:
            for part in self.module.modules():
                for name, tensor in (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)):
                    if id(tensor) in self.values:
                        replaced.append((part, name, tensor))
                        setattr(part, name, self.values[id(tensor)])
            yield
        finally:
            for part, name, tensor in replaced:
                setattr(part, name, tensor)


def shuffled_weights(module: nn.Module, seed: int) -> OtherWeights | None:
    """Every parameter of a module in random order: each keeps its values, so that every layer keeps its scale.

    Buffers stay as they are, since libraries keep masks and positions in them.

    Parameters
    ----------
    module : nn.Module
    seed : int

    Returns
    -------
    OtherWeights or None
        None for a module without parameters, or with some that cannot be replaced.
    """
    rng = torch.Generator().manual_seed(seed)
    values: dict[int, Tensor] = {}
    for parameter in module.parameters():
        order = torch.randperm(parameter.numel(), generator=rng).to(parameter.device)
        values[id(parameter)] = _stand_in(parameter, parameter.detach().flatten()[order].view_as(parameter))
    other = OtherWeights(module, values)
    return other if values and _replaceable(other) else None


def fresh_weights(module: nn.Module, seed: int) -> OtherWeights | None:
    """Every parameter of a module as before training, from the initialisation of its parts.

    Parameters
    ----------
    module : nn.Module
    seed : int

    Returns
    -------
    OtherWeights or None
        None where a parameter belongs to a part that does not know how it is initialised.
    """
    values: dict[int, Tensor] = {
        id(parameter): _stand_in(parameter, torch.full_like(parameter, float("nan")))
        for parameter in module.parameters()
        if parameter.is_floating_point()
    }
    blank = OtherWeights(module, {**values, **{id(buffer): buffer.clone() for buffer in module.buffers()}})
    if not values or not _replaceable(blank):
        return None
    with blank.put_in(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in module.modules():
            for name in RESET:
                if callable(reset := getattr(part, name, None)):
                    reset()
    if any(bool(tensor.isnan().any()) for tensor in values.values()):
        return None
    return OtherWeights(module, values)


def _stand_in(parameter: nn.Parameter, values: Tensor) -> nn.Parameter:
    return nn.Parameter(values.clone(), requires_grad=parameter.requires_grad)


def _replaceable(other: OtherWeights) -> bool:
    """Whether the module lets its tensors be replaced; compiled and quantised ones may not."""
    try:
        with other.put_in():
            return True
    except (RuntimeError, TypeError, AttributeError, KeyError):
        return False
