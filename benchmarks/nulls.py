"""What is "verified" worth? The share of verified explanations beside what noise gets from the same checks.

    python benchmarks/nulls.py [--sessions 200] [--checkpoint checkpoints/streamrec-transformer | --run RUN] [--json]
                               [--data NAME] [--part test] [--seed 0]

Explains the first recommendation of sessions with five events or more, and beside it: random sets of events of the same
sizes as reasons, a random title (drawn by popularity from outside the first 200), the same network with shuffled and
with fresh weights. The rule that a title must be on the list is off in every row. Thresholds are chosen on the
validation part and reported on the test part.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from streamrec_core.cli.models import checkpoint_for, open_model
from streamrec_core.data.splits import split
from streamrec_core.explain.nulls import NULL_ROWS, SHUFFLED_WORDS, NullShares, NullSubject, null_shares
from streamrec_core.models.checkpoint import untrained_model


def tell(shares: NullShares) -> None:
    """Print a line a row, and what they mean."""
    for name, row in shares.rows().items():
        low, high = row.interval
        sys.stdout.write(f"{NULL_ROWS[name]:<32} {row.verified:.3f} [{low:.3f}, {high:.3f}]  n = {row.n}\n")
    sys.stdout.write(f"{SHUFFLED_WORDS}\n")


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--checkpoint", type=Path, default=None)
    parser.add_argument("--run", type=Path, default=None)
    parser.add_argument("--data", default=None)
    parser.add_argument("--part", choices=("train", "validation", "test"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, dataset, kind = open_model(options.run, options.checkpoint, options.data)
    untrained = untrained_model(checkpoint_for(options.run, options.checkpoint), dataset.catalogue, options.seed)
    subject = NullSubject(model, untrained, dataset, split(dataset, kind), options.part, options.seed)
    shares = null_shares(
        subject, options.sessions, None, lambda row, share: print(f"{row}: {share:.0%}", file=sys.stderr)
    )
    if shares is None:
        sys.exit(f"{dataset.name}: no {options.part} session has five events or more; choose another part")
    if options.json:
        print(json.dumps(shares.model_dump(mode="json"), indent=2))
    else:
        tell(shares)


if __name__ == "__main__":
    main()
