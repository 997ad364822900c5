"""The epochs that a run keeps can be found from its best checkpoint, and nothing else passes for one."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.models.checkpoint import read_card
from streamrec_core.training.history import saved_epochs
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import SMALL, chain_dataset, written


def trained(folder: Path) -> RunFolder:
    """A run of two epochs."""
    dataset = written(chain_dataset(), folder / "chain")
    run = RunFolder(folder / "run")
    run.begin(new_run("run", dataset, "transformer", "plain", {**SMALL, "epochs": 2, "batch_size": 16}))
    list(train(run, dataset))
    return run


def test_the_epochs_that_were_kept_are_found_by_number(tmp_path: Path) -> None:
    run = trained(tmp_path)
    folders = saved_epochs(run.best)
    assert list(folders) == [1, 2]
    assert [read_card(folder).epoch for folder in folders.values()] == [1, 2]
    (run.history / "epoch-last").mkdir()
    (run.history / "epoch-last" / "card.json").write_text("{}")
    (run.history / "epoch-003").mkdir()  # a process was killed before the card was written
    assert list(saved_epochs(run.best)) == [1, 2]


def test_a_shipped_checkpoint_has_none(tmp_path: Path) -> None:
    run = trained(tmp_path)
    assert saved_epochs(run.last) == {}
    assert saved_epochs(tmp_path / "checkpoints" / "best") == {}
