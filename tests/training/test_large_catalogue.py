"""Large catalogues: the sampled and the chunked loss beside the full one, sparse updates, a run that is resumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from streamrec_core.data.batches import Batch, BatchSource
from streamrec_core.evaluation import ranking
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.item_scores import ItemScores
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training import cross_entropy, large_catalogue
from streamrec_core.training.events import EpochDone, StepDone
from streamrec_core.training.large_catalogue import (
    NegativeSampler,
    RowwiseAdamW,
    clip_gradients,
    sampled_loss,
)
from streamrec_core.training.loop import Trainer, train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import (
    SMALL,
    catalogue_of,
    chain_dataset,
    dataset_of,
    examples_at_last,
    log_of,
    small_lstm,
    small_transformer,
    written,
)

ITEMS = 23
CATALOGUE = catalogue_of(ITEMS, 3)
RNG = np.random.default_rng(2)
LOG = log_of([(RNG.integers(0, 9, int(RNG.integers(3, 9)))).tolist() for _ in range(40)])  # pairs that come often
MODELS: dict[str, Callable[[], SequenceModel]] = {
    "additive": lambda: small_transformer(CATALOGUE, jobs=("free", "recent"), followers=4, dropout=0.0),
    "plain": lambda: small_transformer(CATALOGUE, dropout=0.0, item_bias=True),
    "output layer": lambda: small_transformer(CATALOGUE, dropout=0.0, tied=False),
    "lstm": lambda: small_lstm(CATALOGUE, dropout=0.0),
}


def prepared(name: str) -> tuple[SequenceModel, Batch]:
    """A model in training and a batch whose histories hold every followed pair."""
    model = MODELS[name]().train()
    examples = examples_at_last(LOG)
    model.count(LOG, examples, CATALOGUE, last_only=False)
    source = BatchSource(LOG, CATALOGUE, examples, model.max_events, 40)
    return model, source.learning_batch(np.arange(40))


def gradients(model: SequenceModel, loss: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    return {
        name: value.grad.to_dense() if value.grad.is_sparse else value.grad
        for name, value in model.named_parameters()
        if value.grad is not None
    }


def state_of(model: SequenceModel, batch: Batch) -> tuple[ItemScores, Tensor]:
    assert batch.targets is not None
    learned = batch.targets >= 0
    return model.learning_state(batch, learned), batch.targets[learned]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("rows_at_once", [1, 7, 10_000])
def test_both_losses_are_that_of_torch_where_they_see_the_whole_catalogue(
    name: str, sparse: bool, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_entropy, "_rows_at_once", lambda items, scores: rows_at_once)
    model, batch = prepared(name)
    everything = torch.arange(ITEMS)
    scores, targets = state_of(model, batch)
    full = F.cross_entropy(scores.of(everything), targets, reduction="sum")
    expected = gradients(model, full)
    model.embedding.items.sparse = sparse
    for loss_of in (
        cross_entropy.cross_entropy,
        lambda scores, targets: sampled_loss(scores, targets, everything, torch.zeros(ITEMS)),
    ):
        scores, targets = state_of(model, batch)
        loss = loss_of(scores, targets)
        assert loss.item() == pytest.approx(full.item(), rel=1e-6)
        measured = gradients(model, loss)
        assert measured.keys() == expected.keys()
        for parameter, gradient in expected.items():
            torch.testing.assert_close(measured[parameter], gradient, rtol=1e-4, atol=1e-4)


def test_the_exact_loss_is_that_of_torch_over_a_catalogue_of_thousands() -> None:
    torch.manual_seed(0)
    table, states = torch.randn(20_000, 8), torch.randn(150, 8) * 3
    table.requires_grad_(), states.requires_grad_()
    targets = torch.randint(0, 20_000, (150,))
    full = F.cross_entropy(states @ table.T, targets, reduction="sum")
    expected = torch.autograd.grad(full, (states, table))
    chunked = cross_entropy.cross_entropy(
        ItemScores(states, lambda items: (table[items], None), lambda: (table, None), 20_000), targets
    )
    assert chunked.item() == pytest.approx(full.item(), rel=1e-6)
    for measured, gradient in zip(torch.autograd.grad(chunked, (states, table)), expected, strict=True):
        torch.testing.assert_close(measured, gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_scores_before_the_loss_are_those_that_the_model_recommends_by(name: str) -> None:
    model, batch = prepared(name)
    model.eval()
    last = torch.zeros_like(batch.items, dtype=torch.bool)
    last[torch.arange(len(batch)), batch.lengths - 1] = True
    with torch.inference_mode():
        scores = model.learning_state(batch, last)
        torch.testing.assert_close(scores.of(torch.arange(ITEMS)), model.logits(batch), rtol=1e-5, atol=1e-5)
        some = torch.tensor([4, 0, 22])
        torch.testing.assert_close(scores.of(some), model.logits(batch)[:, some], rtol=1e-5, atol=1e-5)


def test_sampled_sums_are_those_of_the_catalogue_in_expectation() -> None:
    torch.manual_seed(1)
    counts = np.arange(ITEMS) ** 2
    sampler = NegativeSampler(counts, 8, torch.device("cpu"))
    scores = torch.linspace(-2, 2, ITEMS)
    sums = []
    for _ in range(4_000):
        items, log_weight = sampler.draw()
        assert len(items) == len(set(items.tolist())) <= 8
        sums.append((scores[items] + log_weight).exp().sum())
    measured = torch.stack(sums)
    error = measured.std() / len(measured) ** 0.5
    assert abs(measured.mean() - scores.exp().sum()) < 4 * error
    assert error < 0.01 * scores.exp().sum()


def test_a_target_that_is_drawn_counts_once() -> None:
    nothing = torch.zeros(4, 2)
    scores = ItemScores(torch.zeros(1, 2), lambda items: (nothing[items], None), lambda: (nothing, None), 4)
    target, weight = torch.tensor([2]), torch.zeros(2)
    with_target = sampled_loss(scores, target, torch.tensor([1, 2]), weight)
    assert with_target.item() == pytest.approx(np.log(2))  # the target beside item 1
    assert sampled_loss(scores, target, torch.tensor([0, 1]), weight).item() == pytest.approx(np.log(3))


def test_rows_with_a_gradient_move_by_their_rate_and_others_stay() -> None:
    table, other = torch.nn.Embedding(5, 2, sparse=True), torch.nn.Linear(2, 1)
    before = table.weight.detach().clone()
    rowwise = RowwiseAdamW([{"params": table.parameters(), "rowwise": True}, {"params": other.parameters()}], lr=0.1)
    for times in (1, 2):
        rowwise.zero_grad()
        (table(torch.tensor([3, 3, 1])) * torch.tensor([3.0, 4.0])).sum().backward()
        rowwise.step()
        moved = (before - table.weight).detach()
        # the gradient's mean square is 12.5 times 1 (item 1) or 4 (item 3): both move alike
        step = 0.1 * torch.tensor([3.0, 4.0]) / 12.5**0.5
        expected = step * sum(number**-0.5 for number in range(1, times + 1))
        torch.testing.assert_close(moved[[1, 3]], expected.expand(2, 2))
        assert not moved[[0, 2, 4]].any()
    state = rowwise.state[table.weight]
    assert state["square_sum"].tolist() == pytest.approx([0, 25, 0, 100, 0])


def test_sparse_gradients_are_clipped_as_dense_ones() -> None:
    norms = []
    for sparse in (False, True):
        torch.manual_seed(0)
        table, line = torch.nn.Embedding(5, 2, sparse=sparse), torch.nn.Linear(2, 1)
        parameters = [*table.parameters(), *line.parameters()]
        (line(table(torch.tensor([3, 3, 1]))) ** 2).sum().mul(100).backward()
        clip_gradients(parameters, 0.5)
        dense = [value.grad.to_dense() if value.grad.is_sparse else value.grad for value in parameters]  # type: ignore[union-attr]
        norms.append(torch.cat([gradient.flatten() for gradient in dense]))
    torch.testing.assert_close(norms[0], norms[1])
    assert norms[1].norm().item() == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("recipe", ["plain", "additive"])
def test_a_run_with_sampled_negatives_learns_and_resumes_to_the_same_weights(recipe: str, tmp_path: Path) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    settings = {**SMALL, "epochs": 4, "batch_size": 8, "learning_rate": 0.02, "negatives": 6, "patience": 9}

    def begin(name: str) -> RunFolder:
        run = RunFolder(tmp_path / name)
        run.begin(new_run("run", dataset, "transformer", recipe, settings))
        return run

    whole, parts = begin("whole"), begin("parts")
    events = list(train(whole, dataset))
    first, *_, last = [event for event in events if isinstance(event, EpochDone)]
    assert last.metrics["loss"] < first.metrics["loss"] - 0.1
    assert last.metrics["loss"] < np.log(10) - 0.1  # better than any guess
    done: list[Any] = []
    for event in train(parts, dataset, lambda: isinstance(done[-1], StepDone) and done[-1].step >= 7):
        done.append(event)
    assert len(list(train(parts, dataset))) > 1
    for name in ("weights.safetensors", "optimiser.safetensors"):
        assert (whole.last / name).read_bytes() == (parts.last / name).read_bytes()


def test_the_default_samples_above_the_stated_size_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    for limit, negatives, sampled in ((10, None, False), (9, None, True), (9, 0, False), (10, 3, True)):
        monkeypatch.setattr(large_catalogue, "FULL_SOFTMAX_ITEMS", limit)
        config = new_run("run", dataset, "transformer", "plain", {**SMALL, "negatives": negatives})
        trainer = Trainer(RunFolder(tmp_path / "run"), config, dataset, torch.device("cpu"))
        assert (trainer.sampler is not None) == sampled == trainer.model.embedding.items.sparse
        assert isinstance(trainer.optimiser, RowwiseAdamW) == sampled


def test_small_batches_of_a_large_catalogue_give_the_same_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["plain"]()
    dataset, examples = dataset_of(CATALOGUE, LOG), examples_at_last(LOG)
    at_once = rank(model, dataset, examples)
    monkeypatch.setattr(ranking, "EVALUATION_SCORES", 3 * ITEMS)
    assert ranking.evaluation_batch(ITEMS) == 3
    few = rank(model, dataset, examples)
    assert few.ranks.tolist() == at_once.ranks.tolist()
    assert few.lists.tolist() == at_once.lists.tolist()
    np.testing.assert_allclose(few.log_probability, at_once.log_probability, rtol=1e-5)


def test_rows_of_the_item_table_are_those_of_the_whole_table() -> None:
    embedding = MODELS["additive"]().embedding
    items = torch.tensor([4, 0, 22])
    assert torch.equal(embedding.rows(items), embedding.table()[items])
    scores = F.linear(torch.ones(1, embedding.width), embedding.rows(items))
    assert scores.shape == (1, 3)
