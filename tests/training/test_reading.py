"""The reading penalty: nought where attention is the effect, and training lowers it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from streamrec_core.data.batches import Batch
from streamrec_core.training.loop import Trainer, train
from streamrec_core.training.reading import ReadingPenalty, correlation, dropped
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.start import new_run
from tests.worlds import SMALL, batch, catalogue_of, chain_dataset, small_transformer, written

CATALOGUE = catalogue_of(12, 3)


def test_correlation_is_pearsons_over_the_events_inside() -> None:
    first = torch.tensor([[1.0, 2.0, 3.0, 99.0], [1.0, 2.0, 3.0, 4.0]])
    second = torch.tensor([[2.0, 4.0, 6.0, -5.0], [4.0, 3.0, 2.0, 1.0]])
    inside = torch.tensor([[True, True, True, False], [True, True, True, True]])
    assert float(correlation(first, second, inside)) == pytest.approx(0.0, abs=1e-5)  # +1 and -1
    assert float(correlation(first[:1], second[:1], inside[:1])) == pytest.approx(1.0, abs=1e-5)


def test_each_drop_leaves_out_its_event() -> None:
    histories = Batch(torch.tensor([[1, 2, 3], [4, 5, 12]]), torch.tensor([[0, 1, 2], [3, 4, 0]]), torch.tensor([3, 2]))
    found = dropped(histories, torch.tensor([0, 0, 1]), torch.tensor([0, 2, 1]))
    assert found.items.tolist() == [[2, 3], [1, 2], [4, 12]]
    assert found.engagements.tolist() == [[1, 2], [0, 1], [3, 0]]
    assert found.lengths.tolist() == [2, 2, 1]


def test_the_penalty_reaches_attention_and_values_alike_and_leaves_the_mode_as_it_was() -> None:
    model = small_transformer(CATALOGUE, jobs=("free",)).train()
    penalty = ReadingPenalty(CATALOGUE, sessions=4, last_only=True)
    value = penalty(model, batch(CATALOGUE, [1, 2, 3, 4], [5, 6, 7]))  # type: ignore[arg-type]
    assert model.training
    assert 0 <= float(value.detach()) <= 2
    value.backward()
    attention = model.layers[0].attention
    assert all(
        part.weight.grad is not None and part.weight.grad.abs().sum() > 0 for part in (attention.query, attention.value)
    )
    assert model.reading.grad.abs().sum() > 0


def test_histories_too_short_for_a_correlation_cost_nothing() -> None:
    model = small_transformer(CATALOGUE, jobs=("free",)).train()
    assert float(ReadingPenalty(CATALOGUE, 4, True)(model, batch(CATALOGUE, [1, 2], [3]))) == 0.0  # type: ignore[arg-type]


def test_training_with_the_penalty_makes_attention_say_more_of_removal(tmp_path: Path) -> None:
    dataset = written(chain_dataset(sessions=120), tmp_path / "chain")

    def left(weight: float) -> float:
        run = RunFolder(tmp_path / f"run-{weight}")
        chosen = {**SMALL, "epochs": 4, "batch_size": 16, "learning_rate": 0.01, "reading_weight": weight}
        run.begin(new_run("run", dataset, "transformer", "readable", {**chosen, "schedule": "cosine"}))
        for _ in train(run, dataset):
            pass
        trainer = Trainer(run, run.config(), dataset)
        torch.manual_seed(0)
        penalty = ReadingPenalty(dataset.catalogue, 64, last_only=True)
        learned = trainer.source.learning_batch(trainer.source.epoch(0)[0])
        return float(penalty(trainer.model, learned).detach())  # type: ignore[arg-type]

    assert left(1.0) < left(0.0)
