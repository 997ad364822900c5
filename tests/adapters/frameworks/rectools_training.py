"""Train and save what docs/your-model.md starts from: a SASRec of RecTools, and the log it learned from."""

from __future__ import annotations

import torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from rectools_models import SETTINGS
from small_log import interactions, small_log

if __name__ == "__main__":
    torch.manual_seed(1)
    table = interactions(small_log())
    table.to_csv("events.csv", index=False)
    model = SASRecModel(**SETTINGS)
    model.fit(Dataset.construct(table.rename(columns={"user_id": Columns.User, "item_id": Columns.Item})))
    model.save("sasrec.rectools")
