"""What is on the table: the chosen data set and model, opened together, or the reason why they cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pages.ui import cached
from pages.ui.error_text import error_text
from pages.ui.url_state import DATA, MODEL, url_value
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.dataset import DataSet, DataSetCard
from streamrec_core.data.presets import PRESETS, list_data
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.replaced import card_note, is_replaced


@dataclass(frozen=True, eq=False)
class Workbench:
    """A data set, and a model for it where there is one.

    Attributes
    ----------
    fitting : tuple of str
        Names of the models that know this data set's catalogue.
    refusal : str
        Why the chosen model cannot be used; empty where it can, or where there is none.
    """

    data_name: str
    dataset: DataSet
    fitting: tuple[str, ...]
    model_name: str | None = None
    card: ModelCard | None = None
    model: SessionModel | None = None
    refusal: str = ""

    @property
    def events_hash(self) -> str:
        """Hash of the data set's events, part of every cache key."""
        return self.dataset.card.hashes["events"] + self.dataset.card.hashes["catalogue"]

    @property
    def weights(self) -> str:
        """Hash of the model's weights, part of every cache key."""
        return self.card.weights_sha256 if self.card is not None else ""

    @property
    def other_events(self) -> bool:
        """Whether the model learned from other events than these."""
        return self.card is not None and self.card.data.events_hash != self.dataset.card.hashes["events"]


def data_names() -> tuple[str, ...]:
    """Data sets that can be chosen; no other name or path is ever opened."""
    return list_data()


def model_folders() -> dict[str, Path]:
    """Models that can be chosen."""
    return list_checkpoints()


def readable_cards() -> dict[str, ModelCard]:
    """Cards by model name; a damaged one is left out here and named when it is chosen."""
    found = {}
    for name, folder in model_folders().items():
        try:
            found[name] = cached.card(folder)
        except StreamRecError:
            continue
    return found


def fitting_models(data: DataSetCard) -> tuple[str, ...]:
    """Names of the models that know this catalogue and can be built: the same events first, then those that add up."""
    hashes, cards = data.hashes, readable_cards()
    known = {name: card for name, card in cards.items() if card.data.catalogue_hash == hashes["catalogue"]}
    names = [name for name, card in known.items() if not is_replaced(card.architecture)]
    order = {
        name: (
            cards[name].data.events_hash != hashes["events"],
            not cards[name].architecture.get("additive"),
            cards[name].model != "transformer",
        )
        for name in names
    }
    return tuple(sorted(names, key=order.__getitem__))


def replaced_notes() -> dict[str, str]:
    """By name, what is said of the models whose recipe is no longer built, with the command that trains another."""
    notes = {name: card_note(name, card) for name, card in readable_cards().items()}
    return {name: note for name, note in notes.items() if note}


def chosen_data() -> str:
    """Name of the data set that this visitor asks for, which need not be here."""
    return url_value(DATA) or DEFAULT_PRESET


def open_dataset(name: str) -> DataSet:
    """A data set that can be chosen; raises `StreamRecError` where there is none of that name or it is damaged."""
    if name not in data_names():
        raise BadInput(f"no data set {name!r} to choose; there are {', '.join(data_names())}")
    return cached.dataset(name, cached.data_stamp(name))


def open_tables(name: str) -> Tables:
    """The same for browsing: nothing but the catalogue comes into memory, however long the log is."""
    if name not in data_names():
        raise BadInput(f"no data set {name!r} to choose; there are {', '.join(data_names())}")
    if name in PRESETS:
        open_dataset(name)  # makes it on first use, and again when its generator has changed
    return cached.tables(name, cached.data_stamp(name))


def current() -> Workbench:
    """The table as this visitor has laid it; raises `StreamRecError` where the data set cannot be opened."""
    return lay(chosen_data(), url_value(MODEL))


def lay(data_name: str, model_name: str | None = None) -> Workbench:
    """Open a data set and a model for it; without a name the first model that fits, if there is one.

    Raises
    ------
    StreamRecError
        The data set cannot be opened. A model that cannot be used is told in `refusal`.
    """
    dataset = open_dataset(data_name)
    fitting = fitting_models(dataset.card)
    bench = Workbench(data_name, dataset, fitting, model_name or next(iter(fitting), None))
    return bench if bench.model_name is None else _with_model(bench, bench.model_name)


def _with_model(bench: Workbench, name: str) -> Workbench:
    folders = model_folders()
    if name not in folders:
        return replace(bench, refusal=f"no model {name!r} to choose; there are {', '.join(folders) or 'none yet'}")
    folder = folders[name]
    try:
        card = cached.card(folder)
        bench = replace(bench, card=card)
        if note := card_note(name, card):
            return replace(bench, refusal=f"{name} was {note}")
        known = bench.dataset.card.hashes["catalogue"]
        stamp = cached.weights_stamp(folder)
        return replace(bench, model=cached.model(card.weights_sha256, stamp, known, folder, bench.dataset))
    except StreamRecError as error:
        return replace(bench, refusal=error_text(error))
