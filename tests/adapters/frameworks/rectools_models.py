"""RecTools: SASRec, BERT4Rec and HSTU trained here, their recommendations and attention beside those of the preset."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import rectools
import torch
from compared import compared, report
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel, SASRecModel
from rectools.models.nn.transformers.hstu import HSTUModel
from small_log import LONGEST, interactions, small_log

from streamrec_core.adapters import from_rectools, open_scorer
from streamrec_core.attribution.attention_weights import predicting_weights
from streamrec_core.data.batches import batch_of

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning.pytorch", "lightning"):
    logging.getLogger(name).setLevel(logging.ERROR)
SETTINGS: dict[str, Any] = {
    "n_blocks": 2,
    "n_heads": 2,
    "n_factors": 32,
    "session_max_len": LONGEST,
    "epochs": 15,
    "batch_size": 64,
    "deterministic": True,
    "verbose": 0,
}


def models() -> list[dict[str, Any]]:
    """Figures of both models."""
    dataset = small_log()
    table = interactions(dataset)
    framework_data = Dataset.construct(table.rename(columns={"user_id": Columns.User, "item_id": Columns.Item}))
    users = list(dataset.log.session_ids)[:100]
    figures = []
    for kind in (SASRecModel, BERT4RecModel, HSTUModel):
        torch.manual_seed(1)
        model = kind(**SETTINGS, **({"relative_time_attention": False} if kind is HSTUModel else {}))
        model.fit(framework_data)
        lists = model.recommend(users, framework_data, k=10, filter_viewed=False)
        by_user = lists.groupby(Columns.User, sort=False)[Columns.Item].apply(list).to_dict()
        figures.append(
            compared(from_rectools(model), dataset, by_user) | {"attention_gap": attention_gap(model, dataset)}
        )
    return figures


def attention_gap(model: Any, dataset: Any) -> float | None:
    """Largest difference to the weights of RecTools' attention modules called with `need_weights`; HSTU has none."""
    opened: Any = open_scorer(from_rectools(model), dataset.catalogue)
    histories = [dataset.log.session(row).until(-1) for row in range(20)]
    shown = predicting_weights(opened, batch_of(histories, len(dataset.catalogue), opened.max_events))
    by_module: list[list[np.ndarray[Any, Any]]] = []
    modules = [module for module in model.torch_model.modules() if isinstance(module, torch.nn.MultiheadAttention)]
    if not modules:
        return None
    forward = torch.nn.MultiheadAttention.forward

    def with_weights(self: Any, *args: Any, **kwargs: Any) -> Any:
        output, weights = forward(self, *args, **{**kwargs, "need_weights": True, "average_attn_weights": False})
        by_module[-1].append(weights.detach().numpy())
        return output, weights

    torch.nn.MultiheadAttention.forward = with_weights
    try:
        for history in histories:
            by_module.append([])
            with torch.no_grad():
                opened.scorer.score([[dataset.catalogue.item_ids[row] for row in history.items]])
    finally:
        torch.nn.MultiheadAttention.forward = forward
    gap = 0.0
    for row, history in enumerate(histories):
        for layer in range(len(modules)):
            tail = opened.layout.special
            stop = by_module[row][layer].shape[-1] - tail
            weights = by_module[row][layer][0, :, -1, stop - len(history) : stop]
            weights = weights / weights.sum(-1, keepdims=True)
            gap = max(gap, float(np.abs(weights - shown[row, layer, :, : len(history)]).max()))
    return gap


if __name__ == "__main__":
    report({"rectools": rectools.__version__, "torch": torch.__version__}, models())
