"""The audit of libraries says when nothing was looked up, which pip-audit counts as success."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.audit_libraries import judged

SAFE: dict[str, Any] = {"name": "numpy", "version": "2.0", "vulns": []}
FAULTY: dict[str, Any] = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN: dict[str, Any] = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("dependencies", "code", "words"),
    [
        ([SAFE], 0, "1 of 1 libraries were looked up, no known vulnerabilities."),
        ([SAFE, FAULTY], 1, "old 1.0: PYSEC-1, fixed in 1.1"),
        ([SAFE, FAULTY, UNKNOWN], 1, "There is no data on 1 of them (torch); run this where"),
        ([UNKNOWN] * 7, 2, "None of 7 libraries was looked up: there is no data on any"),
        ([SAFE, UNKNOWN], 2, "1 of 2 libraries were looked up"),
        ([], 2, "None of 0 libraries was looked up"),
    ],
)
def test_the_exit_code_tells_safe_from_vulnerable_from_not_looked_up(
    dependencies: list[dict[str, Any]], code: int, words: str
) -> None:
    actual, lines = judged(json.dumps({"dependencies": dependencies}), "")
    assert (actual, any(words in line for line in lines)) == (code, True), lines


@pytest.mark.parametrize("output", ["", "[]", "{}", "no JSON"])
def test_an_audit_that_fails_is_told_with_its_last_line_and_the_way_out(output: str) -> None:
    code, (line,) = judged(output, "Traceback\nConnectionError: no route")
    assert (code, "Nothing was looked up: pip-audit failed (ConnectionError: no route)" in line) == (2, True)
    assert "pypi.org" in line
