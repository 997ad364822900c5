"""The package's functions, by subject: importing, training, models, explaining, reporting.

They accept what people have at hand: a session id, item titles, a model's name, a file. `verify`, `evaluate`, `compare`
and `contributions` stand where they are computed.
"""

from __future__ import annotations

from streamrec_core.api.explaining import Events, Recommendations, counterfactual, explain_session, recommend
from streamrec_core.api.importing import LogFormat, import_data
from streamrec_core.api.models import load_model
from streamrec_core.api.reporting import write_report
from streamrec_core.api.training import TrainedModel, train

__all__ = [
    "Events",
    "LogFormat",
    "Recommendations",
    "TrainedModel",
    "counterfactual",
    "explain_session",
    "import_data",
    "load_model",
    "recommend",
    "train",
    "write_report",
]
