"""Models with and without content are two runs of one recipe, and the table says which of them has more."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import comparison
from benchmarks.tables import without_content_table
from benchmarks.without_content import WITHOUT
from streamrec_core.config import data_folder
from streamrec_core.data.presets import open_data
from tests.worlds import chain_dataset, written


def test_the_two_runs_differ_in_these_settings_alone(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(chain_dataset(), data_folder() / "tiny")
    dataset = open_data("tiny")
    monkeypatch.setattr(comparison, "train", lambda *_, **__: iter(()))
    whole, without = (
        comparison.trained(dataset, "additive/transformer", 3, "cpu", variant, settings)
        for variant, settings in (("", None), ("items-alone", WITHOUT))
    )
    assert whole.name == f"{dataset.name}-additive-transformer-seed3"
    assert without.name == f"{dataset.name}-additive-transformer-items-alone-seed3"
    shapes = whole.config().architecture, without.config().architecture
    assert {name for name, value in shapes[0].items() if shapes[1][name] != value} == set(WITHOUT)
    assert whole.config().training == without.config().training
    assert whole.config().training.seed == 3


def test_the_table_shows_the_model_without_content_and_what_content_adds() -> None:
    figures = {"hit@10": 0.3, "hit@10_interval": [0.2, 0.4], "ndcg@10": 0.1, "ndcg@10_interval": [0.05, 0.15]}
    more = {"hit@10_difference": 0.02, "hit@10_difference_interval": [0.01, 0.03]}
    more |= {"ndcg@10_difference": -0.01, "ndcg@10_difference_interval": [-0.02, 0.0]}
    row = {"model": "plain/lstm", "with": {}, "without": figures, "more": more}
    assert without_content_table({"rows": [row]}).splitlines()[2] == (
        "| LSTM, 256 units | 0.300 [0.200, 0.400] | 0.100 [0.050, 0.150] "
        "| +0.0200 [+0.0100, +0.0300] | -0.0100 [-0.0200, +0.0000] |"
    )
