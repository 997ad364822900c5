"""Open a model of another library by `module:function` or by its name in the settings file, and make its card."""

from __future__ import annotations

from streamrec_core.adapters.load import load_from
from streamrec_core.adapters.models_file import list_foreign_models
from streamrec_core.adapters.opening import open_scorer
from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.adapters.worker_model import WorkerModel, open_in_worker
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.models.card import DataReference, ModelCard
from streamrec_core.models.checkpoint import library_versions


def open_foreign_model(model_from: str, catalogue: Catalogue, time_limit: float | None = None) -> ScoredModel:
    """Open a model of another library, whose code is run: here, or in a worker process.

    Parameters
    ----------
    model_from : str
        `module:function`, which is loaded into this program, or a name in the settings file.
    catalogue : Catalogue
        Of the data set.
    time_limit : float or None
        Seconds that one call of a function in this program may take.

    Returns
    -------
    ScoredModel

    Raises
    ------
    BadInput
        There is no such model, or it cannot be used; the message names what its function did.
    Refused
        It knows no item of the catalogue.
    """
    if ":" in model_from:
        return open_scorer(load_from(model_from), catalogue, time_limit)
    listed = list_foreign_models()
    if model_from in listed.models:
        return open_in_worker(listed.models[model_from], catalogue)
    if model_from in listed.damaged:
        raise listed.damaged[model_from]
    names = f", or a model of the settings file: {', '.join(listed.models)}" if listed.models else ""
    raise BadInput(f"{model_from!r} is not module:function; write for example my_model:load{names}")


def foreign_card(model: ScoredModel, dataset: DataSet, model_from: str) -> ModelCard:
    """A card that says what is known of a model of another library.

    Parameters
    ----------
    model : ScoredModel
    dataset : DataSet
        That it was opened for.
    model_from : str
        As for `open_foreign_model`.

    Returns
    -------
    ModelCard
        Its data are those of the data set: what it learned from is not known. Its hash is the model's fingerprint.
    """
    if isinstance(model, WorkerModel):
        model_from = model.scorer.worker.model.settings.model_from
    return ModelCard(
        name=model.name,
        model="foreign",
        recipe=model_from,
        architecture={"with_category": False, "with_engagement": False},
        data=DataReference(
            name=dataset.name,
            catalogue_hash=dataset.catalogue.hash,
            events_hash=dataset.card.hashes["events"],
            items=len(dataset.catalogue),
            categories=len(dataset.catalogue.categories),
        ),
        training={},
        metrics={},
        parameters=model.parameter_count,
        versions=library_versions(),
        weights_sha256=model.fingerprint(),
        epoch=0,
    )
