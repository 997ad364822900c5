"""Seconds of an explanation of a model of another library: a SASRec in plain torch, 50 events, thousands of items.

    python benchmarks/foreign_model.py [--items 3000] [--events 50] [--rounds 3]

Prints JSON: seconds of the processor and of the clock, the fastest of some rounds on new histories, and how many
histories the model was handed in how many calls. The model is untrained: its explanations mean nothing, its cost is
real.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from streamrec_core.adapters import from_torch, open_scorer
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.integrated_gradients import integrated_gradients
from streamrec_core.attribution.removal import remove_each
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, Session, ragged
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.verified import verify
from streamrec_core.models.protocol import GradientModel

WIDTH, HEADS, LAYERS = 64, 2, 2


class SASRec(nn.Module):
    """Causal blocks of `nn.MultiheadAttention` over items and learned positions, scored against the item table."""

    def __init__(self, items: int, events: int) -> None:
        super().__init__()
        self.items, self.positions = nn.Embedding(items + 1, WIDTH, padding_idx=0), nn.Embedding(events, WIDTH)
        block = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, 0.1, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, LAYERS, enable_nested_tensor=False)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, W) -> (B, V + 1)."""
        states = self.items(ids) + self.positions.weight
        causal = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).triu(1)
        return self.blocks(states, mask=causal)[:, -1] @ self.items.weight.T


def drawn(items: int, sessions: int, events: int) -> DataSet:
    """Random sessions over a catalogue of that many items."""
    rng = np.random.default_rng(0)
    ids = tuple(f"i{row}" for row in range(items))
    catalogue = Catalogue(ids, ids, np.arange(items) % 8, tuple("abcdefgh"), np.zeros(items, bool))
    log = EventLog(
        session_ids=tuple(f"s{row}" for row in range(sessions)),
        offsets=ragged([events] * sessions),
        items=rng.integers(items, size=sessions * events).astype(np.int32),
        engagements=np.zeros(sessions * events, np.int8),
    )
    return make_dataset(catalogue, log, name="drawn", kind="log", source="drawn", licence="none needed")


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds, calls and histories of each step of an explanation."""
    dataset = drawn(options.items, options.rounds + 1, options.events)
    torch.manual_seed(0)
    scorer = from_torch(SASRec(options.items, options.events), dataset.catalogue.item_ids, None, options.events)
    counted = {"calls": 0, "histories": 0}

    def score(histories: list[list[str]]) -> Any:
        counted["calls"] += 1
        counted["histories"] += len(histories)
        return scorer.score(histories)

    model = open_scorer(
        type(scorer)(score, scorer.item_ids, scorer.module, scorer.max_events, "SASRec"), dataset.catalogue
    )
    if not isinstance(model, GradientModel):
        raise SystemExit("; ".join(model.lacks))
    figures: dict[str, Any] = {}
    for number in range(options.rounds + 1):
        session = dataset.log.session(number)
        for name, run in steps(model, dataset, session).items():
            counted.update(calls=0, histories=0)
            processor, clock = time.process_time(), time.perf_counter()
            run()
            seconds = {"processor_s": time.process_time() - processor, "clock_s": time.perf_counter() - clock}
            if number:
                before = figures.get(name, seconds)
                figures[name] = {key: min(value, before[key]) for key, value in seconds.items()} | counted
    return {name: {key: round(value, 3) for key, value in by.items()} for name, by in figures.items()}


def steps(model: Any, dataset: DataSet, session: Session) -> dict[str, Callable[[], Any]]:
    """What an explanation consists of; each step finds what those before it asked in the cache."""
    looked: list[Any] = []
    case = case_of(session, 0 if 0 not in session.items else 1, model, False)
    return {
        "removal of each event": lambda: remove_each(model, dataset.catalogue, [case]),
        "first look, with heads": lambda: looked.append(explain(model, dataset, session)),
        "check of its reasons": lambda: verify(model, dataset, looked[0], session),
        "integrated gradients": lambda: integrated_gradients(model, dataset.catalogue, [case]),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    json.dump({"settings": vars(arguments), "seconds": measured(arguments)}, sys.stdout, indent=1)
