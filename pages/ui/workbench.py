"""Workbench: the data set and model that a visitor chose, opened together, or why the model cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import foreign_models
from pages.ui.error_text import error_text
from pages.ui.nouns import remember_noun
from pages.ui.shared_cache import shared_cache
from pages.ui.url_state import DATA, MODEL, url_value
from streamrec_core.adapters import ScoredModel, list_foreign_models
from streamrec_core.config import data_folder
from streamrec_core.data.browse.tables import Tables, open_tables
from streamrec_core.data.dataset import DataSet, DataSetCard
from streamrec_core.data.presets import PRESETS, list_data, open_data
from streamrec_core.data.storage import dataset_stamp
from streamrec_core.data.verified import Stamps
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import file_stamp
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE as MODEL_CARD_FILE
from streamrec_core.models.checkpoint import WEIGHTS_FILE, fits, list_checkpoints, load_checkpoint, read_card
from streamrec_core.models.known_engagements import stand_in_note
from streamrec_core.models.known_items import unknown_note
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
    def loaded_model(self) -> SessionModel:
        """The model, for what a page draws only where there is one."""
        assert self.model is not None
        return self.model

    @property
    def weights(self) -> str:
        """Hash of the model's weights; empty without a card."""
        return self.card.weights_sha256 if self.card is not None else ""

    @property
    def foreign(self) -> bool:
        """Whether the model comes from another library: what it learned from is not known."""
        return self.card is not None and self.card.model == "foreign"

    @property
    def unknown_items(self) -> str:
        """A sentence on the items that the model does not know, and on engagements that it never saw; else empty."""
        if isinstance(self.model, ScoredModel):
            return " ".join(self.model.notes)
        item_match = getattr(self.model, "item_match", None)
        engagement_match = getattr(self.model, "engagement_match", None)
        notes = (
            unknown_note(item_match, self.model_name or "", self.dataset.catalogue),
            stand_in_note(engagement_match, self.model_name or "", self.dataset.log),
        )
        return " ".join(filter(None, notes))

    @property
    def other_events(self) -> bool:
        """Whether the model was trained on other events than these."""
        return self.card is not None and self.card.data.events_hash != self.dataset.card.hashes["events"]

    @cached_property
    def cache_key(self) -> str:
        """What the results of the model on the data set depend on: both cards, with the hashes that they hold."""
        model = self.card.model_dump_json() if self.card is not None and self.model is not None else ""
        return f"{_data_key(self.dataset)} {model}"


def _data_key(data: DataSet | Tables) -> str:
    return data.card.model_dump_json()


HASH_FUNCS: dict[str | type[Any], Callable[[Any], Any]] = {
    Workbench: lambda bench: bench.cache_key,
    DataSet: _data_key,
    Tables: _data_key,
}
"""Cache keys of the records that cached functions take: another model or data set of the same name has another key."""


def data_names() -> tuple[str, ...]:
    """Data sets that can be chosen; no other name or path is ever opened."""
    return list_data()


def model_folders() -> dict[str, Path]:
    """Models that can be chosen, by name the folder of each and of what was measured of it."""
    return {**foreign_models.folders(), **list_checkpoints()}


def readable_cards() -> dict[str, ModelCard]:
    """Cards of checkpoints by name, without the damaged ones: those are reported when their model is chosen."""
    cards = {}
    for name, folder in list_checkpoints().items():
        try:
            cards[name] = model_card(folder)
        except StreamRecError:
            continue
    return cards


def fitting_models(data: DataSetCard, data_name: str) -> tuple[str, ...]:
    """Names of the models that know this catalogue, or at least half of its items by id, and can be built.

    Those trained on the same events come first, additive models before others, transformers before LSTMs; models of
    other libraries come last.
    """
    cards = {
        name: card
        for name, card in readable_cards().items()
        if not is_replaced(card.architecture)
        and (card.data.catalogue_hash == data.hashes["catalogue"] or _knows(name, card, data_name, data))
    }
    order = {
        name: (
            card.data.events_hash != data.hashes["events"],
            card.data.catalogue_hash != data.hashes["catalogue"],
            not card.architecture.get("additive"),
            card.model != "transformer",
        )
        for name, card in cards.items()
    }
    checkpoints = tuple(sorted(cards, key=order.__getitem__))
    return (*checkpoints, *_fitting_foreign(data_name, wait=not checkpoints))


def _fitting_foreign(data_name: str, wait: bool) -> tuple[str, ...]:
    if not list_foreign_models().models:
        return ()
    return foreign_models.fitting(open_for_browsing(data_name).catalogue, wait)


def _knows(name: str, card: ModelCard, data_name: str, data: DataSetCard) -> bool:
    """Whether a model of another catalogue knows at least half of the items by id."""
    folder = model_folders()[name]
    return _fits(folder, card.data.catalogue_hash, data.hashes["catalogue"], card, data_name)


@st.cache_data(max_entries=1024, show_spinner=False)
def _fits(folder: Path, learned: str, catalogue: str, _card: ModelCard, _data_name: str) -> bool:
    return fits(folder, _card, open_for_browsing(_data_name).catalogue)


def trained_on(bench: Workbench) -> str | None:
    """Name of the data set that the model was trained on, where it can be opened here."""
    name = bench.card.data.name if bench.card is not None else None
    return name if name in data_names() else None


def replaced_notes() -> dict[str, str]:
    """By name, a note on each model whose recipe was replaced, with the command that trains another."""
    notes = {name: card_note(name, card) for name, card in readable_cards().items()}
    return {name: note for name, note in notes.items() if note}


def chosen_data() -> str:
    """Name of the data set in the URL, or of the default one; it need not exist."""
    return url_value(DATA) or DEFAULT_PRESET


def open_dataset(name: str) -> DataSet:
    """A data set that can be chosen; raises `StreamRecError` where there is none of that name or it is damaged."""
    _check_name(name)
    return _dataset(name, _data_stamp(name))


def open_for_browsing(name: str) -> Tables:
    """The same without its log: nothing but the catalogue comes into memory, however long the log is."""
    _check_name(name)
    if name in PRESETS:
        open_dataset(name)  # makes it on first use, and again when its generator has changed
    return _tables(name, _data_stamp(name))


def current_workbench() -> Workbench:
    """The workbench of the URL; raises `StreamRecError` where the data set cannot be opened."""
    bench = open_workbench(chosen_data(), url_value(MODEL))
    remember_noun(bench.dataset.catalogue)
    return bench


def open_workbench(data_name: str, model_name: str | None = None) -> Workbench:
    """Open a data set and a model for it; without a name the first model that fits, if there is one.

    Raises
    ------
    StreamRecError
        The data set cannot be opened. Why a model cannot be used is in `refusal` instead.
    """
    dataset = open_dataset(data_name)
    fitting = fitting_models(dataset.card, data_name)
    bench = Workbench(data_name, dataset, fitting, model_name or next(iter(fitting), None))
    return bench if bench.model_name is None else _with_model(bench, bench.model_name)


def model_card(folder: Path) -> ModelCard:
    """The card of a checkpoint; raises `BadInput` where it is damaged."""
    return _card(folder, file_stamp(folder / MODEL_CARD_FILE))


def weights_stamp(folder: Path) -> tuple[int, ...]:
    """Changes when the weights on disk do, so that a changed file is noticed (and refused) without a restart."""
    return file_stamp(folder / WEIGHTS_FILE)


def _check_name(name: str) -> None:
    if name not in data_names():
        raise BadInput(f"no data set {name!r}; choose one of {', '.join(data_names())}")


def _with_model(bench: Workbench, name: str) -> Workbench:
    folders = model_folders()
    if name not in folders:
        choice = f"choose one of {', '.join(folders)}" if folders else "there are none yet"
        return replace(bench, refusal=f"no model {name!r}; {choice}")
    folder = folders[name]
    try:
        if (foreign := foreign_models.model_of(name)) is not None:
            model, card = foreign_models.open_model(foreign, bench.dataset)
            return replace(bench, model=model, card=card)
        if (fault := foreign_models.fault_of(name)) is not None and name not in list_checkpoints():
            raise fault
        card = model_card(folder)
        bench = replace(bench, card=card)
        if note := card_note(name, card):
            return replace(bench, refusal=f"{name} was {note}")
        return replace(bench, model=_model(folder, card.weights_sha256, weights_stamp(folder), bench.dataset))
    except StreamRecError as error:
        return replace(bench, refusal=error_text(error))


def _data_stamp(name: str) -> Stamps:
    """Changes when the data set of that name is made anew, or a file of it is changed under its card."""
    return dataset_stamp(data_folder() / name)


@shared_cache(max_entries=3, show_spinner="Opening the data set (a preset is generated on first use) …")
def _dataset(name: str, stamp: Stamps) -> DataSet:
    return open_data(name)


@shared_cache(max_entries=4, show_spinner="Opening the data set …")
def _tables(name: str, stamp: Stamps) -> Tables:
    return open_tables(data_folder() / name)


@shared_cache(max_entries=512, show_spinner=False)
def _card(folder: Path, stamp: tuple[int, ...]) -> ModelCard:
    return read_card(folder)


# One copy for all visitors, and for all data sets over the same catalogue with the same engagement words.
@st.cache_resource(
    max_entries=6,
    show_spinner="Loading the model …",
    hash_funcs={DataSet: lambda dataset: (dataset.card.hashes["catalogue"], dataset.card.log_words.model_dump_json())},
)
def _model(folder: Path, weights_sha256: str, stamp: tuple[int, ...], dataset: DataSet) -> SessionModel:
    return load_checkpoint(folder, dataset.catalogue)
