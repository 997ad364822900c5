"""Findings of a model check: the level, a sentence, the figures behind it and a way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.defaults import CHECK_SESSIONS
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["ok", "warning", "fault", "not checked"]


class ModelCheckSettings(Settings):
    """How much is tried, and from when on a figure is a warning or a fault.

    Attributes
    ----------
    sessions
        Test sessions on which accuracy is measured.
    probes
        Test histories whose scores are compared under changes.
    seed
        Of the sample and of every random change.
    tolerance
        Scores agree where none moves by more than this share of the standard deviation of the scores of its history.
    rounding
        Up to this share, a difference is a warning (half precision), beyond it a fault.
    replacements
        Other items that are tried in place of each event.
    unread_share
        A position counts as never read where replacing its event moves no score in at least this share of histories.
    padding_attention
        Share of the attention on padding, MASK and the like from which on it is a warning.
    implausible
        Hit@1 from which on accuracy is implausible, where counting which item follows which reaches much less.
    implausible_gap
        How much less.
    shift_ratio
        Item numbers count as shifted where a neighbour of the target fits at least so many times as well.
    alpha
        Level of the paired t-tests for that, divided by the number of shifts tried, and for accuracy above the ceiling.
    echoes
        Share of lists with the last event first from which on the model seems to repeat it.
    least_targets
        With fewer targets, "not better than popularity" is a warning instead of a fault.
    tied_share
        Share of lists whose tenth title ties with the eleventh from which on it is a warning.
    """

    sessions: int = Field(CHECK_SESSIONS, ge=20)
    probes: int = Field(24, ge=6, le=500)
    seed: int = Field(0, ge=0)
    tolerance: float = Field(1e-4, gt=0)
    rounding: float = Field(1e-2, gt=0)
    replacements: int = Field(2, ge=1, le=20)
    unread_share: float = Field(0.9, gt=0.5, le=1)
    padding_attention: float = Field(0.05, ge=0, le=1)
    implausible: float = Field(0.9, gt=0, le=1)
    implausible_gap: float = Field(0.3, gt=0, le=1)
    shift_ratio: float = Field(2.0, gt=1)
    alpha: float = Field(0.001, gt=0, lt=1)
    echoes: float = Field(0.5, gt=0, le=1)
    least_targets: int = Field(100, ge=2)
    tied_share: float = Field(0.1, ge=0, le=1)


@dataclass(frozen=True, eq=False)
class ModelFinding:
    """What one check says of a model.

    Attributes
    ----------
    check : str
        Name in `CHECKS`.
    level : str
        ok, warning, fault or not checked.
    text : str
        One sentence.
    evidence : dict
        Figures behind it, as plain values.
    way_out : str
        What to do; empty where nothing is wrong.
    """

    check: str
    level: Level
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)
    way_out: str = ""


@dataclass(frozen=True, eq=False)
class ModelCheck(NotebookResult):
    """All findings on a model, in the order of `CHECKS`."""

    model: str
    data: str
    settings: ModelCheckSettings
    findings: tuple[ModelFinding, ...]

    def at(self, level: Level) -> tuple[ModelFinding, ...]:
        """The findings of this level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def finding(self, check: str) -> ModelFinding:
        """The finding of the check with this name."""
        return next(finding for finding in self.findings if finding.check == check)

    def to_pandas(self) -> pd.DataFrame:
        """One row a check: its name, level, sentence and way out."""
        import pandas as pd

        names = ("check", "level", "text", "way_out")
        return pd.DataFrame({name: [getattr(finding, name) for finding in self.findings] for name in names})

    def summary(self) -> tuple[str, ...]:
        """How many faults and warnings there are."""
        counts = [(len(self.at("fault")), "fault"), (len(self.at("warning")), "warning")]
        words = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
        skipped = len(self.at("not checked"))
        return (f"{self.model} on {self.data}: {words}" + (f", {skipped} not checked" if skipped else ""),)
