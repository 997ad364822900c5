"""The process that measures one model's explanations: reads the request in its folder and writes its state."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from streamrec_core.adapters import foreign_card, list_foreign_models, open_foreign_model
from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings, write_report
from streamrec_core.attribution.faithfulness.study import measure_faithfulness
from streamrec_core.background.task import REQUEST_FILE, STATE_FILE, progress_writer
from streamrec_core.config import foreign_models_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.disk_faults import end_in_words
from streamrec_core.errors import BadInput, StreamRecError, file_name
from streamrec_core.explain.measuring import MeasureRequest, MeasureState
from streamrec_core.explain.nulls import NullSubject
from streamrec_core.explain.shares import SHARES_FILE, count_shares
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint, read_card, untrained_model
from streamrec_core.models.protocol import SessionModel

FIRST_PART = 0.5
"""Share of the time after which faithfulness is measured and explanations are counted."""


def measure(folder: Path) -> MeasureState:
    """Measure what the folder requests; the final state is written and returned."""
    request = MeasureRequest.read(folder / REQUEST_FILE)
    try:
        _measure(request, folder)
        state = MeasureState(stage="done", message=f"{request.sessions} test sessions", share=1.0)
    except StreamRecError as error:
        state = MeasureState(stage="failed", message=error.text(file_name))
    except OSError as error:  # the folder of a shipped model may be read-only
        state = MeasureState(stage="failed", message=f"the report cannot be stored: {error.strerror}")
    state.write(folder / STATE_FILE)
    return state


def _measure(request: MeasureRequest, folder: Path) -> None:
    dataset = open_data(request.data)
    model, untrained, card, path = _opened(request.model, dataset)
    # Of a model that learned from these events, the test part of its own split was not seen.
    same = card.data.events_hash == dataset.card.hashes["events"]
    divided = split(dataset, card.metrics.get("test", {}).get("split_kind") if same else None)
    sessions = min(request.sessions, len(divided.test))
    if sessions < 2:
        raise BadInput("the data set has fewer than two test sessions; nothing can be measured")
    settings = FaithfulnessSettings.parse({"sessions": sessions}, "sessions")
    report = measure_faithfulness(
        model, dataset, divided, settings, progress=progress_writer(folder, _part(0.0))
    ).of_weights(card.weights_sha256)
    subject = NullSubject(model, untrained, dataset, divided)
    counted = count_shares(subject, card.weights_sha256, sessions, progress_writer(folder, _part(FIRST_PART)))
    write_report(report.of_weights(card.weights_sha256), path)
    counted.write(path / SHARES_FILE)


def _opened(name: str, dataset: DataSet) -> tuple[SessionModel, SessionModel | None, ModelCard, Path]:
    """A model by name, the same untrained where it can be made, its card, and the folder for its measurements."""
    foreign = list_foreign_models().models.get(name)
    if foreign is not None:
        model, path = open_foreign_model(name, dataset.catalogue), foreign_models_folder() / name
        path.mkdir(parents=True, exist_ok=True)
        return model, model.control("untrained", seed=0), foreign_card(model, dataset, name), path
    path = list_checkpoints()[name]
    untrained = untrained_model(path, dataset.catalogue)
    return load_checkpoint(path, dataset.catalogue), untrained, read_card(path), path


def _part(start: float) -> Callable[[str, float | None], MeasureState]:
    """Make states of the half of the work that begins at `start`."""
    return lambda activity, share: MeasureState(
        message=activity, share=start + (1 - FIRST_PART) * min(1.0, share or 0.0)
    )


if __name__ == "__main__":
    end_in_words(measure, Path(sys.argv[1]))
