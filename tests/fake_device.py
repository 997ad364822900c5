"""A second device on a machine that has none: torch calls that mix it with the processor fail as they do on a GPU.

While `FakeDevice` is entered, tensors whose memory was allocated on `FAKE` are told apart from those of the processor,
though both lie in the same memory. A tensor reaches it by `to(FAKE)` or `device=FAKE` and leaves it by `cpu()`; what is
computed from it stays on it. As with CUDA, operations on tensors of both and `numpy()` fail. Stricter than CUDA: an
index tensor must be where the tensor is that it indexes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

FAKE = torch.device("xpu", 0)
"""A device that torch can name and this machine does not have."""
BETWEEN_DEVICES = {"copy_", "_has_compatible_shallow_copy_type"}
"""Calls that may have tensors of both."""
PACKED = {"lstm", "_pack_padded_sequence"}
"""Calls with batch sizes or lengths (n,), which are on the processor on every machine."""


class MixedDevices(RuntimeError):
    """A tensor was used on the wrong device."""


class FakeDevice(TorchFunctionMode):
    """While it is entered, `FAKE` can be used as a device.

    Attributes
    ----------
    operations : int
        Calls with tensors of the fake device so far.
    """

    def __init__(self) -> None:
        super().__init__()
        # The storages themselves, so that no other tensor gets the address of one that is gone.
        self._storages: dict[int, torch.UntypedStorage] = {}
        self.operations = 0

    def has(self, tensor: Tensor) -> bool:
        """Whether the tensor is on the fake device."""
        return tensor.untyped_storage()._cdata in self._storages

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        on_fake = [tensor for tensor in tensors if self.has(tensor)]
        if name == "__get__" and on_fake and func == Tensor.device.__get__:  # type: ignore[attr-defined]
            return FAKE
        if name in ("to", "cpu"):
            return self._moved(func, name, args, kwargs)
        if name == "__set__":
            func(*args, **kwargs)
            return self._take(args[0]) if isinstance(args[-1], Tensor) and self.has(args[-1]) else None
        if kwargs.get("device") is not None:
            return self._made(func, args, kwargs)
        if not on_fake:
            return func(*args, **kwargs)
        self._check(name, tensors, kwargs)
        self.operations += 1
        results = func(*args, **kwargs)
        self._take(results[0] if name == "_pack_padded_sequence" else results)
        return results

    def _check(self, name: str, tensors: list[Tensor], kwargs: dict[str, Any]) -> None:
        if name in ("numpy", "__array__") and not kwargs.get("force"):
            raise MixedDevices("numpy() of a tensor that is not on the processor; call cpu() first")
        others = [tensor for tensor in tensors if not self.has(tensor) and tensor.dim()]
        if name == "_pack_padded_sequence" and any(self.has(tensor) for tensor in tensors[1:]):
            raise MixedDevices("lengths of packed sequences must be on the processor")
        if name in PACKED:
            others = [tensor for tensor in others if tensor.dim() > 1 or tensor.is_floating_point()]
        if others and name not in BETWEEN_DEVICES:
            raise MixedDevices(f"{name}: not on the model's device: {', '.join(str(other.shape) for other in others)}")

    def _moved(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """`to` and `cpu`: a copy where the device changes, as between real devices."""
        source, options = args[0], [*args[1:], *kwargs.values()]
        targets = [torch.device(option) for option in options if isinstance(option, str | torch.device)]
        targets += [
            FAKE if self.has(option) else torch.device("cpu") for option in options if isinstance(option, Tensor)
        ]
        to_fake = targets[0] == FAKE if targets else name == "to" and self.has(source)
        if not isinstance(source, Tensor):
            return func(*args, **kwargs)
        args = tuple("cpu" if isinstance(option, str | torch.device) else option for option in args)
        moved = func(*args, **kwargs | ({"device": "cpu"} if "device" in kwargs else {}))
        if to_fake == self.has(source):
            return self._take(moved) if to_fake else moved
        moved = moved.clone()
        return self._take(moved) if to_fake else moved

    def _made(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """A new tensor on the device that was asked for."""
        made = func(*args, **kwargs | {"device": "cpu"})
        if torch.device(kwargs["device"]) == FAKE:
            return self._take(made)
        return tree_map_only(Tensor, Tensor.clone, made)

    def _take(self, results: Any) -> Any:
        """Mark all tensors of a result as being on the fake device."""
        for leaf in tree_leaves(results):
            if isinstance(leaf, Tensor):
                storage = leaf.untyped_storage()
                self._storages[storage._cdata] = storage
        return results
