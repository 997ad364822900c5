"""How much can a reader of the history know? The ideal observer of streamrec beside ceiling, simple rule and models.

    python benchmarks/ideal_observer.py [--sessions 4000] [--causes 300] [--checkpoint checkpoints/streamrec-lstm ...]

Expected Hit@10 on test sessions of the preset, and how often the event named first caused the target, on sessions
whose target one event caused (those of benchmarks/verified.py; nothing named counts as wrong). `knows less` are
observers that lack a part of the knowledge: what it is worth. `next episode due` are sessions whose last event was
watched to the end and has a next episode. Prints JSON; takes under a minute.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import FULL_VIEW
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, Split, split
from streamrec_core.data.synthetic.streamrec import Service
from streamrec_core.data.truth import Truth
from streamrec_core.evaluation.ceiling import expected_hits, known_truth
from streamrec_core.evaluation.evaluate import evaluate_on
from streamrec_core.evaluation.ideal_observer import IdealPredictions, ideal_predictions, service_of
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.popularity import category_rule

Values = npt.NDArray[np.float64]
SEED = 0


def figure(values: Values) -> dict[str, Any]:
    """Mean and interval over sessions."""
    return {"mean": float(values.mean()), "interval": interval(values), "n": len(values)}


def learned_service(service: Service, dataset: DataSet, train: Examples) -> Service:
    """The service as far as training sessions show it: counted shares, and the next episodes that were seen to follow.

    Which title is the next episode of which is still known; a pair counts once it was seen after a title watched to
    the end.
    """
    log, catalogue = dataset.log, dataset.catalogue
    inside = np.isin(np.repeat(np.arange(len(log)), log.lengths), train.sessions)
    counts = np.bincount(log.items[inside], minlength=len(catalogue)) + 0.5
    counts[catalogue.neutral] = 0
    within = copy.copy(service.within)
    within.share = counts / np.maximum(np.bincount(catalogue.category_of, counts), 1)[catalogue.category_of]
    inside[log.offsets[1:] - 1] = False  # what follows a session's last event is another session
    before = np.flatnonzero(inside & (log.engagements == FULL_VIEW))
    continued = service.next_episode[log.items[before]] == log.items[before + 1]
    seen = np.unique(log.items[before[continued]])
    next_episode = np.full_like(service.next_episode, -1)
    next_episode[seen] = service.next_episode[seen]
    return replace(service, within=within, next_episode=next_episode)


def believed_services(service: Service, dataset: DataSet, train: Examples) -> dict[str, Service]:
    """Generators as an observer that knows less would have them."""
    settings = service.settings
    return {
        "shares and next episodes counted in training": learned_service(service, dataset, train),
        "no next episodes": replace(service, next_episode=np.full_like(service.next_episode, -1)),
        "no preferences": replace(service, settings=replace(settings, exploration=1.0)),
        "no opening": replace(service, settings=replace(settings, opening_start=0.0, opening_end=0.0)),
        "all engagements pull alike": replace(service, settings=replace(settings, pull=(1.0,) * 5)),
    }


def expectations(dataset: DataSet, truth: Truth, divided: Split, examples: Examples) -> dict[str, dict[str, Values]]:
    """Expected Hit@10 (M,) of ceiling, observers and the simple rule, in groups."""
    service = service_of(dataset)

    def expected(observed: IdealPredictions) -> Values:
        return expected_hits(truth, dataset.catalogue, examples, observed.top)[0]

    ideal = ideal_predictions(dataset, examples)
    rule = evaluate_on(category_rule(dataset.log, dataset.catalogue, divided.train), dataset, examples, "test", "")
    if rule.ceiling is None or rule.expected is None:
        sys.exit(f"{dataset.name} has no truth; make the preset again")
    return {
        "bounds": {
            "ceiling": rule.ceiling,
            "ideal observer": expected(ideal),
            "ideal observer, length unknown": expected(ideal_predictions(dataset, examples, length_known=False)),
            "last category (rule)": rule.expected,
        },
        "knows less": {
            name: expected(ideal_predictions(dataset, examples, service=believed))
            for name, believed in believed_services(service, dataset, divided.train).items()
        },
    }


def rule_position(dataset: DataSet, row: int, end: int) -> int:
    """Position of the latest event of the target's category; -1 where there is none."""
    categories = dataset.catalogue.category_of[dataset.log.session(row).items]
    alike = np.flatnonzero(categories[:end] == categories[end])
    return int(alike[-1]) if len(alike) else -1


def cause_figures(dataset: DataSet, truth: Truth, examples: Examples) -> dict[str, Any]:
    """How often observer and rule name the event that caused the target first, or among two."""
    positions = truth.cause_position[examples.sessions]
    rule = np.array(
        [rule_position(dataset, int(row), int(end)) for row, end in zip(examples.sessions, examples.ends, strict=True)]
    )
    return {
        "ideal observer": named_by(ideal_predictions(dataset, examples), positions),
        "ideal observer, length unknown": named_by(ideal_predictions(dataset, examples, length_known=False), positions),
        "latest event of the target's category (rule)": {"first": figure((rule == positions).astype(np.float64))},
    }


def named_by(predictions: IdealPredictions, positions: IntArray) -> dict[str, Any]:
    """Figures of an observer's two likeliest causing events against the true ones."""
    ranked = np.argsort(-predictions.cause_events, axis=1, kind="stable")
    return {
        "first": figure((ranked[:, 0] == positions).astype(np.float64)),
        "among_two": figure((ranked[:, :2] == positions[:, None]).any(1).astype(np.float64)),
        "likeliest_event_mass": float(predictions.cause_events.max(1).mean()),
    }


def report(values: dict[str, Values], bounds: dict[str, Values], due: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Expected Hit@10 with interval, as shares of both bounds, and apart by whether a next episode is due."""
    ceiling, ideal = bounds["ceiling"], bounds["ideal observer"]
    return {
        name: {
            "expected_hit@10": figure(value),
            "share_of_ceiling": float(value.mean() / ceiling.mean()),
            "share_of_ideal_observer": float(value.mean() / ideal.mean()),
            "ideal_observer_minus_this": figure(ideal - value),
            "next_episode_due": figure(value[due]),
            "no_next_episode_due": figure(value[~due]),
        }
        for name, value in values.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="streamrec")
    parser.add_argument("--sessions", type=int, default=4_000)
    parser.add_argument("--causes", type=int, default=300)
    parser.add_argument("--checkpoint", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    dataset = open_data(options.data)
    truth, divided = known_truth(dataset), split(dataset)
    if truth is None:
        sys.exit(f"{dataset.name} has no truth; choose the preset streamrec")
    examples = divided.test.sample(options.sessions, SEED)
    values = expectations(dataset, truth, divided, examples)
    values["models"] = {
        model.name: expected
        for model in (load_checkpoint(folder, dataset.catalogue) for folder in options.checkpoint)
        if (expected := evaluate_on(model, dataset, examples, "test", divided.kind).expected) is not None
    }
    predictions = ideal_predictions(dataset, examples)
    due = np.diff(truth.special_offsets)[examples.sessions] == 2
    caused = divided.test.take(np.flatnonzero(truth.cause_position[divided.test.sessions] >= 0))
    drawn = caused.sample(options.causes, SEED)
    result = {
        "cores": os.cpu_count(),
        "data": dataset.name,
        "train": len(divided.train),
        "test_sessions": len(examples),
        "next_episode_due": float(due.mean()),
        "observer_claims": float(predictions.claimed.mean()),
        "observer_nats": figure(-np.log(predictions.target_probability)),
        **{group: report(of_group, values["bounds"], due) for group, of_group in values.items()},
        "cause": {"sessions": len(drawn), **cause_figures(dataset, truth, drawn)},
        "cause_all": {"sessions": len(caused), **cause_figures(dataset, truth, caused)},
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
