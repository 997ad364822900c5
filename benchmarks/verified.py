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
from streamrec_core.explain.verified import Verified, VerifySettings, verify_examples
from streamrec_core.models.checkpoint import load_checkpoint

Named = tuple[int, ...]
SINGLE = ("latest of the category", "number", "contribution", "last event", "attention", "gradients", "removal")
"""The ways that name one event in every session."""


def latest_of_category(found: Verified, catalogue: Catalogue) -> Named:
    """The rule that knows no model: the latest event of the title's category."""
    categories = catalogue.category_of[found.case.history.items]
    return tuple(np.flatnonzero(categories == catalogue.category_of[found.case.candidate])[-1:].tolist())


def named(found: Verified, catalogue: Catalogue) -> dict[str, Named]:
    """The events that each way names, none where it names nothing."""
    values = found.evidence.values
    ways = {
        "number": "value",
        "contribution": "contribution",
        "attention": "attention",
        "gradients": "integrated_gradients",
        "removal": "removal",
    }
    single = next((one for one in found.confirmed if len(one.reason.positions) == 1), None)
    return {
        "latest of the category": latest_of_category(found, catalogue),
        "last event": (len(found.first_look.history) - 1,),
        **{way: (int(np.argmax(values[name])),) for way, name in ways.items() if name in values},
        "first look": found.first_look.reasons[0].positions if found.first_look.reasons else (),
        "verified event": single.reason.positions if single else (),
        "verified, any size": found.confirmed[0].reason.positions if found.confirmed else (),
    }


def figures(rows: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """Figures of one way from (named events, cause, length) of each session."""
    right = np.array([float(cause in events) for events, cause, _ in rows])
    said = np.array([bool(events) for events, _, _ in rows])
    chance = np.array([len(events) / length for events, _, length in rows])
    return {
        "named": float(said.mean()),
        "right": float(right.mean()),
        "right_interval": interval(right),
        "right_when_named": float(right[said].mean()) if said.any() else None,
        "right_when_named_interval": interval(right[said]) if said.any() else None,
        "by_chance": float(chance[said].mean()) if said.any() else None,
    }


def beside(own: list[tuple[Named, int, int]], other: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """One way minus another, in the sessions in which the first names something."""
    both = [
        (cause in mine, cause in theirs) for (mine, cause, _), (theirs, _, _) in zip(own, other, strict=True) if mine
    ]
    pairs = np.array(both, np.float64).reshape(-1, 2)
    difference = pairs[:, 0] - pairs[:, 1]
    return {
        "sessions": len(pairs),
        "own": float(pairs[:, 0].mean()),
        "other": float(pairs[:, 1].mean()),
        "difference_interval": interval(difference),
    }


def paired(own: list[tuple[Named, int, int]], other: list[tuple[Named, int, int]]) -> dict[str, Any]:
    """One way minus another over all sessions; where nothing is named, that is wrong."""
    pairs = zip(own, other, strict=True)
    difference = np.array([float(cause in mine) - float(cause in theirs) for (mine, cause, _), (theirs, _, _) in pairs])
    return {"difference": float(difference.mean()), "difference_interval": interval(difference)}


def report(found: list[Verified], drawn: Examples, truth: Truth, catalogue: Catalogue) -> dict[str, Any]:
    """Figures of all ways, together and by kind of cause."""
    lengths = [len(one.first_look.history) for one in found]
    # The model sees the last events of a history; a cause before them can be named by nobody.
    causes = [
        int(truth.cause_position[row]) - (int(end) - length)
        for row, end, length in zip(drawn.sessions, drawn.ends, lengths, strict=True)
    ]
    kinds = [truth.cause[row] for row in drawn.sessions]
    said = [named(one, catalogue) for one in found]
    rows = {
        way: [(one[way], cause, length) for one, cause, length in zip(said, causes, lengths, strict=True)]
        for way in said[0]
    }
    of_kind = {kind: [place for place, own in enumerate(kinds) if own == kind] for kind in sorted(set(kinds))}
    return {
        "cores": os.cpu_count(),
        "model": found[0].first_look.model,
        "sessions": len(found),
        "mean_length": float(np.mean(lengths)),
        "causes": dict(Counter(kinds)),
        "ways": {way: figures(of_way) for way, of_way in rows.items()},
        "verified_event_beside": {
            way: beside(rows["verified event"], of_way) for way, of_way in rows.items() if way in SINGLE
        },
        "beside_the_rule": {way: paired(of_way, rows["latest of the category"]) for way, of_way in rows.items()},
        "by_cause": {
            kind: {way: figures([of_way[place] for place in places]) for way, of_way in rows.items()}
            for kind, places in of_kind.items()
        },
        "explanations": shares(found).as_plain(),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/streamrec-transformer"))
    parser.add_argument("--data", default="streamrec")
    parser.add_argument("--part", default="test", choices=["validation", "test"])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    dataset = open_data(chosen.data)
    truth = known_truth(dataset)
    if truth is None:
        sys.exit(f"{dataset.name} has no truth; choose a synthetic preset")
    model = load_checkpoint(chosen.checkpoint, dataset.catalogue)
    part = split(dataset).part(chosen.part)
    caused = part.take(np.flatnonzero(truth.cause_position[part.sessions] >= 0))
    drawn = caused.sample(chosen.sessions, seed=0)
    targets = drawn.targets(dataset.log).tolist()
    settings = anywhere(VerifySettings())
    found: list[Verified] = []
    for start in range(0, len(drawn), AT_ONCE):
        places = np.arange(start, min(start + AT_ONCE, len(drawn)))
        found += verify_examples(model, dataset, drawn.take(places), settings, [targets[place] for place in places])
        sys.stderr.write(f"{len(found)} of {len(drawn)}\n")
    print(json.dumps(report(found, drawn, truth, dataset.catalogue), indent=2))


if __name__ == "__main__":
    main()
