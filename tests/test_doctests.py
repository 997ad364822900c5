"""Examples in docstrings run and print what they say, in the tests' own workspace."""

from __future__ import annotations

import doctest
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import streamrec_core
from streamrec_core.config import workspace

PACKAGE = Path(streamrec_core.__file__).parent
MODULES = [
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    for file in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


class DecoratedToo(doctest.DocTestFinder):
    """Finds examples of decorated functions too, which doctest counts as the decorator's module's."""

    def _from_module(self, module: Any, member: Any) -> bool:
        return super()._from_module(module, inspect.unwrap(member) if callable(member) else member)  # type: ignore[misc]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_print_what_they_say(
    module: str, shared_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert workspace() == shared_workspace.resolve()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    tests = [test for test in DecoratedToo().find(import_module(module), module) if test.examples]
    for test in tests:
        runner.run(test)
    assert tests
    assert runner.tries or all(doctest.SKIP in example.options for test in tests for example in test.examples)
    assert runner.failures == 0


def test_every_public_name_has_an_example() -> None:
    names = [name for name in streamrec_core.__all__ if name != "__version__"]
    assert [name for name in names if ">>> " not in (getattr(streamrec_core, name).__doc__ or "")] == []
