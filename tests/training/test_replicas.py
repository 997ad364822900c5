"""Replicas: two processes that share every batch train the model of one."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.training.events import StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.replicas import ProcessGroup
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import SMALL, chain_dataset, written

SIZE = 2
LAST_OF_SIZE_ONE = 7
"""A batch size that leaves one session for the last batch of the small log, so that a replica has none."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replicas")


@pytest.fixture(scope="module")
def dataset(folder: Path) -> DataSet:
    return written(chain_dataset(), folder / "chain")


def begin(dataset: DataSet, folder: Path) -> RunFolder:
    run = RunFolder(folder)
    settings = {"epochs": 2, "batch_size": LAST_OF_SIZE_ONE, "item_dropout": 0.0, "dropout": 0.0}
    run.begin(new_run("run", dataset, "transformer", "additive", {**SMALL, **settings}))
    return run


def replica(rank: int, meeting: str, data: str, run: str) -> None:
    """One of the processes."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=SIZE)
    for _ in train(RunFolder(Path(run)), open_data(data), device="cpu", replicas=ProcessGroup()):
        pass
    dist.destroy_process_group()


def train_together(dataset: DataSet, run: RunFolder) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (str(run.path.with_name("meeting")), str(dataset.folder), str(run.path))
    processes = [context.Process(target=replica, args=(rank, *arguments)) for rank in range(SIZE)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0


def test_two_replicas_train_the_model_of_one_process(dataset: DataSet, folder: Path) -> None:
    alone, together = (begin(dataset, folder / name) for name in ("alone", "together"))
    events = list(train(alone, dataset, device="cpu"))
    train_together(dataset, together)
    losses = [[event.loss for event in run.events() if isinstance(event, StepDone)] for run in (alone, together)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][-1] < losses[0][0]
    before, after = (load_file(run.last / "weights.safetensors") for run in (alone, together))
    for name, value in before.items():  # Adam moves what has next to no gradient by the sign of a rounding error
        torch.testing.assert_close(after[name], value, rtol=1e-3, atol=1e-3)
    assert [type(event) for event in together.events()] == [type(event) for event in events]
