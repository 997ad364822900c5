"""Study plan: an organiser's settings, checked before anything is computed."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput
from streamrec_core.study.arms import ARMS, known_arms
from streamrec_core.study.questions import LEAST_EVENTS


class StudyPlan(Settings):
    """An organiser's settings of a study.

    Attributes
    ----------
    name : str
    arms : tuple of str
    cases : int
        A multiple of the number of arms, so that every rater sees every arm equally often.
    longest : int
        Events that a history may have.
    seed : int
    """

    name: str
    arms: tuple[str, ...] = tuple(ARMS)
    cases: int = Field(default=12, ge=2, le=60)
    longest: int = Field(default=12, ge=LEAST_EVENTS, le=50)
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            known_arms(self.arms)
        except BadInput as error:
            raise ValueError(str(error)) from None
        if self.cases % len(self.arms):
            raise ValueError(
                f"{self.cases} cases cannot be divided evenly among {len(self.arms)} arms; choose a multiple of "
                f"{len(self.arms)}"
            )
        return self
