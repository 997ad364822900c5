"""See and change attention weights and id look-ups inside any torch model, by intercepting torch functions.

Nothing is registered on the model, and only the thread inside the `with` block sees it. Hooks would not do: inside
`nn.TransformerEncoder` they are handed no weights, tables that are indexed have no module to hook, and fused kernels
never form the weights.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from streamrec_core.adapters.opened_attention import multi_head, scaled_dot_product

SOFTMAX = {functional.softmax, torch.softmax, torch.Tensor.softmax, torch.special.softmax}
GATES = {functional.silu, functional.relu, torch.relu, torch.Tensor.relu, torch.sigmoid, torch.Tensor.sigmoid}
"""Functions that make attention weights that are no shares (HSTU uses SiLU)."""
DIFFERENCES = {torch.sub, torch.Tensor.sub, torch.Tensor.__sub__, torch.Tensor.__rsub__, torch.subtract}
PRODUCTS = {torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__, torch.bmm, torch.Tensor.bmm, torch.einsum}
LEAVING = {torch.Tensor.numpy, torch.Tensor.tolist, torch.Tensor.__array__}
INDEX_TYPES = (torch.int64, torch.int32)
REMEMBERED = 64


@dataclass(frozen=True)
class WeightSource:
    """How attention weights came about.

    Attributes
    ----------
    function : str
        softmax or gate.
    difference : bool
        Whether they are the difference of two maps (differential attention).
    """

    function: str
    difference: bool = False


See = Callable[[Tensor, WeightSource], Tensor]
Look = Callable[[Tensor, Tensor], Tensor]


class AttentionTap(TorchFunctionMode):
    """Hands every square attention map and every id look-up to a function, whose answer the model goes on with.

    Attention weights are taken where they are multiplied with the values, so that masks, scales and differences of
    maps are in them.

    Parameters
    ----------
    see : callable
        Takes weights (..., T, T) and their source, and gives those to be used.
    look : callable
        Takes an index (B, W) and the rows that it looked up (B, W, D), and gives those to be used.
    gradients : bool
        Keep the graph of gradients where the model's function drops it: `no_grad`, `detach` and `numpy` then keep
        the tensor; what leaves torch is listed in `left`.
    """

    def __init__(self, see: See, look: Look, gradients: bool = False) -> None:
        super().__init__()
        self._see, self._look, self._gradients = see, look, gradients
        self._marks: OrderedDict[int, tuple[Tensor, WeightSource]] = OrderedDict()
        self.left: list[Tensor] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Intercept one call of a torch function."""
        kwargs = kwargs or {}
        if self._gradients and (answer := self._kept_graph(func, args)) is not None:
            return answer[0]
        if func in _OPENED:
            opened = _OPENED[func](lambda weights: self._see(weights, WeightSource("softmax")), args, kwargs)
            return func(*args, **kwargs) if opened is None else opened
        if func in PRODUCTS:
            return func(*self._seen_product(args), **kwargs)
        if func in _INDEX_ARGUMENT:
            return self._looked_up(func, args, kwargs)
        returned = func(*args, **kwargs)
        if func in SOFTMAX or func in GATES:
            self._mark(returned, WeightSource("softmax" if func in SOFTMAX else "gate"))
        elif self._marks:
            self._carry_marks(func, args, kwargs, returned)
        return returned

    def _looked_up(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        rows = func(*args, **kwargs)
        position = _INDEX_ARGUMENT[func]
        index = args[position] if len(args) > position else None
        if not isinstance(index, Tensor) or index.dtype not in INDEX_TYPES or index.ndim != 2:
            return rows
        looked_up = isinstance(rows, Tensor) and rows.ndim == 3 and rows.shape[:2] == index.shape
        return self._look(index, rows) if looked_up and rows.is_floating_point() else rows

    def _seen_product(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of a product, its attention weights handed over."""
        if not self._marks:
            return args
        operands = list(args)
        if isinstance(operands[0], str) and len(operands) == 2:  # einsum("...", [first, second])
            operands = [operands[0], *operands[1]]
        for number, operand in enumerate(operands[:2] if isinstance(operands[0], Tensor) else operands):
            mark = self._marks.get(id(operand)) if isinstance(operand, Tensor) else None
            if mark is not None and (number == 0 or isinstance(operands[0], str)):
                operands[number] = self._see(operand, mark[1])
        return tuple(operands)

    def _mark(self, tensor: Any, source: WeightSource) -> None:
        if isinstance(tensor, Tensor) and tensor.ndim >= 3 and tensor.shape[-1] == tensor.shape[-2] > 1:
            self._marks[id(tensor)] = (tensor, source)  # holds the tensor, so that its id stays its alone
            if len(self._marks) > REMEMBERED:
                self._marks.popitem(last=False)

    def _carry_marks(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], returned: Any) -> None:
        """What is made of attention weights, and still square, is attention weights."""
        sources = [
            self._marks[id(tensor)][1] for tensor in _tensors((*args, *kwargs.values())) if id(tensor) in self._marks
        ]
        if not sources:
            return
        difference = (func in DIFFERENCES and len(sources) > 1) or any(source.difference for source in sources)
        for tensor in _tensors((returned,)):
            self._mark(tensor, WeightSource(sources[0].function, difference))

    def _kept_graph(self, func: Any, args: tuple[Any, ...]) -> tuple[Any] | None:
        """What a call gives that would have dropped the graph; None for any other call."""
        if func is torch._C._set_grad_enabled:
            return (None,)
        if func is torch.Tensor.detach and args[0].requires_grad:
            return (args[0],)
        if func in LEAVING and args[0].requires_grad:
            self.left.append(args[0])
            return (func(args[0].detach(), *args[1:]),)
        return None


_OPENED: dict[Any, Callable[..., Any]] = {
    functional.scaled_dot_product_attention: scaled_dot_product,
    functional.multi_head_attention_forward: multi_head,
}
_INDEX_ARGUMENT: dict[Any, int] = {functional.embedding: 0, torch.embedding: 1, torch.Tensor.__getitem__: 1}
"""Functions that look up rows of a table, and which of their arguments is the index."""


def _tensors(things: tuple[Any, ...]) -> Iterator[Tensor]:
    for thing in things:
        if isinstance(thing, Tensor):
            yield thing
        elif isinstance(thing, tuple | list):
            yield from (part for part in thing if isinstance(part, Tensor))
