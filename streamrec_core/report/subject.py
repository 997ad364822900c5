"""The subject of a report: a model, its data and their split, opened from a checkpoint folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streamrec_core.adapters import ScoredModel, foreign_card
from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, read_report
from streamrec_core.config import checkpoints_folder, foreign_models_folder, runs_folder
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.presets import open_data
from streamrec_core.data.pseudonyms import NO_PSEUDONYMS, Pseudonyms
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.baselines import few_items_note, model_warning
from streamrec_core.explain.shares import CountedShares, read_shares
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.run_folder import RunFolder


@dataclass(frozen=True, eq=False)
class Subject:
    """A model and the data to measure it on.

    Attributes
    ----------
    name : str
        Name of the checkpoint or run.
    words : tuple of str
        Command-line options that select this model and these data.
    faithfulness : FaithfulnessReport or None
    counted : CountedShares or None
        Stored beside the card; None where they are of other weights.
    before : SessionModel or None
        The model that was in use before, where the report compares with it.
    pseudonyms : Pseudonyms
        What stands in the report for session ids.
    keeps_measurements : bool
        Whether there is a folder in which the command `faithfulness` keeps what it measured.
    """

    name: str
    words: tuple[str, ...]
    model: SessionModel
    card: ModelCard
    dataset: DataSet
    divided: Split
    faithfulness: FaithfulnessReport | None
    counted: CountedShares | None = None
    before: SessionModel | None = None
    pseudonyms: Pseudonyms = NO_PSEUDONYMS
    keeps_measurements: bool = True

    @property
    def other_events(self) -> bool:
        """Whether the model was trained on other events."""
        return self.card.data.events_hash != self.dataset.card.hashes["events"]

    @property
    def foreign(self) -> bool:
        """Whether the model comes from another library: what it learned from is not known."""
        return self.card.model == "foreign"

    @property
    def sees_category(self) -> bool:
        """Whether the model reads categories."""
        return bool(self.card.architecture.get("with_category", True))

    @property
    def sees_engagement(self) -> bool:
        """Whether the model reads engagement."""
        return bool(self.card.architecture.get("with_engagement", True))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be known before any figure: a model that a simple rule may equal, a catalogue that is too small."""
        few_items = few_items_note(int((~self.dataset.catalogue.neutral).sum()))
        return tuple(filter(None, (model_warning(self.card), few_items)))


def open_subject(folder: Path, data: str | None = None) -> Subject:
    """Open a checkpoint and its data, split as its run was.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    data : str or None
        Preset, name or folder; the data that the model was trained on when None.

    Returns
    -------
    Subject

    Raises
    ------
    BadInput
        The checkpoint or the data do not exist, or are damaged.
    Refused
        The model was trained on another catalogue.
    """
    card, run = read_card(folder), _run(folder)
    config = None if run is None else run.config()
    dataset = open_data(data or (card.data.name if config is None else config.data), in_full=True)
    kind: SplitKind | None = None
    if config is not None and config.reference.events_hash == dataset.card.hashes["events"]:
        kind = config.split
    report, counted = read_report(folder), read_shares(folder)
    return Subject(
        name=run.path.name if run is not None else folder.name,
        words=("--data", data or dataset.name, *_model_words(folder, run)),
        model=load_checkpoint(folder, dataset.catalogue),
        card=card,
        dataset=dataset,
        divided=split(dataset, kind),
        faithfulness=report if report and report.subject.weights_sha256 == card.weights_sha256 else None,
        counted=counted if counted and counted.weights_sha256 == card.weights_sha256 else None,
    )


def foreign_subject(model: ScoredModel, dataset: DataSet, model_from: str) -> Subject:
    """A model of another library and the data it was opened for, with a card that says what is known of it.

    Parameters
    ----------
    model : ScoredModel
    dataset : DataSet
    model_from : str
        `module:function` that returned it, or its name in the settings file.

    Returns
    -------
    Subject
    """
    card = foreign_card(model, dataset, model_from)
    key = card.weights_sha256, dataset.card.hashes["events"]
    folder = _measurements_of(model_from)
    report, counted = (None, None) if folder is None else (read_report(folder), read_shares(folder))
    return Subject(
        name=model.name,
        words=("--data", dataset.name, "--model-from", model_from),
        model=model,
        card=card,
        dataset=dataset,
        divided=split(dataset),
        faithfulness=report if report and (report.subject.weights_sha256, report.subject.events_hash) == key else None,
        counted=counted if counted and (counted.weights_sha256, counted.events_hash) == key else None,
        keeps_measurements=folder is not None,
    )


def _measurements_of(model_from: str) -> Path | None:
    """Where measurements of a model of another library are kept; None for `module:function`, which has no name."""
    return None if ":" in model_from else foreign_models_folder() / model_from


def _run(folder: Path) -> RunFolder | None:
    """The run whose best epoch a checkpoint is."""
    run = RunFolder(folder.resolve().parent)
    return run if folder.resolve() == run.best.resolve() and run.exists() else None


def _model_words(folder: Path, run: RunFolder | None) -> tuple[str, str]:
    """A run or shipped model by name, so that the command does not depend on the folder it was run in."""
    if run is not None:
        inside = run.path.parent == runs_folder().resolve()
        return ("--run", run.path.name if inside else str(run.path))
    shipped = folder.resolve().parent == checkpoints_folder().resolve()
    return ("--checkpoint", f"checkpoints/{folder.name}" if shipped else str(folder))
