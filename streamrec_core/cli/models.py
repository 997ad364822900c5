"""Select the model and data of a command: a run, a checkpoint, or the shipped transformer."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.adapters import ScoredModel, list_foreign_models, open_foreign_model
from streamrec_core.background.engine import Engine
from streamrec_core.cli.output import aside
from streamrec_core.config import CALL_SECONDS, checkpoints_folder, runs_folder
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.presets import open_data
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.baselines import model_warning
from streamrec_core.models.checkpoint import CARD_FILE, checkpoint_folder, load_checkpoint, read_card
from streamrec_core.models.known_engagements import stand_in_note
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
    run: Path | None,
    checkpoint: Path | None,
    data: str | None,
    device: str = "cpu",
    model_from: str | None = None,
) -> tuple[SessionModel, DataSet, SplitKind | None]:
    """Load a model and its data.

    Parameters
    ----------
    run, checkpoint : Path or None
        One of them; the shipped transformer where both are None.
    data : str or None
        Preset, name or folder; the data that the model was trained on when None.
    device : str
        Name in `DEVICES`; a model of another library stays where it is.
    model_from : str or None
        `module:function` that returns a model of another library, or its name in the settings file.

    Returns
    -------
    (SessionModel, DataSet, SplitKind or None)
        With the split of the run; None for the data set's own.

    Raises
    ------
    BadInput
        More than one model is given, one or the device does not exist, or what the function returns cannot be used.
    Refused
        The model knows no item of the data set.
    """
    if model_from is not None:
        return *open_foreign(model_from, data, alone=run is None and checkpoint is None), None
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
    if note := stand_in_note(model.engagement_match, model.name, dataset.log):
        aside.print(note, markup=False, highlight=False, soft_wrap=True)
    return model, dataset, kind


def open_quietly(
    run: Path | None, checkpoint: Path | None, data: str | None, device: str, model_from: str | None
) -> tuple[SessionModel, DataSet]:
    """Open a model and its data again in a worker process, without the notes that the first opening printed.

    Parameters
    ----------
    run, checkpoint, data, device, model_from
        As for `open_model`.

    Returns
    -------
    (SessionModel, DataSet)
    """
    aside.quiet = True
    return open_model(run, checkpoint, data, device, model_from)[:2]


def device_for(engine: Engine, device: str) -> str:
    """Where the models of a command compute: on a Ray cluster, on the processors.

    Parameters
    ----------
    engine : Engine
    device : str
        Name in `DEVICES`, as the user set it.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        A GPU is set, and the engine is Ray.
    """
    if not engine.remote:
        return device
    if device not in ("auto", "cpu"):
        raise BadInput(f"workers of a Ray cluster compute on the processor, not on {device}", fields=["device"])
    return "cpu"


def warning_field(run: Path | None, checkpoint: Path | None, model_from: str | None = None) -> dict[str, str]:
    """The warning of a bad model as a field `model_warning` of JSON; empty where there is none.

    Parameters
    ----------
    run, checkpoint : Path or None
        As for `open_model`.
    model_from : str or None
        As for `open_model`; a model of another library has no card that could warn.

    Returns
    -------
    dict
    """
    if model_from is not None:
        return {}
    warning = model_warning(read_card(checkpoint_for(run, checkpoint)))
    return {"model_warning": warning} if warning else {}


def open_foreign(model_from: str, data: str | None, alone: bool) -> tuple[ScoredModel, DataSet]:
    """Open a model of another library; what it lacks is printed on standard error.

    Parameters
    ----------
    model_from : str
        `module:function` that returns it, or its name in the settings file.
    data : str or None
        Preset, name or folder.
    alone : bool
        Whether no other model is given.

    Returns
    -------
    (ScoredModel, DataSet)

    Raises
    ------
    BadInput
        Another model is given, no data are, or what the function returns cannot be used.
    Refused
        The model knows no item of the data set.
    """
    if not alone:
        raise BadInput("give one of --run, --checkpoint and --model-from")
    if data is None:
        raise BadInput("--model-from needs --data: the log of this model, as imported with `streamrec data import`")
    dataset = open_data(data)
    model = open_foreign_model(model_from, dataset.catalogue, CALL_SECONDS.read())
    for note in (*model.notes, *(f"{model.name}: {lack}." for lack in model.lacks)):
        aside.print(note, markup=False, highlight=False, soft_wrap=True)
    return model, dataset


def open_named(name: str, dataset: DataSet, device: str = "cpu") -> SessionModel:
    """Open a model that a command takes as an argument, for a data set.

    Parameters
    ----------
    name : str
        A checkpoint or run by name or folder; `module:function`, or a name in the settings file, for a model of
        another library.
    dataset : DataSet
    device : str
        Name in `DEVICES`; a model of another library stays where it is.

    Returns
    -------
    SessionModel

    Raises
    ------
    BadInput
        There is no such model, or what the function returns cannot be used.
    Refused
        The model knows no item of the data set.
    """
    path = Path(name)
    if not path.exists() and (":" in name or name in list_foreign_models().models):
        foreign = open_foreign_model(name, dataset.catalogue, CALL_SECONDS.read())
        for note in (*foreign.notes, *(f"{foreign.name}: {lack}." for lack in foreign.lacks)):
            aside.print(note, markup=False, highlight=False, soft_wrap=True)
        return foreign
    folder = RunFolder(path).best if RunFolder(path).exists() else checkpoint_folder(path)
    model = load_checkpoint(folder, dataset.catalogue, device)
    if note := unknown_note(model.item_match, model.name, dataset.catalogue):
        aside.print(note, markup=False, highlight=False, soft_wrap=True)
    return model


def weights_of(model: SessionModel, run: Path | None, checkpoint: Path | None) -> str:
    """What identifies a model in stored files.

    Parameters
    ----------
    model : SessionModel
    run, checkpoint : Path or None
        As for `open_model`.

    Returns
    -------
    str
        SHA-256 of the weights or, for a model of another library, of its scores after some histories.
    """
    if isinstance(model, ScoredModel):
        return model.fingerprint()
    return read_card(checkpoint_for(run, checkpoint)).weights_sha256


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
