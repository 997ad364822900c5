"""Put the best epoch of a finished run into `checkpoints/`, under a name of its own.

python scripts/ship.py RUN_FOLDER NAME [--data PRESET --seeds OTHER_RUN ...]

With `--seeds`, runs that differ in their seed only, the card tells how far the figures that people read differ.

python scripts/ship.py --measure-again

Measures every shipped model against the simple rules on its validation part again, after the rules have changed.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from streamrec_core.config import PROJECT
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import StreamRecError
from streamrec_core.evaluation.baselines import against_baselines
from streamrec_core.explain.parameters import spread_over_seeds
from streamrec_core.files import replacing_folder
from streamrec_core.models.card import ModelCard, OverSeeds
from streamrec_core.models.checkpoint import CARD_FILE, WEIGHTS_FILE, load_checkpoint
from streamrec_core.models.protocol import AdditiveModel

MOST_BYTES = 16 * 1024 * 1024


@with_disk_faults
def ship(run: Path, name: str, checkpoints: Path, spread: OverSeeds | None = None) -> Path:
    """Copy weights and card of the run's best epoch; only a run that was tested can be shipped."""
    card = ModelCard.read(run / "best" / CARD_FILE)
    if "test" not in card.metrics:
        raise SystemExit(f"{run} is not finished: its best epoch has no test figures; resume it first")
    folder = checkpoints / name
    with replacing_folder(folder) as part:
        if folder.is_dir():  # what was measured of an earlier model of this name stays beside it
            shutil.copytree(folder, part, dirs_exist_ok=True)
        shutil.copyfile(run / "best" / WEIGHTS_FILE, part / WEIGHTS_FILE)
        card.model_copy(update={"name": name, "over_seeds": spread}).write(part / CARD_FILE)
        files = [path for path in checkpoints.rglob("*") if path.is_file() and not path.is_relative_to(folder)]
        size = sum(path.stat().st_size for path in files)
        if size > MOST_BYTES:
            raise SystemExit(f"the checkpoints together have {size:,} bytes, more than {MOST_BYTES:,}; take one out")
    return folder


def measure_again(folder: Path) -> ModelCard:
    """Write into the card of a shipped model how it does against the simple rules of today."""
    card = ModelCard.read(folder / CARD_FILE)
    dataset = open_data(card.data.name)
    model = load_checkpoint(folder, dataset.catalogue)
    card = card.model_copy(update={"baselines": against_baselines(model, dataset, split(dataset))})
    card.write(folder / CARD_FILE)
    return card


def main() -> None:
    """Ship one run, or measure what is shipped again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("name", nargs="?")
    parser.add_argument("--measure-again", action="store_true")
    parser.add_argument("--seeds", type=Path, nargs="*", default=[])
    parser.add_argument("--data", default=DEFAULT_PRESET)
    options = parser.parse_args()
    if options.measure_again:
        for path in sorted((PROJECT / "checkpoints").glob(f"*/{CARD_FILE}")):
            print(path.parent.name, measure_again(path.parent).baselines)
        return
    if options.name is None:
        parser.error("name a run folder and the checkpoint that it becomes")
    spread = None
    if options.seeds:
        catalogue = open_data(options.data).catalogue
        models = [load_checkpoint(run / "best", catalogue) for run in (options.run, *options.seeds)]
        spread = spread_over_seeds([model for model in models if isinstance(model, AdditiveModel)])
    try:
        print(ship(options.run, options.name, PROJECT / "checkpoints", spread))
    except StreamRecError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
