"""Adapters: explain a model that exists already, of any library, through a function that scores histories."""

from streamrec_core.adapters.foreign import foreign_card, open_foreign_model
from streamrec_core.adapters.load import load_from
from streamrec_core.adapters.models_file import ForeignModel, ForeignModels, list_foreign_models
from streamrec_core.adapters.opening import open_scorer
from streamrec_core.adapters.presets import (
    TokenIds,
    from_recbole,
    from_rectools,
    from_replay,
    from_torch,
    from_transformers,
)
from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.adapters.scorer import Scorer, ScoringFunction

__all__ = [
    "ForeignModel",
    "ForeignModels",
    "ScoredModel",
    "Scorer",
    "ScoringFunction",
    "TokenIds",
    "foreign_card",
    "from_recbole",
    "from_rectools",
    "from_replay",
    "from_torch",
    "from_transformers",
    "list_foreign_models",
    "load_from",
    "open_foreign_model",
    "open_scorer",
]
