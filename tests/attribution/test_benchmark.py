"""BENCHMARKS.md says of the cost of an explanation what was measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.explanation_tables import cost_table

ROOT = Path(__file__).parents[2]


def test_the_table_is_that_of_the_stored_results() -> None:
    assert cost_table() in (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
