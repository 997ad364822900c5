"""A model of another library is measured from the dashboard beside its own shuffled and fresh weights."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from streamrec_core.adapters import open_scorer
from streamrec_core.background.task import REQUEST_FILE
from streamrec_core.config import data_folder, foreign_models_folder
from streamrec_core.explain import measuring_process
from streamrec_core.explain.measuring import MeasureRequest
from streamrec_core.explain.shares import read_shares
from tests.adapters.stand_ins import scorer_of
from tests.adapters.test_attention import stand_in
from tests.worlds import chain_dataset, written


def test_a_model_of_another_library_stands_beside_its_own_controls(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(chain_dataset(sessions=80, items=13), data_folder() / "tiny")
    model = open_scorer(scorer_of(stand_in("OwnSoftmax", "left")), dataset.catalogue)
    monkeypatch.setattr(measuring_process, "list_foreign_models", lambda: SimpleNamespace(models={"mine": object()}))
    monkeypatch.setattr(measuring_process, "open_foreign_model", lambda name, catalogue: model)
    MeasureRequest(data="tiny", model="mine", sessions=3).write(tmp_path / REQUEST_FILE)
    state = measuring_process.measure(tmp_path)
    assert state.stage == "done", state.message
    counted = read_shares(foreign_models_folder() / "mine")
    assert counted is not None
    assert counted.nulls is not None
    assert {"shuffled", "untrained"} <= set(counted.nulls.rows())
