"""A small log with an order that can be learned, for training models of other libraries on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, ragged

SESSIONS, ITEMS, LONGEST = 400, 40, 12


def small_log(seed: int = 0) -> DataSet:
    """Sessions that mostly go from item n to item n + 1; ids are no numbers, so that nobody counts on an order."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, LONGEST + 1, SESSIONS)
    items = []
    for length in lengths:
        item = int(rng.integers(ITEMS))
        for _ in range(length):
            items.append(item)
            item = (item + 1) % ITEMS if rng.random() < 0.8 else int(rng.integers(ITEMS))
    ids = tuple(f"t{(row * 7) % ITEMS:02d}" for row in range(ITEMS))
    catalogue = Catalogue(
        ids, tuple(f"Title {item}" for item in ids), np.arange(ITEMS) % 4, ("a", "b", "c", "d"), np.zeros(ITEMS, bool)
    )
    log = EventLog(
        session_ids=tuple(f"s{row:03d}" for row in range(SESSIONS)),
        offsets=ragged(lengths.tolist()),
        items=np.array(items, np.int32),
        engagements=np.zeros(len(items), np.int8),
    )
    return make_dataset(catalogue, log, name="small", kind="log", source="drawn", licence="none needed")


def interactions(dataset: DataSet) -> pd.DataFrame:
    """The log as a table: user_id, item_id, weight, datetime; the last event of each session left out."""
    rows = []
    for number, name in enumerate(dataset.log.session_ids):
        session = dataset.log.session(number).until(-1)
        for at, item in enumerate(session.items.tolist()):
            time = pd.Timestamp("2026-01-01") + pd.Timedelta(minutes=at)
            rows.append((name, dataset.catalogue.item_ids[item], 1.0, time))
    return pd.DataFrame(rows, columns=["user_id", "item_id", "weight", "datetime"])
