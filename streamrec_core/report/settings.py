"""Settings of a report: sample sizes, seed and cases; part of the report, so that it can be made again."""

from __future__ import annotations

from pydantic import Field

from streamrec_core.attribution.parameter_importance import FEWEST
from streamrec_core.config import Settings
from streamrec_core.defaults import REPORT_EXPLAINED, REPORT_LOOKED_AT, REPORT_SEED, REPORT_WEIGHED
from streamrec_core.diagnosis.gate.thresholds import Threshold


class ReportSettings(Settings):
    """Sizes of the samples, and the cases to show in full.

    Attributes
    ----------
    sessions
        Ids of the sessions to show in full; empty: three are selected by rules.
    weighed
        Number of test sessions for the importance of the main parameters.
    looked_at
        Number of test sessions for the heads.
    explained
        Number of test sessions whose explanations are checked.
    seed
        Seed of these samples.
    thresholds, thresholds_file
        Limits that are set for the figures, and the name of their file; empty: none.
    against
        The model that was in use before, as it was given; empty: none.
    """

    sessions: tuple[str, ...] = Field((), max_length=20)
    weighed: int = Field(REPORT_WEIGHED, ge=FEWEST, le=20_000)
    looked_at: int = Field(REPORT_LOOKED_AT, ge=1, le=20_000)
    explained: int = Field(REPORT_EXPLAINED, ge=2, le=20_000)
    seed: int = Field(REPORT_SEED, ge=0)
    thresholds: tuple[Threshold, ...] = ()
    thresholds_file: str = Field("", max_length=400)
    against: str = Field("", max_length=400)
