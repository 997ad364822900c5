"""How well does "bring in" put titles on the list, beside random additions and the title's most frequent predecessor?

    python benchmarks/bring_in.py [--sessions 100] [--checkpoint checkpoints/streamrec-transformer | --run RUN]
                                  [--data NAME] [--k 10] [--seed 0]

For each test session three titles that are not on the list: the next one of the log, one of the ranks k + 1 to 50, and
one drawn at random. Validity is the share that an edited history brings among the first k; size and model calls are
means, the size over those that succeed. Each search is run with the 200 titles that it would try, with as many random
ones, and with the first of both alone, added at the end. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.attribution.bring_in import bring_in
from streamrec_core.attribution.bring_in_record import BringInSettings
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.list_rank import recommend_after
from streamrec_core.cli.models import open_model
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.models.protocol import SessionModel

NEAR = 50
RESULTS = Path(__file__).parent / "results" / "bring_in.json"
TITLES = ("next in the log", "near the list", "random")
METHODS = ("search", "search, random titles", "most frequent predecessor", "random title")


def titles_to_bring(
    model: SessionModel, dataset: DataSet, history: Session, following: int, k: int, rng: np.random.Generator
) -> dict[str, int]:
    """A title of each kind that is not on the list and can be; the next one of the log only where it is not listed."""
    order = score_history(model, dataset.catalogue, history, dataset.card.filter_seen).order
    titles = {"near the list": int(rng.choice(order[k:NEAR])), "random": int(rng.choice(order[k:]))}
    return titles | ({"next in the log": following} if following in order[k:] else {})


def measured(
    model: SessionModel, dataset: DataSet, case: Case, pools: tuple[IntArray, IntArray], settings: BringInSettings
) -> dict[str, tuple[bool, int | None, int, int]]:
    """By method: whether it brings the title in, with how many edits, model calls and histories."""
    rows: dict[str, tuple[bool, int | None, int, int]] = {}
    single = settings.model_copy(update={"most_edits": 1})
    for pool, search, first in zip(pools, METHODS[:2], METHODS[2:], strict=True):
        answer = bring_in(model, dataset.catalogue, case, pool, settings)
        rows[search] = (answer.edits is not None, answer.size, answer.calls, answer.tried)
        usable = pool[~np.isin(pool, case.history.items)][:1]
        items = np.append(case.history.items, usable)[-model.max_events :].astype(np.int32)
        marks = np.append(case.history.engagements, 0)[-model.max_events :].astype(np.int8)
        excluded = np.union1d(case.excluded, usable) if len(case.excluded) else case.excluded
        edited = Case(Session("edited", items, marks), case.candidate, excluded)
        rank, _ = recommend_after(model, dataset.catalogue, (edited, (), "drop"), single.k)
        rows[first] = (rank <= single.k, 1 if rank <= single.k else None, 1, 1)
    return rows


def benchmark(
    model: SessionModel, dataset: DataSet, divided: Split, sessions: int, settings: BringInSettings, seed: int
) -> dict[str, Any]:
    """Validity, size and model calls by kind of title and method."""
    rng = np.random.default_rng(seed)
    examples = divided.test.sample(sessions, seed)
    outcomes: dict[tuple[str, str], list[tuple[bool, int | None, int, int]]] = {}
    targets = examples.targets(dataset.log).tolist()
    for number, (history, following) in enumerate(zip(examples.histories(dataset.log), targets, strict=True)):
        for kind, title in titles_to_bring(model, dataset, history, following, settings.k, rng).items():
            pool = addition_pool(dataset, divided.train, title, settings.items)
            others = np.setdiff1d(np.flatnonzero(~dataset.catalogue.neutral), [title])
            random_pool = rng.permutation(others)[: settings.items]
            case = case_of(history, title, model, dataset.card.filter_seen)
            for method, row in measured(model, dataset, case, (pool, random_pool), settings).items():
                outcomes.setdefault((kind, method), []).append(row)
        print(f"{number + 1} of {len(examples)}", end="\r", file=sys.stderr)
    return {kind: {method: summarised(outcomes.get((kind, method), [])) for method in METHODS} for kind in TITLES}


def summarised(rows: list[tuple[bool, int | None, int, int]]) -> dict[str, Any]:
    """Means over titles, validity with its 95 % interval."""
    valid = np.array([row[0] for row in rows], float)
    sizes = [row[1] for row in rows if row[1] is not None]
    return {
        "titles": len(rows),
        "validity": float(valid.mean()) if rows else None,
        "interval": interval(valid),
        "size": float(np.mean(sizes)) if sizes else None,
        "model_calls": float(np.mean([row[2] for row in rows])) if rows else None,
        "histories": float(np.mean([row[3] for row in rows])) if rows else None,
    }


def bring_in_table() -> str:
    """The stored results as the table of BENCHMARKS.md."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))["runs"]
    floors = "search, random titles | predecessor | random title"
    lines = [
        f"| title (number) | search | edits | model calls (histories) | {floors} |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in stored:
        for kind, row in run["titles"].items():
            search, others, predecessor, drawn = (row[method] for method in METHODS)
            low, high = search["interval"]
            cells = (
                f"{run['data']}, {run['model']}, k = {run['k']}: {kind} ({search['titles']})",
                f"{search['validity']:.2f} [{low:.2f}, {high:.2f}]",
                f"{search['size']:.1f}",
                f"{search['model_calls']:.1f} ({search['histories']:,.0f})",
                *(f"{floor['validity']:.2f}" for floor in (others, predecessor, drawn)),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--checkpoint", type=Path, default=None)
    parser.add_argument("--run", type=Path, default=None)
    parser.add_argument("--data", default=None)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, dataset, kind = open_model(options.run, options.checkpoint, options.data)
    settings = BringInSettings(k=options.k)
    measures = benchmark(model, dataset, split(dataset, kind), options.sessions, settings, options.seed)
    subject = {"model": model.name, "data": dataset.name, "k": options.k, "sessions": options.sessions}
    print(json.dumps(subject | {"seed": options.seed, "titles": measures}, indent=2))


if __name__ == "__main__":
    main()
