"""BENCHMARKS.md says of explanations per second what was measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.attribution import results_table

ROOT = Path(__file__).parents[2]


def test_the_table_is_that_of_the_stored_results() -> None:
    assert results_table() in (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
