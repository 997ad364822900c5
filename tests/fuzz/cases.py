"""Cases of the fuzz tests: how many of each area, what every case must hold, and what came of them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings

from streamrec_core.errors import StreamRecError

CASES = {
    "tables": 3_500,
    "typed tables": 1_500,
    "any bytes": 700,
    "encodings": 300,
    "movielens": 400,
    "atomic": 400,
    "previews": 1_000,
    "cards": 450,
    "links": 150,
    "pages": 50,
    "commands": 350,
    "messages": 150,
}
"""Cases of one test of `make fuzz`, 10,000 in all tests together; `make test` runs a fixed choice of one in `FAST`."""
FAST = 80
TALLY: Counter[str] = Counter()
"""How many cases ran, and how many of the importers' ended with a data set."""
INTERNAL = re.compile(r"Traceback|<class |object at 0x|<streamrec|Error\(|NoneType")
"""What only programmers read."""
LONGEST_MESSAGE = 3_000

Answer = TypeVar("Answer")


def fuzz(area: str) -> settings:
    """The settings of a fuzz test: the number of its cases."""
    cases = CASES[area]
    searching = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
    return settings(
        max_examples=cases if searching else max(cases // FAST, 5),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@contextmanager
def counted(area: str) -> Iterator[None]:
    """Count a case of an area."""
    TALLY[area] += 1
    yield


def ends_in_words(call: Callable[[], Answer], name: str = "") -> Answer | None:
    """The answer, or None where it is refused; a refusal is one line for people, which names the file.

    Parameters
    ----------
    call : callable
        Raises nothing but `StreamRecError`.
    name : str
        What the message has to name, unless it is about a setting.
    """
    try:
        return call()
    except StreamRecError as error:
        _check(error, name)
        return None


def _check(error: StreamRecError, name: str) -> None:
    message = str(error)
    assert 0 < len(message) < LONGEST_MESSAGE, message
    assert "\n" not in message, message
    assert not INTERNAL.search(message), message
    assert name in message or error.fields, message


def contents(folder: Path) -> list[str]:
    """Every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
