"""Events a second of training: the project's models beside a plain torch loop over `nn.TransformerEncoder`, in one run.

    python benchmarks/training_speed.py [--data streamrec] [--steps 12] [--rounds 3] [--threads 1] [--profile]

Prints JSON. The plain loop is what a reader of the torch tutorial writes: the same width, layers, heads, dropout,
embeddings of items, categories and engagements, tied output, batch size and number of events; sessions in random order
padded to the longest of their batch, scores at every position, `F.cross_entropy` with `ignore_index`, `clip_grad_norm_`
and `AdamW`. Rounds alternate, the fastest of each counts; times are of the processor, batches included. `--profile`
adds where the time of the additive model goes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from streamrec_core.data.batches import IGNORE, Batch, BatchSource
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.training.loop import Trainer
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

WIDTH, LAYERS, HEADS, FEED_FORWARD, DROPOUT, BATCH = 128, 2, 4, 512, 0.1, 128
Step = Callable[[], int]
"""One training step; returns the number of events it learned from."""


class PlainTransformer(nn.Module):
    """Session transformer as one writes it with torch's own layers."""

    def __init__(self, dataset: DataSet, max_events: int) -> None:
        super().__init__()
        catalogue = dataset.catalogue
        self.items = nn.Embedding(len(catalogue) + 1, WIDTH, padding_idx=len(catalogue))
        self.categories = nn.Embedding(len(catalogue.categories) + 1, WIDTH)
        self.engagements = nn.Embedding(len(catalogue.words), WIDTH)
        self.positions = nn.Embedding(max_events, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, FEED_FORWARD, DROPOUT, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        codes = np.append(catalogue.category_of, len(catalogue.categories))
        self.register_buffer("category_of", torch.from_numpy(codes))

    def forward(self, batch: Batch) -> Tensor:
        """Scores (B, L, V + 1) of the next item at every position."""
        length = batch.items.shape[1]
        events = self.items(batch.items) + self.categories(self.category_of[batch.items])  # type: ignore[index]
        events = events + self.engagements(batch.engagements) + self.positions(torch.arange(length))
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        states: Tensor = self.encoder(events, mask=mask, is_causal=True)
        return states @ self.items.weight.T


def plain_loop(dataset: DataSet, max_events: int) -> Iterator[int]:
    """Train the plain transformer, a step at a time."""
    torch.manual_seed(1)
    model = PlainTransformer(dataset, max_events).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    all_positions = dataset.card.train_positions == "all"
    source = BatchSource(
        dataset.log, dataset.catalogue, split(dataset).train, max_events, BATCH, all_positions=all_positions
    )
    rng = np.random.default_rng(1)
    while True:
        order = rng.permutation(len(source.windows))
        for start in range(0, len(order) - BATCH, BATCH):
            batch = source.learning_batch(order[start : start + BATCH])
            assert batch.targets is not None
            loss = F.cross_entropy(model(batch).flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            yield int(batch.lengths.sum())


def project_loop(dataset: DataSet, recipe: str, settings: dict[str, Any]) -> Iterator[int]:
    """Train a model of the project, a step at a time, as its trainer does."""
    config = new_run("run", dataset, "transformer", recipe, {"batch_size": BATCH, **settings})
    trainer = Trainer(RunFolder(Path("no-such-run")), config, dataset, torch.device("cpu"))
    trainer.model.train()
    for seed in range(1_000):
        for rows in trainer.source.epoch(seed):
            batch = trainer.source.learning_batch(rows)
            trainer._step(batch)
            yield int(batch.lengths.sum())


def measured(loops: dict[str, Iterator[int]], steps: int, rounds: int) -> dict[str, float]:
    """Events a second of the processor of each loop, the fastest of alternating rounds after one that warms up."""
    best = dict.fromkeys(loops, 0.0)
    for number in range(rounds + 1):
        for name, loop in loops.items():
            began = time.process_time()
            events = sum(next(loop) for _ in range(steps))
            if number:
                best[name] = max(best[name], events / (time.process_time() - began))
    return best


def shares(loop: Iterator[int], steps: int, top: int = 14) -> dict[str, float]:
    """Share of the processor's time in each of torch's operations, the largest first."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(steps):
            next(loop)
    rows = profiled.key_averages()
    total = sum(row.self_cpu_time_total for row in rows)
    largest = sorted(rows, key=lambda row: -row.self_cpu_time_total)[:top]
    return {row.key: round(row.self_cpu_time_total / total, 3) for row in largest}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="streamrec")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--negatives", type=int, nargs="*", default=[512], help="also with so many sampled negatives")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset = open_data(arguments.data)
    loops = {
        "plain torch loop": plain_loop(dataset, 50),
        "plain": project_loop(dataset, "plain", {"max_events": 50}),
        "additive": project_loop(dataset, "additive", {"max_events": 50}),
    }
    for number in arguments.negatives:
        settings = {"max_events": 50, "negatives": number}
        loops[f"additive, {number} sampled"] = project_loop(dataset, "additive", settings)
    rates = measured(loops, arguments.steps, arguments.rounds)
    results: dict[str, Any] = {
        **vars(arguments),
        "items": len(dataset.catalogue),
        "events_a_second": {name: round(rate) for name, rate in rates.items()},
        "times_the_plain_loop": {name: round(rate / rates["plain torch loop"], 2) for name, rate in rates.items()},
    }
    if arguments.profile:
        results["profile_of_additive"] = shares(loops["additive"], arguments.steps)
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
