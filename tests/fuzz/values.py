"""Values that no program sends and anybody may: texts of links, JSON of any shape, valid JSON with a part changed."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as some

TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "1.0",
        "0.0",
        "9.9",
        "1e400",
        "nan",
        "inf",
        "9" * 30,
        "9" * 5000,
        "²",
        "٣",
        "None",
        "true",
    ),
    *(
        "..",
        "../../etc/passwd",
        "/",
        "~",
        "-",
        "--",
        "\u0000",
        "\ud800",
        "\u202e",
        "%00",
        "a,b",
        ",,,",
        ";",
        "=",
        "+",
        "x" * 300,
    ),
    *(
        "<script>alert(1)</script>",
        "{{7*7}}",
        "' OR 1=1 --",
        "remove:1",
        "swap:1:2",
        "move:1:99",
        "insert:1:x",
        "[[[[",
        "{}",
    ),
)
texts = some.sampled_from(TEXTS) | some.text(max_size=20)
scalars = some.none() | some.booleans() | some.integers() | some.floats() | texts
documents = some.recursive(
    scalars, lambda parts: some.lists(parts, max_size=4) | some.dictionaries(texts, parts, max_size=4), max_leaves=12
)


def _paths(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of a document."""
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(inner for name, part in parts for inner in _paths(part, (*path, name)))]


@some.composite
def changed(draw: some.DrawFn, document: Any) -> Any:
    """The document with one to three parts replaced or removed."""
    document = copy.deepcopy(document)
    for _ in range(draw(some.integers(1, 3))):
        paths = [path for path in _paths(document) if path]
        if not paths:
            return draw(documents)
        path = draw(some.sampled_from(paths))
        part = document
        for name in path[:-1]:
            part = part[name]
        if draw(some.booleans()):
            part[path[-1]] = draw(documents)
        else:
            del part[path[-1]]
    return document
