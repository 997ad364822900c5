"""Load a model by name, folder, `module:function` or entry of models.toml, from a Python program."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.adapters import ScoredModel, list_foreign_models, open_foreign_model
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.sequence import SequenceModel


def load_model(checkpoint: str | Path, dataset: DataSet) -> SequenceModel | ScoredModel:
    """Load a model for the data it learned from, or other sessions of the same catalogue.

    Parameters
    ----------
    checkpoint : str or Path
        Name of a shipped model or a run, or a checkpoint folder; `streamrec models list` shows the names. Or
        `module:function` or a name in `models.toml`: a model of another library, whose code is run.
    dataset : DataSet

    Returns
    -------
    SequenceModel or ScoredModel
        Ready to evaluate and explain; `ScoredModel` for a model of another library.

    Raises
    ------
    BadInput
        There is no such model.
    Refused
        It learned another catalogue, or its weights are not those of its card.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> load_model("streamrec-transformer", open_data("streamrec")).name
    'streamrec-transformer'
    """
    if is_function(checkpoint):
        return open_foreign_model(str(checkpoint), dataset.catalogue)
    return load_checkpoint(checkpoint, dataset.catalogue)


def is_function(checkpoint: str | Path) -> bool:
    """Whether `module:function` is meant, or a model of the settings file."""
    return not Path(checkpoint).exists() and (":" in str(checkpoint) or checkpoint in list_foreign_models().models)
