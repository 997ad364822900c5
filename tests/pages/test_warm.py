"""The warm start: what the first visitor would wait for is there already, and a fault keeps nobody out."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pages import warm_up
from pages.overview import cached as overview_cached
from pages.ui import cached as ui_cached
from pages.ui.workbench import open_workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput


def test_what_overview_shows_is_computed_once(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = open_workbench("tiny")
    warm_up.compute_default_view(bench)
    monkeypatch.setattr(overview_cached, "show", None)
    monkeypatch.setattr(ui_cached, "find_example_sessions", None)
    warm_up.compute_default_view(open_workbench("tiny"))


def test_a_fault_is_logged_and_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(name: str) -> None:
        raise BadInput("catalogue.parquet is missing")

    monkeypatch.setattr(warm_up, "open_workbench", broken)
    with caplog.at_level(logging.WARNING):
        warm_up.warm_up()
    assert "catalogue.parquet is missing" in caplog.text


@pytest.mark.parametrize("name", ["../tiny", "/etc", "gone", ""])
def test_only_data_sets_in_the_list_are_opened(world: DataSet, name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no data set"):
        open_workbench(name)


def test_a_model_that_is_not_in_the_list_is_refused(world: DataSet) -> None:
    bench = open_workbench("tiny", "../a-transformer")
    assert bench.model is None
    assert "a-transformer" in bench.refusal


def test_weights_that_were_changed_are_refused_with_both_hashes(world: DataSet, checkpoints: Path) -> None:
    weights = checkpoints / "a-transformer" / "weights.safetensors"
    weights.write_bytes((checkpoints / "b-lstm" / "weights.safetensors").read_bytes())
    bench = open_workbench("tiny", "a-transformer")
    assert bench.model is None
    assert "card" in bench.refusal
    assert "file" in bench.refusal
