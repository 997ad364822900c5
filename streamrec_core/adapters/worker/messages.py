"""Messages between the dashboard and a worker process: a JSON header and raw arrays; nothing is unpickled.

A message is `MARK`, the length of its header, the header as JSON, then the arrays that `arrays` in the header
describes, raw and little-endian. The worker first says `hello`: its protocol, item ids and so on. Each request has an
`id`, which its answer repeats: arrays, or an `error` with the sentence to be shown. While a request runs, the worker
may `ask` for edited attention, which is answered before it goes on.

The Python of a model runs this file too, and may be older than that of the dashboard.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Callable, Dict, Sequence  # noqa: UP035

PROTOCOL = 1
MARK = b"SRW\n"
HEAD = struct.Struct("<4sI")
DTYPES = ("<f4", "<i8", "|b1")
MOST_HEADER = 256 << 20
"""Bytes of a header, which may list the ids of millions of items."""
MOST_ARRAYS = 1 << 30
MOST_DIMENSIONS = 4
Header = Dict[str, Any]  # noqa: UP006
"""Names and plain values."""


def encode(header: Header, arrays: Sequence[Any] = ()) -> list[Any]:
    """A message as buffers to be written one after another.

    Parameters
    ----------
    header : dict
        Plain values.
    arrays : sequence of numpy.ndarray
        Of the types in `DTYPES`.

    Returns
    -------
    list of bytes or memoryview
    """
    described = {**header, "arrays": [[array.dtype.str, list(array.shape)] for array in arrays]}
    text = json.dumps(described).encode()
    return [HEAD.pack(MARK, len(text)) + text, *(memoryview(array.tobytes()) for array in arrays)]


def decode(read: Callable[[int], bytearray], most: int = MOST_ARRAYS) -> tuple[Header, list[Any]]:
    """Read a message.

    Parameters
    ----------
    read : callable
        Takes a number of bytes and returns as many.
    most : int
        Bytes that its arrays may have.

    Returns
    -------
    (dict, list of numpy.ndarray)

    Raises
    ------
    ValueError
        It is no message, or larger than allowed.
    """
    import numpy as np

    mark, size = HEAD.unpack(read(HEAD.size))
    if mark != MARK or size > MOST_HEADER:
        raise ValueError("sent something that is no message of this protocol")
    header = json.loads(bytes(read(size)))
    if not isinstance(header, dict):
        raise ValueError("sent a header that is no object")
    arrays = []
    for dtype, shape in _described(header.pop("arrays", None)):
        count = 1
        for length in shape:
            count *= length
        size = count * np.dtype(dtype).itemsize
        most -= size
        if most < 0:
            raise ValueError(f"sent an array of shape {tuple(shape)}, larger than the request allows")
        arrays.append(np.frombuffer(read(size), dtype).reshape(shape))
    return header, arrays


def _described(arrays: Any) -> list[Any]:
    """The types and shapes of arrays as a header lists them; raises `ValueError` where it does not."""
    described = isinstance(arrays, list) and all(
        isinstance(array, list)
        and len(array) == 2
        and array[0] in DTYPES
        and isinstance(array[1], list)
        and len(array[1]) <= MOST_DIMENSIONS
        and all(type(length) is int and length >= 0 for length in array[1])
        for array in arrays
    )
    if not described:
        raise ValueError("sent arrays that its header does not describe")
    return arrays
