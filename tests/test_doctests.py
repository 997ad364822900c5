"""Examples in docstrings run and print what they say, in the tests' own workspace."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import streamrec_core
from streamrec_core.config import workspace

PACKAGE = Path(streamrec_core.__file__).parent
MODULES = [
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    for file in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_print_what_they_say(
    module: str, shared_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert workspace() == shared_workspace.resolve()
    result = doctest.testmod(import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted
    assert result.failed == 0


def test_every_public_name_has_an_example() -> None:
    names = [name for name in streamrec_core.__all__ if name != "__version__"]
    assert [name for name in names if ">>> " not in (getattr(streamrec_core, name).__doc__ or "")] == []
