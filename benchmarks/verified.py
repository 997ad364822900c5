"""How often is a verified reason the event that caused the target? Against attention alone, where a generator knows.

    python benchmarks/verified.py [--sessions 300] [--checkpoint checkpoints/streamrec-transformer]

Explains what really came next in test sessions of the streamrec preset whose target was caused by one event, and prints
JSON. The truth is read here and by no model, and the title need not be on the list. `attention`, `gradients`, `removal`
name the event with their largest value; `verified event` the largest confirmed reason of a single event, `verified, any
size` the largest confirmed reason, right where the cause is in it. `right` counts all sessions, `right when named`
those in which something is named, `by chance` is what as many random events would reach in those.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.truth import Truth
from streamrec_core.evaluation.ceiling import known_truth
from streamrec_core.evaluation.metrics import interval
from streamrec_core.explain.nulls import AT_ONCE, anywhere
from streamrec_core.explain.shares import shares
from streamrec_core.explain.verified import verify_examples
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.checkpoint import load_checkpoint

Named = tuple[int, ...]
SINGLE = ("latest of the category", "number", "contribution", "last event", "attention", "gradients", "removal")
"""Methods that name one event in every session."""


def latest_of_category(verified: Verified, catalogue: Catalogue) -> Named:
    """The rule that knows no model: the latest event of the title's category."""
    categories = catalogue.category_of[verified.case.history.items]
    return tuple(np.flatnonzero(categories == catalogue.category_of[verified.case.candidate])[-1:].tolist())


def named(verified: Verified, catalogue: Catalogue) -> dict[str, Named]:
    """The events that each method names, none where it names nothing."""
    values = verified.evidence.values
    value_names = {
        "number": "value",
        "contribution": "contribution",
        "attention": "attention",
        "gradients": "integrated_gradients",
        "removal": "removal",
    }
    single = next((checked for checked in verified.confirmed if len(checked.reason.positions) == 1), None)
    return {
        "latest of the category": latest_of_category(verified, catalogue),
        "last event": (len(verified.first_look.history) - 1,),
        **{method: (int(np.argmax(values[name])),) for method, name in value_names.items() if name in values},
        "first look": verified.first_look.reasons[0].positions if verified.first_look.reasons else (),
        "verified event": single.reason.positions if single else (),
        "verified, any size": verified.confirmed[0].reason.positions if verified.confirmed else (),
    }


def figures(rows: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """Figures of one method from (named events, cause, length) of each session."""
    right = np.array([float(cause in events) for events, cause, _ in rows])
    is_named = np.array([bool(events) for events, _, _ in rows])
    chance = np.array([len(events) / length for events, _, length in rows])
    return {
        "named": float(is_named.mean()),
        "right": float(right.mean()),
        "right_interval": interval(right),
        "right_when_named": float(right[is_named].mean()) if is_named.any() else None,
        "right_when_named_interval": interval(right[is_named]) if is_named.any() else None,
        "by_chance": float(chance[is_named].mean()) if is_named.any() else None,
    }


def beside(first: list[tuple[Named, int, int]], second: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """One method minus another, in the sessions in which the first names something."""
    both = [
        (cause in mine, cause in theirs) for (mine, cause, _), (theirs, _, _) in zip(first, second, strict=True) if mine
    ]
    pairs = np.array(both, np.float64).reshape(-1, 2)
    difference = pairs[:, 0] - pairs[:, 1]
    return {
        "sessions": len(pairs),
        "own": float(pairs[:, 0].mean()),
        "other": float(pairs[:, 1].mean()),
        "difference_interval": interval(difference),
    }


def paired(first: list[tuple[Named, int, int]], second: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """One method minus another over all sessions; where nothing is named, that is wrong."""
    pairs = zip(first, second, strict=True)
    difference = np.array([float(cause in mine) - float(cause in theirs) for (mine, cause, _), (theirs, _, _) in pairs])
    return {"difference": float(difference.mean()), "difference_interval": interval(difference)}


def report(explanations: list[Verified], drawn: Examples, truth: Truth, catalogue: Catalogue) -> dict[str, Any]:
    """Figures of all methods, together and by kind of cause."""
    lengths = [len(verified.first_look.history) for verified in explanations]
    # The model sees the last events of a history; a cause before them can be named by nobody.
    causes = [
        int(truth.cause_position[row]) - (int(end) - length)
        for row, end, length in zip(drawn.sessions, drawn.ends, lengths, strict=True)
    ]
    kinds = [truth.cause[row] for row in drawn.sessions]
    named_events = [named(verified, catalogue) for verified in explanations]
    rows = {
        method: [
            (events[method], cause, length) for events, cause, length in zip(named_events, causes, lengths, strict=True)
        ]
        for method in named_events[0]
    }
    of_kind = {
        kind: [number for number, cause_kind in enumerate(kinds) if cause_kind == kind] for kind in sorted(set(kinds))
    }
    return {
        "cores": os.cpu_count(),
        "model": explanations[0].first_look.model,
        "sessions": len(explanations),
        "mean_length": float(np.mean(lengths)),
        "causes": dict(Counter(kinds)),
        "ways": {method: figures(of_method) for method, of_method in rows.items()},
        "verified_event_beside": {
            method: beside(rows["verified event"], of_method) for method, of_method in rows.items() if method in SINGLE
        },
        "beside_the_rule": {
            method: paired(of_method, rows["latest of the category"]) for method, of_method in rows.items()
        },
        "by_cause": {
            kind: {method: figures([of_method[number] for number in numbers]) for method, of_method in rows.items()}
            for kind, numbers in of_kind.items()
        },
        "explanations": shares(explanations).as_plain(),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/streamrec-transformer"))
    parser.add_argument("--data", default="streamrec")
    parser.add_argument("--part", default="test", choices=["validation", "test"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset = open_data(arguments.data)
    truth = known_truth(dataset)
    if truth is None:
        sys.exit(f"{dataset.name} has no truth; choose a synthetic preset")
    model = load_checkpoint(arguments.checkpoint, dataset.catalogue)
    part = split(dataset).part(arguments.part)
    caused = part.take(np.flatnonzero(truth.cause_position[part.sessions] >= 0))
    drawn = caused.sample(arguments.sessions, seed=0)
    targets = drawn.targets(dataset.log).tolist()
    settings = anywhere(VerifySettings())
    verified: list[Verified] = []
    for start in range(0, len(drawn), AT_ONCE):
        rows = np.arange(start, min(start + AT_ONCE, len(drawn)))
        verified += verify_examples(model, dataset, drawn.take(rows), settings, [targets[row] for row in rows])
        sys.stderr.write(f"{len(verified)} of {len(drawn)}\n")
    print(json.dumps(report(verified, drawn, truth, dataset.catalogue), indent=2))


if __name__ == "__main__":
    main()
