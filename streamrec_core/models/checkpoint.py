"""Checkpoints: a folder of `weights.safetensors` and `card.json`; nothing is ever unpickled."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from streamrec_core.config import checkpoints_folder, data_folder, runs_folder
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.presets import PRESETS
from streamrec_core.data.storage import CATALOGUE_FILE, read_catalogue
from streamrec_core.errors import BadInput, Refused, StreamRecError
from streamrec_core.files import faults_of, file_hash, replacing
from streamrec_core.models.card import ModelCard
from streamrec_core.models.device import choose_device
from streamrec_core.models.known_engagements import match_engagements
from streamrec_core.models.known_items import LEAST_KNOWN, KnownItems, match_items
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.settings import build_model, parse_architecture

CARD_FILE, WEIGHTS_FILE = "card.json", "weights.safetensors"


def save_weights(model: torch.nn.Module, folder: Path) -> str:
    """Write the weights of a model into a folder.

    Parameters
    ----------
    model : torch.nn.Module
    folder : Path
        Made where there is none.

    Returns
    -------
    str
        SHA-256 of the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_tensors({name: value.cpu().contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS_FILE)
    return weights_hash(folder)


def save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write named tensors whole or not at all.

    Parameters
    ----------
    tensors : dict of str to torch.Tensor
    path : Path

    Raises
    ------
    BadInput
        The disk is full or refuses the file.
    """
    with replacing(path) as part:
        try:
            save_file(tensors, part)
        except SafetensorError as error:
            raise BadInput(f"cannot be written: {error}; free some space or choose another folder", path=path) from None


def weights_hash(folder: Path) -> str:
    """SHA-256 of the weights in a checkpoint folder."""
    return file_hash(folder / WEIGHTS_FILE)


def check_weights(folder: Path, card: ModelCard | None = None) -> None:
    """Compare the weights in a checkpoint folder with what its card says.

    Parameters
    ----------
    folder : Path
    card : ModelCard or None
        Read from the folder when None.

    Raises
    ------
    Refused
        They differ, or are missing.
    """
    card = card or ModelCard.read(folder / CARD_FILE)
    digest = weights_hash(folder) if (folder / WEIGHTS_FILE).is_file() else "missing"
    if digest != card.weights_sha256:
        raise Refused(
            f"is not what the card describes (card {card.weights_sha256[:12]}, file {digest[:12]}); "
            "restore it or train again",
            path=folder / WEIGHTS_FILE,
        )


def checkpoint_folder(checkpoint: Path | str) -> Path:
    """The folder of a checkpoint: the path itself, or where the model of that name lies.

    A shipped model is also reached as `checkpoints/NAME`, its path in a checkout, from wherever it is installed.
    """
    path = Path(checkpoint)
    if not (path / CARD_FILE).is_file() and path.parts in ((path.name,), ("checkpoints", path.name)):
        return list_checkpoints().get(path.name, path)
    return path


def read_card(folder: Path | str) -> ModelCard:
    """The card of a checkpoint, by folder or name; raises `BadInput` where there is none or it is damaged."""
    folder = checkpoint_folder(folder)
    if not (folder / CARD_FILE).is_file():
        available = ", ".join(list_checkpoints()) or "none yet"
        raise BadInput(f"is not a checkpoint: it has no {CARD_FILE}; available: {available}", path=folder)
    return ModelCard.read(folder / CARD_FILE)


def load_checkpoint(folder: Path | str, catalogue: Catalogue, device: str | torch.device = "cpu") -> SequenceModel:
    """Load a model for evaluation, ready to share between users.

    Parameters
    ----------
    folder : Path or str
        Folder of a checkpoint, or the name of a shipped model or run.
    catalogue : Catalogue
        Of the data set that the model is opened for. Items are matched by id; those that the model does not know are
        never recommended (see `SequenceModel.item_match`).
    device : str or torch.device
        Name in `DEVICES`; the analyses hand the model its batches there.

    Returns
    -------
    SequenceModel

    Raises
    ------
    BadInput
        The folder is not a checkpoint, its weights do not fit its card, or there is no such device.
    Refused
        The weights differ from the card, or the model knows no item of the catalogue.

    Examples
    --------
    >>> from streamrec_core.data.synthetic.sessions import streamrec_catalogue
    >>> model = load_checkpoint("streamrec-plain", streamrec_catalogue())
    >>> model.name, model.max_events, model.predicts_from
    ('streamrec-plain', 50, 'last event')
    """
    folder = checkpoint_folder(folder)
    card = read_card(folder)
    learned = learned_catalogue(folder, card, catalogue)
    item_match = None if learned is catalogue else _known_items(card, learned, catalogue)
    check_weights(folder, card)
    architecture = parse_architecture(card.model, card.architecture, folder / CARD_FILE)
    model = build_model(architecture, learned.with_words(card.words))
    load_weights(model, folder)
    _open(model, item_match, card, catalogue)
    model.name = card.name
    return model.to(choose_device(device)).eval().requires_grad_(False)


def untrained_model(
    folder: Path | str, catalogue: Catalogue, seed: int = 0, device: str | torch.device = "cpu"
) -> SequenceModel:
    """The model of a checkpoint before it learned anything, with fresh weights.

    Parameters
    ----------
    folder : Path or str
    catalogue : Catalogue
    seed : int
        Decides the weights, whatever the device.
    device : str or torch.device
        Name in `DEVICES`.

    Returns
    -------
    SequenceModel
        Ready for evaluation.

    Raises
    ------
    BadInput
        The folder is not a checkpoint.
    Refused
        The model knows no item of the catalogue.
    """
    folder = checkpoint_folder(folder)
    card = read_card(folder)
    learned = learned_catalogue(folder, card, catalogue)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        architecture = parse_architecture(card.model, card.architecture, str(folder))
        model = build_model(architecture, learned.with_words(card.words))
    item_match = None if learned is catalogue else _known_items(card, learned, catalogue)
    _open(model, item_match, card, catalogue)
    model.name = f"{card.name}, untrained"
    return model.to(choose_device(device)).eval().requires_grad_(False)


def _open(model: SequenceModel, item_match: KnownItems | None, card: ModelCard, catalogue: Catalogue) -> None:
    """Put a model into the order of the items and words of a data set."""
    if item_match is not None:
        model.open_for(item_match)
    engagement_match = match_engagements(card.words, catalogue.words)
    if engagement_match is not None:
        model.open_for_words(engagement_match)


def learned_catalogue(folder: Path, card: ModelCard, catalogue: Catalogue | None = None) -> Catalogue:
    """The catalogue that a model learned: the one at hand, that in its folder, a preset's, or that of its data set.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    card : ModelCard
    catalogue : Catalogue or None
        At hand; returned where its hash is the card's.

    Returns
    -------
    Catalogue

    Raises
    ------
    Refused
        None of them has the hash that the card names.
    """
    learned_hash = card.data.catalogue_hash
    if catalogue is not None and catalogue.hash == learned_hash:
        return catalogue
    for stored in (folder, data_folder() / Path(card.data.name).name):
        if (stored / CATALOGUE_FILE).is_file() and (learned := read_catalogue(stored)).hash == learned_hash:
            return learned
    preset = PRESETS.get(card.data.name)
    if preset is not None and (learned := preset.catalogue()).hash == learned_hash:
        return learned
    size = "" if catalogue is None else f", this one has {len(catalogue):,} items ({catalogue.hash[:12]})"
    raise Refused(
        f"{card.name} learned the catalogue of {card.data.name} ({card.data.items:,} items, {learned_hash[:12]})"
        f"{size}; its folder holds no {CATALOGUE_FILE} of that hash to match items by; "
        "choose the data it was trained on, or train on this data"
    )


def _known_items(card: ModelCard, learned: Catalogue, catalogue: Catalogue) -> KnownItems:
    try:
        return match_items(learned, catalogue)
    except Refused as error:
        raise Refused(
            f"{card.name} learned the catalogue of {card.data.name} ({card.data.items:,} items, "
            f"{card.data.catalogue_hash[:12]}), this one has {len(catalogue):,} items ({catalogue.hash[:12]}): {error}"
            "; choose the data it was trained on, or train on this data"
        ) from None


def load_weights(model: torch.nn.Module, folder: Path) -> None:
    """Fill a model with the weights of a folder.

    Parameters
    ----------
    model : torch.nn.Module
    folder : Path

    Raises
    ------
    BadInput
        They do not fit, or there are none.
    """
    try:
        model.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except (RuntimeError, SafetensorError, OSError) as error:
        message = f"does not fit the model: {str(error).splitlines()[0]}"
        raise BadInput(message, path=folder / WEIGHTS_FILE) from None


def fits(folder: Path, card: ModelCard, catalogue: Catalogue) -> bool:
    """Whether a model can be offered for a data set unasked: it knows at least half of the items.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    card : ModelCard
    catalogue : Catalogue
        Of the data set.

    Returns
    -------
    bool
    """
    if card.data.catalogue_hash == catalogue.hash:
        return True
    try:
        return match_items(learned_catalogue(folder, card), catalogue).share >= LEAST_KNOWN
    except (Refused, BadInput):
        return False


def list_checkpoints() -> dict[str, Path]:
    """Folders of the shipped models and of the best epoch of every run, by name."""
    shipped = {path.parent.name: path.parent for path in sorted(checkpoints_folder().glob(f"[!.]*/{CARD_FILE}"))}
    runs = {path.parent.parent.name: path.parent for path in sorted(runs_folder().glob(f"[!.]*/best/{CARD_FILE}"))}
    return {**shipped, **{name: path for name, path in runs.items() if name not in shipped}}


def damaged_checkpoints() -> dict[str, StreamRecError]:
    """Why a card cannot be read, by name of the model; of the damaged ones only."""
    return faults_of(list_checkpoints(), read_card)


def library_versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "numpy")}}
