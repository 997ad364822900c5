"""SASRec and eSASRec of RecTools, trained on the training part of a data set's split, the best epoch by validation.

RecTools is imported by the functions that need it: what hands it the log is tested without it.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import ragged
from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import ndcg
from streamrec_core.evaluation.ranking import seen_items, target_ranks

EQUAL = {"n_blocks": 2, "n_heads": 4, "n_factors": 128, "session_max_len": 200}
"""The shape of the project's transformers on long histories."""
LIGR = {"layers": "ligr", "loss": "sampled_softmax", "n_negatives": 256, "use_key_padding_mask": True}
"""What makes a SASRec an eSASRec (arXiv 2508.06450, and the authors' configurations of it)."""
SETTINGS: dict[str, dict[str, Any]] = {
    "sasrec": {**EQUAL, "loss": "softmax", "dropout_rate": 0.2},
    "esasrec": {**EQUAL, **LIGR, "dropout_rate": 0.1},
    # RecTools' defaults; its authors' figures on MovieLens-1M are .306 / .178 (github.com/blondered/bert4rec_repro).
    "sasrec-published": {
        "n_factors": 256,
        "n_heads": 4,
        "session_max_len": 100,
        "loss": "softmax",
        "dropout_rate": 0.2,
    },
    # Their choice for MovieLens-1M, .313 / .177 (github.com/blondered/transformer_benchmark).
    "esasrec-published": {**LIGR, "n_factors": 64, "n_heads": 1, "session_max_len": 200, "dropout_rate": 0.1},
}
"""Arguments of `SASRecModel`, where they are not its defaults: batches of 128, Adam at 0.001."""
VALIDATION_BATCH = 512


def interactions(dataset: DataSet, examples: Examples) -> pd.DataFrame:
    """One row an event that training may read, targets included, in the order of the sessions.

    The time of an event is its position, so that ties keep the order that the data set gives them.
    """
    log, lengths = dataset.log, examples.ends + 1
    offsets = ragged(lengths)
    positions = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    rows = np.repeat(log.offsets[examples.sessions], lengths) + positions
    return pd.DataFrame(
        {
            "user_id": np.array(log.session_ids, dtype=object)[np.repeat(examples.sessions, lengths)],
            "item_id": np.array(dataset.catalogue.item_ids, dtype=object)[log.items[rows]],
            "weight": 1.0,
            "datetime": pd.Timestamp("2000-01-01") + pd.to_timedelta(positions, unit="s"),
        }
    )


@dataclass(frozen=True, eq=False)
class Ranked:
    """Histories and targets of a part as RecTools numbers items, for ranking after every epoch.

    Attributes
    ----------
    inputs : (M, W) int64
        The last W events of each history that the model knows, padded with 0 on the left.
    targets : (M,) int64
        -1 where the model does not know the target.
    seen : two (n,) int64 arrays
        Example and item of each event of a history.
    special : int
        Numbers before those of items.
    """

    inputs: Tensor
    targets: Tensor
    seen: tuple[Tensor, Tensor]
    special: int


def ranked_part(dataset: DataSet, examples: Examples, item_ids: list[str], special: int, width: int) -> Ranked:
    """Number the histories of a part by a model's items: the first of its ids has the number `special`."""
    number = {item: row for row, item in enumerate(item_ids, start=special)}
    numbers = np.array([number.get(item, -1) for item in dataset.catalogue.item_ids])
    histories = examples.histories(dataset.log)
    inputs = torch.zeros(len(examples), width, dtype=torch.int64)
    for row, history in enumerate(histories):
        read = numbers[history.items]
        read = read[read >= 0][-width:]
        if len(read):
            inputs[row, -len(read) :] = torch.from_numpy(read)
    rows, items = seen_items(histories)
    recognised = numbers[items] >= 0
    seen = torch.from_numpy(rows[recognised]), torch.from_numpy(numbers[items][recognised])
    return Ranked(inputs, torch.from_numpy(numbers[examples.targets(dataset.log)]), seen, special)


def mean_ndcg(module: Any, part: Ranked) -> float:
    """NDCG@10 of a part by a torch module of RecTools, whole catalogue, seen items excluded."""
    device = next(module.parameters()).device
    ranks = []
    with torch.inference_mode():
        items = module.item_model.get_all_embeddings()
        for first in range(0, len(part.inputs), VALIDATION_BATCH):
            rows = slice(first, first + VALIDATION_BATCH)
            states = module.encode_sessions({"x": part.inputs[rows].to(device)}, items)[:, -1]  # (B, W, D) -> (B, D)
            scores = module.similarity_module(states, items)
            inside = (part.seen[0] >= first) & (part.seen[0] < first + VALIDATION_BATCH)
            scores[(part.seen[0][inside] - first).to(device), part.seen[1][inside].to(device)] = -math.inf
            scores[:, : part.special] = -math.inf
            targets = part.targets[rows].to(device)
            of_batch = target_ranks(scores, targets.clamp(min=0))
            ranks.append(of_batch.masked_fill(targets.cpu() < 0, scores.shape[1] + 1))
    return float(ndcg(torch.cat(ranks).numpy()).mean())


@dataclass(eq=False)
class Progress:
    """What happened epoch by epoch, and the weights of the best.

    `seconds` are pairs, by the clock and of the processor, of the training alone.
    """

    name: str
    patience: int
    deadline: float
    seconds: list[tuple[float, float]] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    stopped_by: str = "epochs"

    @property
    def best_epoch(self) -> int:
        """The epoch with the highest NDCG@10, from 1."""
        return int(np.argmax(self.validation)) + 1

    def add(self, figure: float, seconds: tuple[float, float], module: Any) -> bool:
        """Take an epoch in; True where training should end."""
        self.validation.append(figure)
        self.seconds.append(seconds)
        epoch = len(self.validation)
        if self.best_epoch == epoch:
            self.weights = {name: weight.detach().cpu().clone() for name, weight in module.state_dict().items()}
        logging.getLogger(__name__).info(
            "%s, epoch %d: validation NDCG@10 %.4f, %.1f s", self.name, epoch, figure, seconds[0]
        )
        if epoch - self.best_epoch >= self.patience:
            self.stopped_by = "patience"
        elif time.monotonic() + seconds[0] > self.deadline:
            self.stopped_by = "time"
        return self.stopped_by != "epochs"


@dataclass(frozen=True)
class Fitting:
    """How long to train, and on what.

    Attributes
    ----------
    epochs, patience : int
        At most so many; so many without a better NDCG@10 end it.
    batches : int or None
        Of each epoch at most.
    deadline : float
        Of `time.monotonic`; no epoch begins that would end later.
    device : str
        cpu or cuda.
    """

    epochs: int
    patience: int
    batches: int | None
    deadline: float
    device: str
    seed: int
    workers: int
    precision: str


def fit(
    name: str, dataset: DataSet, divided: Split, fitting: Fitting, width: int | None = None
) -> tuple[Any, Progress]:
    """Train one of `SETTINGS`, with its best epoch's weights; the model lies on the device."""
    import pytorch_lightning as lightning
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    lightning.seed_everything(fitting.seed, verbose=False)
    settings = settings_of(name, width)
    model = SASRecModel(
        **{key: value for key, value in settings.items() if key != "layers"},
        **_layers(settings.get("layers")),
        epochs=fitting.epochs,
        dataloader_num_workers=fitting.workers,
        recommend_torch_device=fitting.device,
    )
    progress = Progress(name, fitting.patience, fitting.deadline)
    model._trainer = lightning.Trainer(
        accelerator="gpu" if fitting.device == "cuda" else "cpu",
        devices=1,
        max_epochs=fitting.epochs,
        callbacks=[_watcher(progress, dataset, divided.validation)],
        precision=fitting.precision,
        limit_train_batches=fitting.batches,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    model.fit(Dataset.construct(interactions(dataset, divided.train)))
    if not progress.validation:
        raise BadInput(f"{name} did not end an epoch in the time that it had; give more --minutes")
    model.torch_model.load_state_dict(progress.weights)
    model.torch_model.to(fitting.device).eval()  # Lightning puts it back on the processor
    return model, progress


def settings_of(name: str, width: int | None = None) -> dict[str, Any]:
    """Arguments of a model, of another width where one is given."""
    return SETTINGS[name] | ({} if width is None else {"n_factors": width})


def _layers(kind: str | None) -> dict[str, Any]:
    """The class of its blocks."""
    from rectools.models.nn.transformers.ligr import LiGRLayers

    return {"transformer_layers_type": LiGRLayers} if kind == "ligr" else {}


def _watcher(progress: Progress, dataset: DataSet, examples: Examples) -> Any:
    """A callback of Lightning that times epochs, ranks the validation part after each, and ends the training."""
    from pytorch_lightning import Callback

    class Watcher(Callback):
        part: Ranked
        began: tuple[float, float]

        def __deepcopy__(self, memo: dict[int, Any]) -> Watcher:
            return self  # RecTools copies its trainer; the copy must report here

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            preparator = pl_module.data_preparator
            items = [str(item) for item in preparator.get_known_item_ids()]
            self.part = ranked_part(
                dataset, examples, items, preparator.n_item_extra_tokens, preparator.session_max_len
            )

        def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
            self.began = _now()

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            clock, processor = _now()
            seconds = clock - self.began[0], processor - self.began[1]
            pl_module.eval()
            figure = mean_ndcg(pl_module.torch_model, self.part)
            pl_module.train()
            trainer.should_stop = progress.add(figure, seconds, pl_module.torch_model)

    return Watcher()


def _now() -> tuple[float, float]:
    """Seconds of the clock and of this process, with what the GPU still has to do done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.monotonic(), time.process_time()
