"""What the caches share between visitors cannot be changed: arrays are read-only, records frozen, nothing is a list."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.caching.cache_resource_api import ResourceCache
from torch import nn

from pages.ui.shared_cache import ReadOnlyDict, frozen
from tests.pages.conftest import Visit

PAGES = ("overview", "explore", "trust", "debug", "dataset", "training", "heads", "compare", "report", "study")


def changeable(value: Any, path: str, seen: set[int]) -> Iterator[str]:
    """Where a record could be changed by whoever holds it."""
    if id(value) in seen or isinstance(value, nn.Module):
        return
    seen.add(id(value))
    fault = fault_of(value)
    if fault:
        yield f"{path}: {fault}"
    for name, part in parts_of(value):
        yield from changeable(part, f"{path}{name}", seen)


def fault_of(value: Any) -> str:
    """How a value itself could be changed; empty where it cannot be."""
    if isinstance(value, np.ndarray):
        return "writable array" if value.flags.writeable else ""
    if is_record(value):
        return "" if value.__dataclass_params__.frozen else f"{type(value).__name__} is not frozen"
    mutable = isinstance(value, list | set | dict | pd.DataFrame | pd.Series | bytearray)
    return type(value).__name__ if mutable and not isinstance(value, ReadOnlyDict) else ""


def parts_of(value: Any) -> list[tuple[str, Any]]:
    """What a value holds, by where."""
    if isinstance(value, Mapping):
        return [(f"[{key!r:.20}]", item) for key, item in value.items()]
    if isinstance(value, tuple | list | frozenset):
        return [("[]", item) for item in value]
    return [(f".{name}", item) for name, item in vars(value).items()] if is_record(value) else []


def is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Every record that a cache takes in, with the name of its function."""
    records: list[tuple[str, Any]] = []
    write = ResourceCache.write_result

    def note(cache: Any, key: str, value: Any, *rest: Any) -> None:
        records.append((cache.display_name, value))
        write(cache, key, value, *rest)

    monkeypatch.setattr(ResourceCache, "write_result", note)
    return records


def test_no_record_that_visitors_share_can_be_changed(visit: Visit, shared: list[tuple[str, Any]]) -> None:
    for page in PAGES:
        visit(f"{page}/page.py", mode="expert")
    assert len(shared) > 10
    records = [(name, value) for name, value in shared if not name.endswith("._slot")]  # what it holds is frozen
    faults = [fault for name, value in records for fault in changeable(value, name.rpartition(".")[2], set())]
    assert sorted(set(faults)) == []


def test_what_was_frozen_refuses_every_change_and_is_copied_whole() -> None:
    record = frozen(Planted(np.arange(3), {"a": [1, {"b": 2}]}, [np.zeros(2)], (1.0, 2.0)))
    assert (record.table, record.rows[0].tolist(), record.column) == ({"a": (1, {"b": 2})}, [0.0, 0.0], (1.0, 2.0))
    assert list(changeable(record, "", set())) == []
    with pytest.raises(ValueError, match="read-only"):
        record.numbers[0] = 7
    changes: list[Callable[[Any], object]] = [
        lambda table: table.update(a=1),
        lambda table: table.pop("a"),
        lambda table: table.clear(),
        lambda table: table.setdefault("c", 1),
        lambda table: table.popitem(),
        lambda table: table.__setitem__("a", 1),
        lambda table: table.__delitem__("a"),
        lambda table: table.__ior__({"a": 1}),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="shared by all visitors"):
            change(record.table)
    assert json.loads(json.dumps(record.table)) == {"a": [1, {"b": 2}]}
    copy.deepcopy(record).table["a"] = 1
    assert record.table | {"c": 3} == {"a": (1, {"b": 2}), "c": 3}


@dataclasses.dataclass(frozen=True)
class Planted:
    numbers: Any
    table: Any
    rows: Any
    column: Any
