"""Thresholds in a file, and whether measured figures meet them: met, not met, or not decided by the interval.

One format serves `evaluate`, `diff` and the report: a TOML or JSON file of names and limits.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from streamrec_core.diagnosis.gate.threshold_keys import KEYS, MODEL_KEYS, Bound
from streamrec_core.errors import BadInput
from streamrec_core.files import read_bytes

Outcome = Literal["met", "not met", "not decided"]


@dataclass(frozen=True)
class Estimate:
    """A figure that thresholds are compared with.

    Attributes
    ----------
    figure : float
    low, high : float or None
        95 % interval; None for a count.
    n : int
        Number of sessions.
    """

    figure: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Threshold:
    """A limit for one figure, as a file states it.

    Attributes
    ----------
    key : str
        In `KEYS`.
    bound : str
        at_least or at_most.
    limit : float
    """

    key: str
    bound: Bound
    limit: float


@dataclass(frozen=True)
class Judgement:
    """A threshold, what was measured, and the outcome.

    Attributes
    ----------
    threshold : Threshold
    estimate : Estimate
    outcome : str
        met: the whole interval is on the right side; not met: it is on the wrong side; not decided: it straddles.
    """

    threshold: Threshold
    estimate: Estimate
    outcome: Outcome

    @property
    def title(self) -> str:
        """Name of the figure for people."""
        return KEYS[self.threshold.key].title

    @property
    def test(self) -> str:
        """How the interval was made."""
        return KEYS[self.threshold.key].test

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        measured = self.estimate
        return {
            "key": self.threshold.key,
            self.threshold.bound: self.threshold.limit,
            "measured": measured.figure,
            "interval": None if measured.low is None else [measured.low, measured.high],
            "n": measured.n,
            "test": self.test,
            "outcome": self.outcome,
        }


def read_thresholds(path: Path) -> tuple[Threshold, ...]:
    """Read a file of thresholds.

    Parameters
    ----------
    path : Path
        TOML, or JSON where the name ends with .json: names of `KEYS`, each with a number or with `at_least`, `at_most`
        or both.

    Returns
    -------
    tuple of Threshold
        In the order of the file.

    Raises
    ------
    BadInput
        The file is missing or unreadable, holds no threshold, or a name or limit cannot be used.
    """
    try:
        content = read_bytes(path)
    except FileNotFoundError:
        message = "does not exist; give the path of a file of thresholds"
        raise BadInput(message, path=path, fields=["thresholds"]) from None
    except BadInput as error:
        raise BadInput(error.message, path=path, fields=["thresholds"]) from None
    return decode_thresholds(content, path)


def decode_thresholds(content: bytes, path: Path) -> tuple[Threshold, ...]:
    """Decode the bytes of a file of thresholds.

    Parameters
    ----------
    content : bytes
    path : Path
        Its name tells TOML from JSON, and stands in messages.

    Returns
    -------
    tuple of Threshold

    Raises
    ------
    BadInput
        As `read_thresholds`.
    """
    kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        text = content.decode("utf-8-sig")
        values = json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"is not valid {kind} ({error})", path=path, fields=["thresholds"]) from None
    except (RecursionError, ValueError):  # a number of thousands of digits
        message = f"is not valid {kind} (nested too deeply, or a number is too long)"
        raise BadInput(message, path=path, fields=["thresholds"]) from None
    return parse_thresholds(values, path)


def parse_thresholds(content: object, path: Path) -> tuple[Threshold, ...]:
    """Check the content of a file of thresholds.

    Parameters
    ----------
    content : object
    path : Path
        Named in messages.

    Returns
    -------
    tuple of Threshold

    Raises
    ------
    BadInput
        It holds no threshold, or a name or limit cannot be used; unknown names are refused with those that exist.

    Examples
    --------
    >>> parse_thresholds({"coverage": 0.3, "explanations_failed": 0.1}, Path("gate.toml"))[1]
    Threshold(key='explanations_failed', bound='at_most', limit=0.1)
    """
    if not isinstance(content, dict) or not content:
        raise BadInput("holds no threshold; write one a line, such as coverage = 0.3", path=path, fields=["thresholds"])
    if unknown := [str(key) for key in content if key not in KEYS]:
        raise BadInput(
            f"sets no known figure with {', '.join(map(repr, unknown))}; known are {', '.join(KEYS)}",
            path=path,
            fields=["thresholds"],
            value=unknown[0],
            allowed=tuple(KEYS),
        )
    return tuple(threshold for key, limits in content.items() for threshold in _limits(key, limits, path))


def _limits(key: str, limits: object, path: Path) -> list[Threshold]:
    """One threshold, or two where both ends are limited."""
    table: dict[Any, Any] = limits if isinstance(limits, dict) else {KEYS[key].bound: limits}
    bounds: tuple[Bound, ...] = ("at_least", "at_most")
    usable = bool(table) and set(table) <= set(bounds)
    if not usable or not all(_is_number(limit) for limit in table.values()):
        raise BadInput(
            f": {key} = {limits!r} is no limit; write a number, or {{ at_least = 0.2, at_most = 0.9 }}",
            path=path,
            fields=["thresholds"],
            value=limits,
        )
    return [Threshold(key, bound, float(table[bound])) for bound in bounds if bound in table]


def _is_number(limit: object) -> bool:
    return isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)


def needed(thresholds: tuple[Threshold, ...], pair: bool) -> set[str]:
    """What has to be measured beside the lists: of explanations, sinks and parameters.

    Parameters
    ----------
    thresholds : tuple of Threshold
    pair : bool
        Whether two models are compared; otherwise what only two models have does not count.

    Returns
    -------
    set of str
    """
    keys = KEYS if pair else MODEL_KEYS
    return {str(keys[each.key].needs) for each in thresholds if each.key in keys} - {""}


def judge(thresholds: tuple[Threshold, ...], measurements: Mapping[str, Estimate]) -> tuple[Judgement, ...]:
    """Compare thresholds with what was measured.

    Parameters
    ----------
    thresholds : tuple of Threshold
    measurements : mapping of str to Estimate
        By the names of `KEYS`; a threshold without one is left out.

    Returns
    -------
    tuple of Judgement

    Examples
    --------
    >>> coverage = Estimate(0.32, 0.29, 0.35, 400)
    >>> [judgement.outcome for judgement in judge((Threshold("coverage", "at_least", 0.3),), {"coverage": coverage})]
    ['not decided']
    """
    return tuple(
        Judgement(threshold, measurements[threshold.key], _outcome(threshold, measurements[threshold.key]))
        for threshold in thresholds
        if threshold.key in measurements
    )


def _outcome(threshold: Threshold, measured: Estimate) -> Outcome:
    low = measured.figure if measured.low is None else measured.low
    high = measured.figure if measured.high is None else measured.high
    if threshold.bound == "at_least":
        low, high, limit = -high, -low, -threshold.limit
    else:
        limit = threshold.limit
    return "met" if high <= limit else "not met" if low > limit else "not decided"


def exit_code(judgements: tuple[Judgement, ...]) -> int:
    """0 where every threshold is met, 1 where one is not met, 3 where none is not met but one is not decided."""
    outcomes = {judgement.outcome for judgement in judgements}
    return 1 if "not met" in outcomes else 3 if "not decided" in outcomes else 0
