"""Models of other libraries that the settings file names: which fit a data set, and opening one in its worker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.shared_cache import shared_cache
from streamrec_core.adapters import ForeignModel, foreign_card, list_foreign_models
from streamrec_core.adapters.models_file import NAME
from streamrec_core.adapters.scored_model import titleless
from streamrec_core.adapters.worker_model import open_in_worker
from streamrec_core.adapters.worker_process import ModelWorker, workers
from streamrec_core.config import foreign_models_folder, models_file
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import Refused, StreamRecError
from streamrec_core.models.card import ModelCard
from streamrec_core.models.known_items import LEAST_KNOWN, match_items
from streamrec_core.models.protocol import SessionModel

_KEYS: dict[str | type[Any], Callable[[Any], Any]] = {
    DataSet: lambda dataset: (dataset.name, *(dataset.card.hashes[part] for part in ("catalogue", "events"))),
    ForeignModel: repr,
}
_begun: set[ForeignModel] = set()
_begin_lock = threading.Lock()


def folders() -> dict[str, Path]:
    """By name, the folder of the measurements of every model that the settings file names, damaged entries included."""
    listed = list_foreign_models()
    entries = (
        *listed.models,
        *(name for name in listed.damaged if NAME.fullmatch(name) and name != models_file().name),
    )
    return {name: foreign_models_folder() / name for name in entries}


def fault_of(name: str) -> StreamRecError | None:
    """Why an entry of the settings file cannot be used; None where it can, or there is none."""
    return list_foreign_models().damaged.get(name)


def model_of(name: str) -> ForeignModel | None:
    """The model that the settings file names so."""
    return list_foreign_models().models.get(name)


def fitting(catalogue: Catalogue, wait: bool) -> tuple[str, ...]:
    """Names of the models that know at least half of the items of a data set, as far as their workers have started.

    Parameters
    ----------
    catalogue : Catalogue
    wait : bool
        Whether to start those that have not, instead of leaving that to the background.
    """
    models = list_foreign_models().models
    if not models:
        return ()
    if wait:
        with st.spinner("Starting the models of other libraries …"):
            for model in models.values():
                _start(workers.of(model))
    else:
        _start_in_background(list(models.values()))
    return tuple(name for name, model in models.items() if _fits(workers.of(model), catalogue))


def open_model(model: ForeignModel, dataset: DataSet) -> tuple[SessionModel, ModelCard]:
    """A model opened for a data set, and a card that says what is known of it.

    Raises
    ------
    StreamRecError
        It cannot be loaded or used, or knows no item of the data set.
    """
    worker = workers.of(model)
    worker.hello()  # starts it again after a fault, and then it may be another model
    return _opened(model, worker.starts, dataset)


def version_of(name: str) -> str:
    """Changes when the model may be another one: with the settings file, and with every start of its worker."""
    model = model_of(name)
    return f"foreign {name} {'' if model is None else (model.stamp, workers.of(model).starts)}"


@shared_cache(
    max_entries=6,
    show_spinner="Loading the model …",
    hash_funcs=_KEYS,
)
def _opened(model: ForeignModel, starts: int, dataset: DataSet) -> tuple[SessionModel, ModelCard]:
    opened = open_in_worker(model, dataset.catalogue)
    return opened, foreign_card(opened, dataset, model.name)


def _fits(worker: ModelWorker, catalogue: Catalogue) -> bool:
    if worker.last_hello is None or worker.fault:
        return False
    return _knows_half(worker.items_hash, catalogue.hash, worker, catalogue)


@st.cache_data(max_entries=256, show_spinner=False)
def _knows_half(items_hash: str, catalogue_hash: str, _worker: ModelWorker, _catalogue: Catalogue) -> bool:
    assert _worker.last_hello is not None
    try:
        return match_items(titleless(_worker.last_hello.item_ids), _catalogue).share >= LEAST_KNOWN
    except Refused:
        return False


def _start(worker: ModelWorker) -> None:
    """Start a worker for the first time; a fault is shown when its model is chosen."""
    if worker.last_hello is None and not worker.fault:
        try:
            worker.hello()
        except StreamRecError:
            return


def _start_in_background(models: list[ForeignModel]) -> None:
    """Start each worker once, one after another, in a thread."""
    with _begin_lock:
        new = [model for model in models if model not in _begun]
        _begun.update(new)
    if new:
        threading.Thread(target=_start_all, args=(new,), name="foreign-models", daemon=True).start()


def _start_all(models: list[ForeignModel]) -> None:
    for model in models:
        _start(workers.of(model))
