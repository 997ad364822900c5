"""The data set of a run: its hashes, and the check that the run goes on with the same one."""

from __future__ import annotations

from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import Refused
from streamrec_core.models.card import DataReference
from streamrec_core.training.settings import RunConfig


def data_reference(dataset: DataSet) -> DataReference:
    """Name and hashes of a data set, as a card keeps them."""
    return DataReference(
        name=dataset.name,
        catalogue_hash=dataset.catalogue.hash,
        events_hash=dataset.card.hashes.get("events", ""),
        items=len(dataset.catalogue),
        categories=len(dataset.catalogue.content_categories),
    )


def check_same_data(config: RunConfig, dataset: DataSet) -> None:
    """Check that a run goes on with the data that it began with.

    Parameters
    ----------
    config : RunConfig
    dataset : DataSet

    Raises
    ------
    Refused
        The data set is another one.
    """
    reference = data_reference(dataset)
    if (reference.catalogue_hash, reference.events_hash) != (
        config.reference.catalogue_hash,
        config.reference.events_hash,
    ):
        raise Refused(
            f"run {config.name} began with {config.reference.name} (events {config.reference.events_hash[:12]}), this "
            f"is {reference.name} (events {reference.events_hash[:12]}); resume on the same data or start a new run"
        )
