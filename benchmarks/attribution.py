"""How many sessions a second are explained, beside the plain loop: Captum per session, one removal per forward pass.

    python benchmarks/attribution.py [--sessions 60] [--rounds 3] [--checkpoint FOLDER ...]

Both sides explain the same recommendations by integrated gradients and by dropping every event. The plain loop walks
Captum's own path (Gauss-Legendre over the whole of it) with as few steps as bring each session's relative completeness
gap to the same target, found beforehand and not timed, and `captum_50_steps` with Captum's default of 50. Rounds
alternate, the fastest of each counts. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients

from streamrec_core.attribution import candidate_scores, removal
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.counterfactual import smallest_removal
from streamrec_core.attribution.evidence import gather_evidence
from streamrec_core.attribution.gradients import ExplainedValue
from streamrec_core.attribution.integrated_gradients import (
    SMALLEST_DIFFERENCE,
    Integrated,
    IntegratedSettings,
    integrated_gradients,
)
from streamrec_core.config import checkpoints_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.models.protocol import GradientModel

TARGET = IntegratedSettings().target_gap
STEPS = (4, 6, 8, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 150, 200, 300)
STAGES = {
    "variant_batch": "lay out variants",
    "variant_scores": "run the model",
    "shared_event_scores": "run the model",
    "candidate_scores": "rank the catalogue",
}


def plain_gradients(model: GradientModel, dataset: DataSet, case: Case, steps: int) -> Integrated:
    """Captum over the whole path of one session."""
    explained = ExplainedValue(model, dataset.catalogue, [case])
    rows, start = torch.zeros(1, dtype=torch.int64), torch.zeros_like(explained.embedded)
    values = IntegratedGradients(explained).attribute(
        explained.embedded, start, additional_forward_args=(rows,), n_steps=steps
    )
    with torch.no_grad():
        difference = float(explained(explained.embedded, rows) - explained(start, rows))
    (events,) = explained.per_event(values)
    return Integrated(events, "masked", difference, float(events.sum() - difference), steps)


def fewest_steps(model: GradientModel, dataset: DataSet, case: Case) -> int:
    """Fewest of `STEPS` that bring the relative gap to the target; the most where none does."""
    return next(
        (steps for steps in STEPS if plain_gradients(model, dataset, case, steps).relative_gap <= TARGET), STEPS[-1]
    )


def plain_removal(model: GradientModel, dataset: DataSet, case: Case) -> np.ndarray[Any, Any]:
    """Effect of dropping each event, one forward pass each."""

    def log_probability(history: Session) -> float:
        explained = ExplainedValue(model, dataset.catalogue, [Case(history, case.candidate, case.excluded)])
        with torch.no_grad():
            return float(explained(explained.embedded, torch.zeros(1, dtype=torch.int64)))

    whole, history = log_probability(case.history), case.history
    if len(history) == 1:  # no model predicts from nothing; the event is masked in place
        return removal.remove_each(model, dataset.catalogue, [case])[0].effect
    without = [
        Session(history.session_id, np.delete(history.items, at), np.delete(history.engagements, at))
        for at in range(len(history))
    ]
    return whole - np.array([log_probability(shorter) for shorter in without])


@contextmanager
def stages_clocked() -> Iterator[dict[str, float]]:
    """Seconds spent in each stage of removal while the block runs."""
    spent = dict.fromkeys(STAGES.values(), 0.0)
    real = {name: getattr(candidate_scores, name) for name in STAGES}

    def clocked(name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = time.perf_counter()
            returned = real[name](*arguments)
            spent[STAGES[name]] += time.perf_counter() - began
            return returned

        return call

    try:
        for name in STAGES:
            setattr(candidate_scores, name, clocked(name))
        yield spent
    finally:
        for name, function in real.items():
            setattr(candidate_scores, name, function)


def fastest(functions: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """Seconds by clock and processor of each function, the fastest of alternating rounds; and what each returned."""
    seconds: dict[str, dict[str, float]] = {name: {"wall": np.inf, "cpu": np.inf} for name in functions}
    returned = {}
    for _ in range(rounds):
        for name, function in functions.items():
            wall, cpu = time.perf_counter(), time.process_time()
            returned[name] = function()
            seconds[name]["wall"] = min(seconds[name]["wall"], time.perf_counter() - wall)
            seconds[name]["cpu"] = min(seconds[name]["cpu"], time.process_time() - cpu)
    return seconds, returned


def side_by_side(model: GradientModel, dataset: DataSet, cases: list[Case], rounds: int) -> dict[str, Any]:
    """Sessions a second with plain loops and with the package, with gaps, differences and where the time goes."""
    steps = [fewest_steps(model, dataset, case) for case in cases]
    pairs = list(zip(cases, steps, strict=True))
    seconds, returned = fastest(
        {
            "plain_gradients": lambda: [plain_gradients(model, dataset, case, count) for case, count in pairs],
            "captum_50_steps": lambda: [plain_gradients(model, dataset, case, 50) for case in cases],
            "plain_removal": lambda: [plain_removal(model, dataset, case) for case in cases],
            "gradients": lambda: integrated_gradients(model, dataset.catalogue, cases),
            "removal": lambda: removal.remove_each(model, dataset.catalogue, cases),
        },
        rounds,
    )
    with stages_clocked() as spent:
        removal.remove_each(model, dataset.catalogue, cases)
    effects = zip(returned["plain_removal"], returned["removal"], strict=True)
    gaps = {
        name: [integrated.relative_gap for integrated in returned[name]]
        for name in ("plain_gradients", "captum_50_steps", "gradients")
    }
    return {
        "sessions": len(cases),
        "mean_length": float(np.mean([len(case.history) for case in cases])),
        "seconds": seconds,
        "times_faster": {clock: _ratios(seconds, clock) for clock in ("wall", "cpu")},
        "sessions_per_second": {
            "plain": len(cases) / (seconds["plain_gradients"]["wall"] + seconds["plain_removal"]["wall"]),
            "here": len(cases) / (seconds["gradients"]["wall"] + seconds["removal"]["wall"]),
        },
        "steps": {
            "plain": float(np.mean(steps)),
            "here": float(np.mean([integrated.steps for integrated in returned["gradients"]])),
        },
        "relative_gap": {
            name: {"median": float(np.median(values)), "largest": float(np.max(values))}
            for name, values in gaps.items()
        },
        "largest_difference_of_effects": max(float(np.abs(plain - each.effect).max()) for plain, each in effects),
        "where_removal_spends": {name: spent[name] / sum(spent.values()) for name in spent},
    }


def _ratios(seconds: dict[str, dict[str, float]], clock: str) -> dict[str, float]:
    plain, here = (
        [seconds[f"{prefix}{name}"][clock] for name in ("gradients", "removal")] for prefix in ("plain_", "")
    )
    return {"gradients": plain[0] / here[0], "removal": plain[1] / here[1], "both": sum(plain) / sum(here)}


def one_long_session(model: GradientModel, dataset: DataSet, rounds: int) -> dict[str, float]:
    """Seconds for the evidence and the counterfactual of one session of 50 events."""
    row = int(np.argmax(dataset.log.lengths))
    session = dataset.log.session(row)
    history = Session(session.session_id, session.items[:-1][-50:], session.engagements[:-1][-50:])
    (case,) = first_recommendations(model, dataset.catalogue, [history], dataset.card.filter_seen)
    seconds, _ = fastest(
        {
            "evidence": lambda: gather_evidence(model, dataset.catalogue, [case]),
            "counterfactual": lambda: smallest_removal(model, dataset.catalogue, case),
        },
        rounds,
    )
    flat = {f"{name}_{clock}": value for name, by_clock in seconds.items() for clock, value in by_clock.items()}
    return {"events": len(history), **flat}


def main() -> None:
    """Measure every checkpoint and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkpoint", nargs="+", type=Path, default=None)
    options = parser.parse_args()
    folders = options.checkpoint or [path.parent for path in sorted(checkpoints_folder().glob("*/card.json"))]
    models = {}
    for folder in folders:
        dataset = open_data(read_card(folder).data.name)
        model = load_checkpoint(folder, dataset.catalogue)
        test = split(dataset).test
        histories = test.take(np.arange(min(options.sessions, len(test)))).histories(dataset.log)
        cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
        models[model.name] = {
            **side_by_side(model, dataset, cases, options.rounds),
            "one_session": one_long_session(model, dataset, options.rounds),
        }
    settings = {"target_gap": TARGET, "smallest_difference": SMALLEST_DIFFERENCE, "threads": torch.get_num_threads()}
    print(json.dumps({**settings, "models": models}, indent=2))


if __name__ == "__main__":
    main()
