"""What counting what came soon after an item buys a trained additive model, beside what noise and the counts alone get.

    python benchmarks/soon_after.py --data FOLDER --run RUN [--plain RUN] [--write]

RUN is a finished run of the recipe `additive` on ratings. Nothing is trained: the run is evaluated as it is, without
its followers, and with the followers of each item given to another, weighed anew; beside it the counts alone as
sequential rules, and, with a run of `plain`, that model with and without the scores of these rules, weighed in the
same way. All weights are of the validation part, the figures of the test part. Prints JSON; with `--write` it goes to
benchmarks/results/soon_after.json, from which `benchmarks/tables.py` makes the table in BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.seeds import over_seeds, paired_difference
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom, SessionModel, WeighsFollowers
from streamrec_core.models.sequential_rules import sequential_rules
from streamrec_core.training.follower_weights import MOST_SESSIONS, Stacking, fit_follower_weights

RESULTS = Path(__file__).parent / "results" / "soon_after.json"
WHOLE, WITHOUT, SHUFFLED = (
    "`additive`",
    "... followers left out",
    "... followers of other items, weighed anew",
)
RULES, PLAIN, BOTH = "the counts alone (sequential rules)", "`plain`", "... with the counts, weighed alike"


class WeighedSum:
    """The scores of a model and of a rule, each times a number."""

    predicts_from: PredictsFrom = "last event"

    def __init__(self, model: SessionModel, rule: SessionModel, numbers: tuple[float, float]) -> None:
        self.name, self.max_events, self.catalogue_size = BOTH, model.max_events, model.catalogue_size
        self._model, self._rule, self._numbers = model, rule, numbers

    def parts(self, batch: Batch) -> list[Tensor]:
        """Scores (B, V) of the model and of the rule."""
        return [self._model.logits(batch), self._rule.logits(batch)]

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V)."""
        model, rule = self.parts(batch)
        return model * self._numbers[0] + rule * self._numbers[1]

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """None that anybody looks at here."""
        return ()


def additive_from(run: Path, dataset: DataSet, weigh: bool) -> WeighsFollowers:
    """The model of a run without its followers or, to be weighed anew, with those of each item given to another."""
    model = load_checkpoint(run / "best", dataset.catalogue)
    assert isinstance(model, WeighsFollowers)
    for weights in model.follower_weights():
        weights.data.zero_()
    if weigh:
        other = torch.from_numpy(np.random.default_rng(0).permutation(model.follower_table.size))
        model.follower_table.columns[:-1] = model.follower_table.columns[other]
        model.follower_table.strength[:-1] = model.follower_table.strength[other]
        fit = fit_follower_weights(model, dataset, split(dataset).validation)
        sys.stderr.write(f"{SHUFFLED}: {fit}\n")
    return model


def weighed_sum(model: SessionModel, rule: SessionModel, dataset: DataSet) -> WeighedSum:
    """A model and a rule, weighed on validation sessions as followers are."""
    validation = split(dataset).validation
    drawn = validation.take(np.arange(min(len(validation), MOST_SESSIONS)))
    numbers = Stacking.of(WeighedSum(model, rule, (1.0, 0.0)).parts, model.max_events, dataset, drawn).fit()
    return WeighedSum(model, rule, (float(numbers[0]), float(numbers[1])))


def main() -> None:
    """Evaluate everything, print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--plain", type=Path, default=None)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not options.data or not options.run:
        print(json.dumps({"skipped": "name a data set with --data and a run with --run; see --help"}))
        return
    dataset = open_data(options.data)
    models: dict[str, Any] = {
        WHOLE: load_checkpoint(options.run / "best", dataset.catalogue),
        WITHOUT: additive_from(options.run, dataset, weigh=False),
        SHUFFLED: additive_from(options.run, dataset, weigh=True),
        RULES: sequential_rules(dataset.log, dataset.catalogue, split(dataset).train),
    }
    if options.plain:
        models[PLAIN] = load_checkpoint(options.plain / "best", dataset.catalogue)
        models[BOTH] = weighed_sum(models[PLAIN], models[RULES], dataset)
    evaluations: dict[str, dict[str, Evaluation]] = {
        name: {part: evaluate(model, dataset, split(dataset), part) for part in ("validation", "test")}
        for name, model in models.items()
    }
    rows = {name: {part: over_seeds([each]) for part, each in parts.items()} for name, parts in evaluations.items()}
    for name, parts in evaluations.items():
        if name != WHOLE:
            pair = [evaluations[WHOLE]["test"]], [parts["test"]]
            rows[name]["more"] = {metric: paired_difference(*pair, metric) for metric in ("hit@10", "ndcg@10")}
    fit = read_card(options.run / "best").follower_fit
    text = json.dumps({"data": dataset.name, "fit": fit and fit.model_dump(), "rows": rows}, indent=2) + "\n"
    sys.stdout.write(text)
    if options.write:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
