"""Caches of what visitors share: every record is made unchangeable before the first visitor gets it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
import streamlit as st

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class ReadOnlyDict(dict[Any, Any]):
    """A dictionary that cannot be changed; a copy of it can."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this record is shared by all visitors and cannot be changed; copy it first")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied as a plain dictionary."""
        return dict, (dict(self),)


def shared_cache(
    **options: Any,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """`st.cache_resource` for a function whose results visitors share: they are made unchangeable."""

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def unchangeable(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            return frozen(function(*arguments, **named))

        cached: Callable[Arguments, Result] = st.cache_resource(**options)(unchangeable)
        return cached

    return decorate


def frozen(record: Result) -> Result:
    """The record with its arrays read-only and its dictionaries and lists replaced by ones that cannot be changed."""
    result: Result = _frozen(record, set())
    return result


def _frozen(value: Any, seen: set[int]) -> Any:
    """The value, or one in its stead that cannot be changed; `seen` has the records that were gone through."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict) and not isinstance(value, ReadOnlyDict):
        return ReadOnlyDict({key: _frozen(item, seen) for key, item in value.items()})
    elif type(value) in (tuple, list):  # not the named ones, whose class would be lost
        return _sequence(value, seen)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type) and id(value) not in seen:
        seen.add(id(value))
        for name, item in list(vars(value).items()):
            if (replacement := _frozen(item, seen)) is not item:
                object.__setattr__(value, name, replacement)
    return value


def _sequence(value: tuple[Any, ...] | list[Any], seen: set[int]) -> tuple[Any, ...]:
    """As a tuple; a column of texts or numbers is not gone through, since it may have millions."""
    if type(value) is tuple and value and isinstance(value[0], str | int | float):
        return value
    items = tuple(_frozen(item, seen) for item in value)
    same = type(value) is tuple and all(new is old for new, old in zip(items, value, strict=True))
    return value if same else items  # type: ignore[return-value]
