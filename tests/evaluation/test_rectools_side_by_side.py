"""What is handed to RecTools and what comes back, by answers known beforehand; RecTools itself is not needed."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks import rectools_side_by_side as side_by_side
from benchmarks.rectools_models import Progress, interactions, mean_ndcg, ranked_part
from benchmarks.rectools_side_by_side import differences, read, rows_of, write
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.training.events import RunStarted, StepDone
from tests.worlds import BagModel, catalogue_of, chain_dataset, dataset_of, log_of, written

RATINGS = {"split": "leave-last-out", "filter_seen": True}


def rated(sessions: list[list[int]], items: int = 8) -> DataSet:
    """People's ratings: the last of each is test, the one before it validation."""
    return dataset_of(catalogue_of(items), log_of(sessions), **RATINGS)


def test_training_reads_all_but_the_last_two_events_in_their_order() -> None:
    dataset = rated([[3, 1, 3, 0, 2], [5, 4, 6, 7]])
    table = interactions(dataset, split(dataset).train)
    assert list(zip(table.user_id, table.item_id, strict=True)) == [
        ("s0", "i3"),
        ("s0", "i1"),
        ("s0", "i3"),
        ("s1", "i5"),
        ("s1", "i4"),
    ]
    # As RecTools puts a history together: stable by time, then by person.
    by_time = table.sort_values("datetime", kind="stable").groupby("user_id", sort=False).item_id.agg(list)
    assert by_time.to_dict() == {"s0": ["i3", "i1", "i3"], "s1": ["i5", "i4"]}


def test_histories_are_numbered_as_the_model_numbers_items_and_cut_to_its_window() -> None:
    dataset = rated([[0, 1, 2, 3, 4, 5], [6, 1, 7, 0]])
    part = ranked_part(dataset, split(dataset).test, ["i3", "i1", "i0", "i4", "i2", "i5"], special=2, width=3)
    assert part.inputs.tolist() == [[6, 2, 5], [0, 0, 3]]  # i2 i3 i4; i1, since the model knows neither i6 nor i7
    assert part.targets.tolist() == [7, 4]
    assert sorted(zip(*(numbers.tolist() for numbers in part.seen), strict=True)) == [
        *((0, number) for number in (2, 3, 4, 5, 6)),  # also what is older than the window
        (1, 3),
    ]


def test_a_target_that_the_model_does_not_know_is_never_right() -> None:
    dataset = rated([[0, 1, 2, 12], [1, 2, 0, 3]], items=13)
    part = ranked_part(dataset, split(dataset).test, [f"i{row}" for row in range(12)], special=1, width=4)
    assert part.targets.tolist() == [-1, 4]
    recommends_i3 = torch.zeros(12, 12)
    recommends_i3[:, 3] = 1.0
    assert mean_ndcg(Linear(recommends_i3, special=1), part) == 0.5


class Linear(nn.Module):
    """Scores as `BagModel` does, behind the interface of RecTools' torch modules."""

    def __init__(self, weights: Tensor, special: int) -> None:
        super().__init__()
        unused = torch.full((len(weights), special), 100.0)  # special numbers would win if they were not excluded
        rows = torch.cat([torch.zeros(special, weights.shape[1]), weights])
        self.weights = nn.Parameter(torch.cat([torch.cat([torch.zeros(special, special), unused]), rows], 1))

    @property
    def item_model(self) -> Linear:
        return self

    def get_all_embeddings(self) -> Tensor:
        return torch.eye(self.weights.shape[1])

    def encode_sessions(self, batch: dict[str, Tensor], items: Tensor) -> Tensor:
        return self.weights[batch["x"]].cumsum(1)

    def similarity_module(self, states: Tensor, items: Tensor) -> Tensor:
        return states @ items.T


def test_the_figure_of_an_epoch_is_that_of_the_evaluator() -> None:
    dataset = chain_dataset(items=40, sessions=700, **RATINGS)  # more than a batch, and targets beyond the first ten
    weights = torch.randn(40, 40, generator=torch.Generator().manual_seed(2))
    divided = split(dataset)
    by_evaluator = evaluate(BagModel(weights), dataset, divided, "validation").metrics()["ndcg@10"]
    part = ranked_part(dataset, divided.validation, list(dataset.catalogue.item_ids), special=2, width=50)
    assert 0.05 < by_evaluator < 0.9
    assert mean_ndcg(Linear(weights, special=2), part) == pytest.approx(by_evaluator, abs=1e-6)


def progress_of(figures: list[float], **limits: Any) -> tuple[Progress, int]:
    """Progress over these figures, and the epoch after which it ended."""
    progress = Progress("toy", **{"patience": 2, "deadline": math.inf} | limits)
    module = nn.Linear(1, 1, bias=False)
    for epoch, figure in enumerate(figures, 1):
        with torch.no_grad():
            module.weight.fill_(epoch)
        if progress.add(figure, (1.0, 0.5), module):
            return progress, epoch
    return progress, len(figures)


def test_training_ends_when_patience_is_over_and_the_weights_are_those_of_the_best_epoch() -> None:
    progress, ended = progress_of([0.1, 0.3, 0.2, 0.3, 0.9])
    assert (progress.best_epoch, ended, progress.stopped_by) == (2, 4, "patience")
    assert progress.weights["weight"].item() == 2


def test_no_epoch_begins_that_would_end_after_the_deadline() -> None:
    progress, ended = progress_of([0.1, 0.2, 0.3], deadline=0.0)
    assert (ended, progress.stopped_by, progress.weights["weight"].item()) == (1, "time", 1)
    progress, ended = progress_of([0.1, 0.2, 0.3])
    assert (ended, progress.stopped_by) == (3, "epochs")


def test_the_tables_show_what_the_files_hold(tmp_path: Path) -> None:
    dataset = chain_dataset(sessions=100, **RATINGS)
    record = {"best_epoch": 3, "epochs": 9, "seconds_an_epoch": 2.5, "resident_gb": 1.25, "gpu_gb": 4.0}
    write(tmp_path / "sasrec.npz", np.full(100, 11), record | {"data": dataset.card.hashes["events"]})
    np.savez(tmp_path / "ours.npz", ranks=np.repeat([1, 11], 50))
    results = [read(path, dataset) for path in (tmp_path / "sasrec.npz", tmp_path / "ours.npz")]
    *_, ours, theirs = rows_of(results)
    assert ours.startswith("| ours | 0.500 [")
    assert ours.endswith("| – | – | – | – |")
    assert theirs == (
        "| sasrec | 0.000 [0.000, 0.000] | 0.000 [0.000, 0.000] | 3 of 9 | 2.5 | – | 1.2 GB, GPU 4.0 GB |"
    )
    assert "| 3 of 9 (time was up) |" in rows_of([(results[0][0], record | {"stopped_by": "time"})])[-1]
    *_, difference = differences([evaluation for evaluation, _ in results])
    assert difference.startswith("| ours minus sasrec | +0.5000 [+0.4")
    assert difference.count("[+") == 2
    assert len(differences([results[0][0]])) == 2  # nothing of ours, so no row


def test_ranks_of_another_data_set_are_refused(tmp_path: Path) -> None:
    dataset = chain_dataset(sessions=100, **RATINGS)
    write(tmp_path / "sasrec.npz", np.full(100, 11), {"data": "another"})
    np.savez(tmp_path / "short.npz", ranks=np.ones(99))
    for name in ("sasrec", "short"):
        with pytest.raises(BadInput, match=f"{name}.npz.*test part of tiny.*train again"):
            read(tmp_path / f"{name}.npz", dataset)


def test_the_seconds_of_an_epoch_follow_from_the_events_of_its_first_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(chain_dataset(sessions=100, **RATINGS), tmp_path / "data")
    clocks, processors = iter(range(0, 100, 2)), iter(range(100))  # two seconds and one between events
    times = SimpleNamespace(monotonic=lambda: next(clocks), process_time=lambda: next(processors))
    monkeypatch.setattr(side_by_side, "time", times)

    def steps(run: Any, dataset: DataSet, should_stop: Any, device: str) -> Any:
        yield RunStarted(epochs=1, steps_per_epoch=9, done_steps=0, parameters=1, device="cpu")
        for step, rate in enumerate((5.0, 50.0, 50.0, 50.0), 1):  # 10, 200, 300 and 400 events so far
            yield StepDone(epoch=1, step=step, loss=1.0, learning_rate=1.0, events_per_second=rate, seconds_left=1.0)
            if should_stop():
                return

    monkeypatch.setattr(side_by_side, "train", steps)
    options = side_by_side.parser().parse_args(["--batches", "3"])
    clock, processor = side_by_side.seconds_of_steps("plain", dataset, options)
    read = np.minimum(split(dataset).train.ends, 50).sum()
    assert clock == pytest.approx(4 / 290 * read)
    assert processor == pytest.approx(2 / 290 * read)
