"""Train, evaluate and explain on the processor and on the GPU: equal within tolerance, and how much faster.

    python benchmarks/device.py [--sessions 2000] [--epochs 2] [--explained 20] [--device auto]

For each kind of model, a run of two epochs without dropout starts from the same weights on both devices. The model of
the processor is then evaluated and explained on both. Prints JSON: the largest differences, and seconds. Ends with 1
where a difference is beyond `TOLERANCES`. Without a GPU it says so and ends with 0; `--device cpu` tries the script.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import make
from streamrec_core.data.splits import split
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.explain.verified import verify_examples
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.device import choose_device
from streamrec_core.training.events import EpochDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

KINDS = (("transformer", "additive"), ("transformer", "plain"), ("lstm", "plain"))
TOLERANCES = {"training_loss": 0.02, "hit@10": 0.02, "explanation_nats": 0.01, "other_candidates": 0.05}
"""Largest differences that count as rounding: of losses in nats after two epochs, of Hit@10, of explanations in nats,
and of the share of sessions whose first recommendation differs (equal scores may be ordered either way).
"""


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What an action gives, and its seconds by the clock."""
    began = time.perf_counter()
    result = action()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return result, time.perf_counter() - began


def trained(dataset: DataSet, run: RunFolder, device: torch.device) -> list[float]:
    """Training losses by epoch."""
    events = train(run, dataset, device=device)
    return [event.train_loss for event in events if isinstance(event, EpochDone)]


def numbers(verified: Verified) -> dict[str, np.ndarray[Any, Any]]:
    """Every explanation of a session in nats: contributions, gradients, removal."""
    return {name: values for name, values in verified.evidence.values.items() if name != "attention"}


def compared(
    dataset: DataSet, folder: Path, kind: tuple[str, str], device: torch.device, options: Any
) -> dict[str, Any]:
    """Differences between the two devices, and the seconds of each."""
    model_name, recipe = kind
    overrides = {"epochs": options.epochs, "dropout": 0.0, "patience": 99}
    losses, runs, seconds = {}, {}, {}
    for side, target in (("cpu", torch.device("cpu")), ("gpu", device)):
        runs[side] = RunFolder(folder / f"{model_name}-{recipe}-{side}")
        runs[side].begin(new_run(runs[side].name, dataset, model_name, recipe, overrides))
        losses[side], seconds[f"training_{side}"] = timed(lambda p=side, t=target: trained(dataset, runs[p], t))
    divided = split(dataset)
    examples = divided.test.sample(options.explained, 0)
    metrics, explained = {}, {}
    for side, target in (("cpu", torch.device("cpu")), ("gpu", device)):
        model = load_checkpoint(runs["cpu"].best, dataset.catalogue, target)
        evaluation, seconds[f"evaluation_{side}"] = timed(lambda m=model: evaluate(m, dataset, divided))
        metrics[side] = evaluation.metrics()["hit@10"]
        explained[side], seconds[f"explanation_{side}"] = timed(lambda m=model: verify_examples(m, dataset, examples))
    pairs = list(zip(explained["cpu"], explained["gpu"], strict=True))
    alike = [pair for pair in pairs if pair[0].case.candidate == pair[1].case.candidate]
    gaps = [
        float(np.abs(numbers(first)[name] - numbers(second)[name]).max())
        for first, second in alike
        for name in numbers(first)
    ]
    differences = {
        "training_loss": max(abs(first - second) for first, second in zip(losses["cpu"], losses["gpu"], strict=True)),
        "hit@10": abs(metrics["cpu"] - metrics["gpu"]),
        "explanation_nats": max(gaps, default=0.0),
        "other_candidates": 1 - len(alike) / len(pairs),
    }
    return {"differences": differences, "seconds": {name: round(value, 3) for name, value in seconds.items()}}


def main() -> int:
    """Measure and print; 1 where a difference is beyond its tolerance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--explained", type=int, default=20)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    if device.type == "cpu" and options.device == "auto":
        print(json.dumps({"skipped": "torch sees no GPU on this machine"}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        dataset = make("streamrec", options.sessions, folder=Path(folder) / "data")
        results = {"/".join(kind): compared(dataset, Path(folder), kind, device, options) for kind in KINDS}
    beyond = [
        f"{name}: {measure} {value:.4g}"
        for name, result in results.items()
        for measure, value in result["differences"].items()
        if not value <= TOLERANCES[measure]
    ]
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "none"
    print(json.dumps({**vars(options), "gpu": card, "models": results, "beyond_tolerance": beyond}, indent=2))
    return int(bool(beyond))


if __name__ == "__main__":
    sys.exit(main())
