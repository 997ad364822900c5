"""Train a model in this process, from a Python program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.defaults import DEFAULT_RECIPE
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.notebook import NotebookResult
from streamrec_core.training import loop
from streamrec_core.training.events import EpochDone, Event, RunDone
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class TrainedModel(NotebookResult):
    """A finished training run.

    Attributes
    ----------
    folder : Path
        The run folder; its name is enough for `load_model` and `--run`.
    model : SequenceModel
        Of the best epoch, ready to evaluate and explain.
    epochs : tuple of EpochDone
        Losses and validation metrics.
    result : RunDone
        Best epoch, why training ended, and its metrics on the test part.
    """

    folder: Path
    model: SequenceModel
    epochs: tuple[EpochDone, ...]
    result: RunDone

    def to_pandas(self) -> pd.DataFrame:
        """One row an epoch: training loss and the validation metrics."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"epoch": epoch.epoch, "train_loss": epoch.train_loss, "best": epoch.best}
                | {name: value for name, value in epoch.metrics.items() if isinstance(value, float)}
                for epoch in self.epochs
            ]
        )

    def summary(self) -> tuple[str, ...]:
        """The best epoch and its accuracy on the test part."""
        best = f"{self.folder.name}: best epoch {self.result.best_epoch}, {self.result.reason}"
        hit = self.result.metrics.get("hit@10")
        return (best,) if hit is None else (best, f"Hit@10 on the test part: {hit:.4f}")


def train(
    dataset: DataSet,
    name: str = "",
    model: str = "transformer",
    recipe: str = DEFAULT_RECIPE,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> TrainedModel:
    """Train a model in this process and load its best epoch.

    Parameters
    ----------
    dataset : DataSet
        One that lies in a folder: opened or imported.
    name : str
        Of the run folder in the workspace; empty names it after data, model, recipe and seed.
    model : str
        transformer or lstm.
    recipe : str
        Architecture and training together: additive, plain or case-study.
    on_event : callable
        Called with every step, epoch and end, for a progress bar.
    **settings
        What differs from the recipe, such as `epochs`, `seed`, `width`; `split` names another split.

    Returns
    -------
    TrainedModel

    Raises
    ------
    BadInput
        A setting is unknown or out of range, the run exists already, or it was stopped before it was done.

    Examples
    --------
    >>> trained = train(open_data("streamrec"), name="mine", epochs=3)  # doctest: +SKIP
    >>> evaluate(trained.model, open_data("streamrec"))  # doctest: +SKIP
    """
    split = settings.pop("split", None)
    run_name = name or f"{dataset.name}-{model}-{recipe}-seed{settings.get('seed', 42)}"
    run = RunFolder(runs_folder() / run_name)
    run.begin(new_run(run_name, dataset, model, recipe, settings, split))
    events = []
    with run.lock():
        for event in loop.train(run, dataset):
            if on_event is not None:
                on_event(event)
            events.append(event)
    result = events[-1]
    if not isinstance(result, RunDone):
        raise BadInput(f"{run_name} was stopped before it was done; resume it with: streamrec runs resume {run_name}")
    epochs = tuple(event for event in events if isinstance(event, EpochDone))
    return TrainedModel(run.path, load_checkpoint(run.best, dataset.catalogue), epochs, result)
