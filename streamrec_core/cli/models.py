"""Which model and data a command means: a run, a checkpoint, or the shipped transformer."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.config import checkpoints_folder, runs_folder
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.presets import open_data
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import CARD_FILE, checkpoint_folder, load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.run_folder import RunFolder

SHIPPED = "streamrec-transformer"


def run_folder(path: Path) -> RunFolder:
    """A run by folder, or by name in the workspace; raises `BadInput` where there is none."""
    found = RunFolder(path)
    if not found.exists() and len(path.parts) == 1:
        found = RunFolder(runs_folder() / path)
    found.config()
    return found


def chosen_model(
    run: Path | None, checkpoint: Path | None, data: str | None
) -> tuple[SessionModel, DataSet, SplitKind | None]:
    """The model, the data it is asked about, and the split the run was trained on (None: the data set's own).

    Raises
    ------
    BadInput
        Both a run and a checkpoint are named, or one of them is not there.
    Refused
        The model learned another catalogue.
    """
    folder = chosen_folder(run, checkpoint)
    config = None if run is None else run_folder(run).config()
    dataset = open_data(data or (read_card(folder).data.name if config is None else config.data))
    kind: SplitKind | None = None
    if config is not None and config.reference.events_hash == dataset.card.hashes.get("events"):
        kind = config.split
    return load_checkpoint(folder, dataset.catalogue), dataset, kind


def chosen_folder(run: Path | None, checkpoint: Path | None) -> Path:
    """The checkpoint that a command means: the best epoch of a run, a folder, or the shipped transformer.

    Raises
    ------
    BadInput
        Both are named, or the run is not there or has no finished epoch.
    """
    if run is not None and checkpoint is not None:
        raise BadInput("--run and --checkpoint were both given; choose one")
    if run is None:
        return checkpoint_folder(checkpoint or checkpoints_folder() / SHIPPED)
    found = run_folder(run)
    if not (found.best / CARD_FILE).is_file():
        raise BadInput(f"run {found.path} has no finished epoch yet; wait for one, or resume it with --resume")
    return found.best
