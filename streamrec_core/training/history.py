"""Saved epochs of a run, from which one sees how its attention heads formed."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.models.checkpoint import CARD_FILE
from streamrec_core.training.run_folder import RunFolder


def saved_epochs(best: Path) -> dict[int, Path]:
    """Checkpoint folders of the epochs that were saved, by epoch; empty for a checkpoint that belongs to no run.

    Parameters
    ----------
    best : Path
        The `best` folder of a run, as `list_checkpoints` names it.
    """
    run = RunFolder(best.parent)
    if best != run.best or not run.exists():
        return {}
    folders = {}
    for card in sorted(run.history.glob(f"epoch-*/{CARD_FILE}")):
        number = card.parent.name.removeprefix("epoch-")
        if number.isdigit():
            folders[int(number)] = card.parent
    return folders
