"""RecBole: SASRec, BERT4Rec and GRU4Rec trained here, the scores of its own evaluation beside those of the preset."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import recbole
import torch
from compared import compared, report
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.utils import get_model, get_trainer, init_logger, init_seed
from small_log import LONGEST, small_log

from streamrec_core.adapters import from_recbole
from streamrec_core.data.dataset import DataSet

SETTINGS: dict[str, Any] = {
    "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
    "USER_ID_FIELD": "user_id",
    "ITEM_ID_FIELD": "item_id",
    "TIME_FIELD": "timestamp",
    "MAX_ITEM_LIST_LENGTH": LONGEST,
    "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full", "group_by": "user"},
    "train_neg_sample_args": None,
    "epochs": 15,
    "hidden_size": 32,
    "embedding_size": 32,
    "inner_size": 64,
    "n_layers": 2,
    "n_heads": 2,
    "show_progress": False,
    "state": "ERROR",
    "seed": 1,
    "worker": 0,
}


def written(dataset: DataSet, folder: Path) -> None:
    """The log with its last events, as an atomic file; the test part of RecBole is then that last event."""
    lines = ["user_id:token\titem_id:token\ttimestamp:float"]
    for number, name in enumerate(dataset.log.session_ids):
        items = dataset.log.session(number).items.tolist()
        lines += [f"{name}\t{dataset.catalogue.item_ids[item]}\t{at}" for at, item in enumerate(items)]
    (folder / "small").mkdir()
    (folder / "small" / "small.inter").write_text("\n".join(lines) + "\n")


def own_lists(model: Any, data: Any, test_data: Any) -> dict[str, list[str]]:
    """The ten best items of each user, by RecBole's own batches and prediction."""
    lists = {}
    for interaction, *_ in test_data:
        with torch.no_grad():
            scores = model.full_sort_predict(interaction.to(model.device)).view(len(interaction), -1)[:, 1:]
        for user, best in zip(interaction["user_id"].tolist(), scores.topk(10).indices + 1, strict=True):
            lists[str(data.id2token("user_id", user))] = [str(data.id2token("item_id", item)) for item in best.tolist()]
    return dict(list(lists.items())[:100])


def models() -> list[dict[str, Any]]:
    """Figures of each model."""
    dataset, figures = small_log(), []
    with tempfile.TemporaryDirectory() as folder:
        written(dataset, Path(folder))
        for name in ("SASRec", "BERT4Rec", "GRU4Rec"):
            settings = SETTINGS | {"data_path": folder, "checkpoint_dir": folder}
            config = Config(model=name, dataset="small", config_dict=settings)
            init_seed(1, True)
            init_logger(config)
            data = create_dataset(config)
            train_data, valid_data, test_data = data_preparation(config, data)
            model = get_model(name)(config, train_data.dataset).to(config["device"])
            get_trainer(config["MODEL_TYPE"], name)(config, model).fit(
                train_data, valid_data, saved=False, verbose=False
            )
            model.eval()
            figures.append(compared(from_recbole(model, data), dataset, own_lists(model, data, test_data)))
    return figures


if __name__ == "__main__":
    report({"recbole": recbole.__version__, "torch": torch.__version__}, models())
