"""Measure a hand-made log of ten users with RecTools, and write the values that the tests compare ours with.

RecTools pins other versions than this project, so run it in an environment of its own:
`pip install rectools==0.19.0 && python scripts/rectools_golden.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "evaluation" / "rectools_golden.json"
CATEGORIES = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 0, 2]
"""Category of each of thirteen items; the last is never recommended."""
TRAINING = [
    [0, 1, 2],
    [0, 1, 3],
    [0, 0, 4],
    [1, 2, 5],
    [0, 6, 2],
    [0, 1, 7],
    [3, 0, 1],
    [4, 0, 8],
    [1, 1, 0],
    [9, 0, 2],
]
"""What each of ten users took before; the last three items were never taken."""
LISTS = [
    [0, 1, 2, 3],
    [1, 0, 3, 10],
    [2, 5, 8, 11],
    [0, 3, 6, 9],
    [4, 0],
    [10, 11, 4, 1],
    [7, 1, 0, 2],
    [0],
    [5, 1, 2, 0],
    [11, 2, 0, 1],
]
"""What each user is recommended, best first; two lists are short."""
TARGETS = [3, 10, 2, 1, 0, 11, 7, 0, 0, 11]
"""What each user took next."""
K = 4


def golden() -> dict[str, object]:
    """RecTools' values, for all users and for each of them."""
    import pandas as pd
    import rectools
    from rectools import Columns, metrics

    def frame(rows: list[list[int]]) -> pd.DataFrame:
        return pd.DataFrame(
            [(user, item, rank) for user, items in enumerate(rows) for rank, item in enumerate(items, start=1)],
            columns=[Columns.User, Columns.Item, Columns.Rank],
        )

    reco, before, after = frame(LISTS), frame(TRAINING), frame([[target] for target in TARGETS])
    catalogue = list(range(len(CATEGORIES)))
    features = pd.DataFrame({Columns.Item: catalogue, "category": CATEGORIES}).set_index(Columns.Item)
    by_category = metrics.PairwiseHammingDistanceCalculator(features)
    of_user = {
        "diversity": metrics.IntraListDiversity(k=K, distance_calculator=by_category).calc_per_user(reco),
        "novelty": metrics.MeanInvUserFreq(k=K).calc_per_user(reco, before),
        "serendipity": metrics.Serendipity(k=K).calc_per_user(reco, after, before, catalogue),
        "popularity": metrics.AvgRecPopularity(k=K, normalize=True).calc_per_user(reco, before),
    }
    coverage = metrics.CatalogCoverage(k=K, normalize=True).calc(reco, catalogue)
    return {
        "rectools": rectools.__version__,
        "categories": CATEGORIES,
        "training": TRAINING,
        "lists": LISTS,
        "targets": TARGETS,
        "coverage": coverage,
        **{name: [float(values[user]) for user in range(len(LISTS))] for name, values in of_user.items()},
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
