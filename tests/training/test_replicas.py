"""Replicas: two processes that share every batch train the model of one."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from streamrec_core.background.workers import without_main_script
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.training.events import RunStopped, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Status
from streamrec_core.training.ray_training import _as_fault, _Following
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
    with without_main_script():  # a page that a test of pages left there would be run anew
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


def test_what_ended_a_training_on_ray_is_the_sentence_of_its_worker() -> None:
    trace = 'Traceback:\n  File "x.py", line 3\nstreamrec_core.errors.Refused: the weights changed; restore them\n'
    assert str(_as_fault(None, RuntimeError(trace))) == "the weights changed; restore them"
    failed = Status(state="failed", epoch=1, step=2, pid=1, start_ticks=1, message="Refused: the loss became nan")
    assert str(_as_fault(failed, RuntimeError(trace))) == "the loss became nan"
    unknown = str(_as_fault(failed.model_copy(update={"state": "running"}), RuntimeError("no\nNo such file.\n")))
    assert unknown.startswith("the workers of the Ray cluster cannot train the run (No such file); check that all its")


def test_events_are_followed_line_by_whole_line(tmp_path: Path) -> None:
    path, stopped = tmp_path / "events.jsonl", RunStopped(epoch=1, step=2).model_dump_json()
    path.write_text(f"{stopped}\n")
    following = _Following(path)
    assert list(following.new_events()) == []  # of an earlier time
    with path.open("a") as file:
        file.write(f"{stopped}\n{{torn\n{stopped}\n{stopped[:9]}")
        file.flush()
        assert [event.kind for event in following.new_events()] == ["stopped"] * 2
        file.write(f"{stopped[9:]}\n")
    assert len(list(following.new_events())) == 1
    assert list(_Following(tmp_path / "none").new_events()) == []
