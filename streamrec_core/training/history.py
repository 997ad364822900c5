"""The weights that a run kept on its way, so that one can see how its heads formed."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.models.checkpoint import CARD_FILE
from streamrec_core.training.run_folder import RunFolder


def kept_epochs(best: Path) -> dict[int, Path]:
    """Checkpoint folders of the epochs that were kept, by epoch; empty for a checkpoint that belongs to no run.

    Parameters
    ----------
    best : Path
        The `best` folder of a run, as `list_checkpoints` names it.
    """
    run = RunFolder(best.parent)
    if best != run.best or not run.exists():
        return {}
    found = {}
    for card in sorted(run.history.glob(f"epoch-*/{CARD_FILE}")):
        number = card.parent.name.removeprefix("epoch-")
        if number.isdigit():
            found[int(number)] = card.parent
    return found
