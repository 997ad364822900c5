"""Select the model and data of a command: a run, a checkpoint, or the shipped transformer."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.cli.output import aside
from streamrec_core.config import checkpoints_folder, runs_folder
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.presets import open_data
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.baselines import model_warning
from streamrec_core.models.checkpoint import CARD_FILE, checkpoint_folder, load_checkpoint, read_card
from streamrec_core.models.known_items import unknown_note
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.run_folder import RunFolder

SHIPPED = "streamrec-transformer"


def run_folder(path: Path) -> RunFolder:
    """Open a run by folder, or by name in the workspace; raises `BadInput` where there is none."""
    run = RunFolder(path)
    if not run.exists() and len(path.parts) == 1:
        run = RunFolder(runs_folder() / path)
    run.config()
    return run


def open_model(
    run: Path | None, checkpoint: Path | None, data: str | None, device: str = "cpu"
) -> tuple[SessionModel, DataSet, SplitKind | None]:
    """Load a model and its data.

    Parameters
    ----------
    run, checkpoint : Path or None
        One of them; the shipped transformer where both are None.
    data : str or None
        Preset, name or folder; the data that the model was trained on when None.
    device : str
        Name in `DEVICES`.

    Returns
    -------
    (SessionModel, DataSet, SplitKind or None)
        With the split of the run; None for the data set's own.

    Raises
    ------
    BadInput
        Both a run and a checkpoint are given, or one or the device does not exist.
    Refused
        The model knows no item of the data set.
    """
    folder = checkpoint_for(run, checkpoint)
    config = None if run is None else run_folder(run).config()
    dataset = open_data(data or (read_card(folder).data.name if config is None else config.data))
    kind: SplitKind | None = None
    if config is not None and config.reference.events_hash == dataset.card.hashes.get("events"):
        kind = config.split
    model = load_checkpoint(folder, dataset.catalogue, device)
    if warning := model_warning(read_card(folder)):
        aside.print(f"WARNING: {warning}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if note := unknown_note(model.item_match, model.name, dataset.catalogue):
        aside.print(note, markup=False, highlight=False, soft_wrap=True)
    return model, dataset, kind


def warning_field(run: Path | None, checkpoint: Path | None) -> dict[str, str]:
    """The warning of a bad model as a field `model_warning` of JSON; empty where there is none.

    Parameters
    ----------
    run, checkpoint : Path or None
        As for `open_model`.

    Returns
    -------
    dict
    """
    warning = model_warning(read_card(checkpoint_for(run, checkpoint)))
    return {"model_warning": warning} if warning else {}


def checkpoint_for(run: Path | None, checkpoint: Path | None) -> Path:
    """Select a checkpoint folder: the best epoch of a run, a folder, or the shipped transformer.

    Parameters
    ----------
    run, checkpoint : Path or None
        At most one of them.

    Returns
    -------
    Path

    Raises
    ------
    BadInput
        Both are given, or the run does not exist or has no finished epoch.
    """
    if run is not None and checkpoint is not None:
        raise BadInput("give either --run or --checkpoint, not both")
    if run is None:
        return checkpoint_folder(checkpoint or checkpoints_folder() / SHIPPED)
    opened = run_folder(run)
    if not (opened.best / CARD_FILE).is_file():
        raise BadInput(f"run {opened.path} has no finished epoch yet; wait for one, or resume it with --resume")
    return opened.best
