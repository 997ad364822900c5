"""Exports of an explanation hold every number once, and titles stay text."""

from __future__ import annotations

import csv
import io

import pytest

from streamrec_core.charts.export import weights_csv
from tests.charts.test_heads import TITLES, explanation


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_causal_weight_is_one_line_of_the_table() -> None:
    exported = lines(weights_csv(explanation(), TITLES))
    assert len(exported) == 8 * (1 + 2 + 3)
    assert all(int(line["event"]) <= int(line["row"]) for line in exported)
    last = [line for line in exported if (line["layer"], line["head"], line["row"]) == ("1", "3", "3")]
    assert [float(line["weight"]) for line in last] == pytest.approx([0.77, 0.15, 0.05])
    assert last[1]["event_title"] == "Salt & Sand"


@pytest.mark.parametrize("title", ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1"])
def test_no_title_becomes_a_formula_in_a_spreadsheet(title: str) -> None:
    exported = lines(weights_csv(explanation(), [title, "b", "c"]))
    assert not exported[0]["event_title"].startswith(("=", "+", "-", "@", "\t"))
