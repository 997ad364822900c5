"""Load a model in its worker process, and turn what it does wrong into a sentence; needs nothing but numpy."""

from __future__ import annotations

import importlib
import os
import traceback
from typing import Any, Callable  # noqa: UP035  # the Python of a model may be older

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Fault(Exception):
    """What the code of a model did wrong, as a sentence, and in which line of which file."""

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.path, self.line = message, path, line


def guarded(function: Callable[[], Any], what: str) -> Any:
    """Call a model's code; whatever it raises becomes a `Fault`.

    Parameters
    ----------
    function : callable
    what : str
        What messages call it, such as `score(histories)`.

    Returns
    -------
    Any

    Raises
    ------
    Fault
    """
    try:
        return function()
    except Fault:
        raise
    except BaseException as error:  # sys.exit() and KeyboardInterrupt of the model's code too
        if hasattr(error, "fields"):  # a StreamRecError of `heads` or of an adapter
            message, path, line = (getattr(error, name, None) for name in ("message", "path", "line"))
            raise Fault(str(message), str(path or ""), line) from error
        inside = [
            frame for frame in traceback.extract_tb(error.__traceback__) if os.path.dirname(frame.filename) != FOLDER
        ]
        of_user = [
            frame for frame in inside if "site-packages" not in frame.filename and "<frozen" not in frame.filename
        ]
        frame = (of_user or inside)[-1] if inside else None
        text = " ".join(str(error).split())
        code = f" in `{frame.line}`" if frame is not None and frame.line else ""
        message = f"{what} raised {type(error).__name__}{': ' + text if text else ''}{code}"
        raise Fault(message, *((frame.filename, frame.lineno) if frame is not None else ())) from error


def load(spec: str) -> Any:
    """Import a module of the working directory or the environment, and call its function.

    Parameters
    ----------
    spec : str
        `module:function`.

    Returns
    -------
    object
        With `score` and `item_ids`.

    Raises
    ------
    Fault
        There is none, it raises, or what it returns cannot be used.
    """
    module_name, _, function_name = spec.partition(":")
    module = guarded(lambda: importlib.import_module(module_name), f"importing {module_name}")
    function = getattr(module, function_name, None)
    if function is None:
        raise Fault(f"{module_name} has no {function_name!r}", getattr(module, "__file__", None) or "")
    scorer = function
    if isinstance(function, type) or not hasattr(function, "score"):
        scorer = guarded(function, f"{function_name}()")
    if not callable(getattr(scorer, "score", None)):
        raise Fault(f"{spec}: {type(scorer).__name__} has no function score(histories); return an object with one")
    item_ids = getattr(scorer, "item_ids", None)
    if item_ids is None or isinstance(item_ids, str) or not hasattr(item_ids, "__len__"):
        raise Fault(f"{spec}: item_ids must be a list of item ids as text")
    other = [item for item in item_ids if not isinstance(item, str)]
    if other:
        raise Fault(f"{spec}: item_ids holds {other[0]!r}, not text; return [str(item) for item in item_ids]")
    return scorer


def numbers(returned: Any, shape: tuple[int, int]) -> Any:
    """What `score` returned as float32 of the expected shape.

    Parameters
    ----------
    returned : Any
        An array, tensor, sparse matrix or list of lists.
    shape : (int, int)
        Histories and items.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    Fault
        It is not of that shape, or not numeric.
    """
    import numpy as np

    if hasattr(returned, "detach"):
        returned = returned.detach().cpu().float().numpy()
    elif hasattr(returned, "toarray"):
        returned = returned.toarray()
    if isinstance(returned, list) and returned and hasattr(returned[0], "detach"):
        returned = [row.detach().cpu().float().numpy() for row in returned]
    scores = guarded(lambda: np.asarray(returned), "turning the scores into an array")
    if scores.dtype.kind not in "fiub":
        raise Fault(
            f"score(histories) returned a {type(returned).__name__} of {scores.dtype}; "
            "return an array of numbers, (B, V)"
        )
    if scores.shape != shape:
        transposed = "; it looks transposed" if scores.shape == shape[::-1] else ""
        raise Fault(
            f"score(histories) returned shape {scores.shape} for {shape[0]:,} histories and {shape[1]:,} item_ids; "
            f"return {shape}: one row a history, one column an item id{transposed}"
        )
    return np.ascontiguousarray(scores, "<f4")
