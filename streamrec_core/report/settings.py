"""What a pack measures and on how much; stated in the pack, so that it can be made again."""

from __future__ import annotations

from pydantic import Field

from streamrec_core.attribution.parameter_importance import FEWEST
from streamrec_core.config import Settings
from streamrec_core.defaults import REPORT_EXPLAINED, REPORT_LOOKED_AT, REPORT_SEED, REPORT_WEIGHED


class ReportSettings(Settings):
    """Sizes of the samples, and the cases that are told in full.

    Attributes
    ----------
    sessions
        Ids of the sessions told in full; empty: three are found by a rule.
    weighed
        Test sessions on which the main parameters are weighed.
    looked_at
        Test sessions on which the heads are looked at.
    explained
        Test sessions whose explanations are checked.
    seed
        Draws these samples.
    """

    sessions: tuple[str, ...] = Field((), max_length=20)
    weighed: int = Field(REPORT_WEIGHED, ge=FEWEST, le=20_000)
    looked_at: int = Field(REPORT_LOOKED_AT, ge=1, le=20_000)
    explained: int = Field(REPORT_EXPLAINED, ge=2, le=20_000)
    seed: int = Field(REPORT_SEED, ge=0)
