"""The arms of a study: ways to word why an item was recommended, each a function from the evidence of one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.wording import NOTHING_QUALIFIED
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class CaseEvidence:
    """What an arm may word: one recommendation after one history, and the model to ask more of.

    Attributes
    ----------
    history : Session
        All events before the target; a study takes only histories that fit the model's window.
    explanation : Explanation
        Of the first recommendation.
    """

    model: SessionModel
    dataset: DataSet
    history: Session
    explanation: Explanation


class ArmText(Settings):
    """The words of one arm for one case or, where it has none, why not; never a stand-in.

    Attributes
    ----------
    text : str
        Empty where the arm cannot word the case.
    absent : str
        Why not; empty where there is a text.
    """

    text: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Arm:
    """One way to explain.

    Attributes
    ----------
    label : str
        Its name for people who read results; raters never see it.
    about : str
        What its text rests on, in one sentence.
    word : callable
        The text for one case.
    """

    label: str
    about: str
    word: Callable[[CaseEvidence], ArmText]


def generic(case: CaseEvidence) -> ArmText:
    """The sentence that says nothing, the same for every case."""
    return ArmText(text=NOTHING_QUALIFIED)


def first_pass(case: CaseEvidence) -> ArmText:
    """What the heads looked at, unchecked; absent where no head followed a pattern that has a name."""
    if not case.explanation.heads:
        return ArmText(absent="the model has no attention to read")
    if not case.explanation.reasons:
        return ArmText(absent="no head followed a pattern that has a name, so it would say the same as generic")
    return ArmText(text=case.explanation.sentence)


ARMS: dict[str, Arm] = {
    "generic": Arm("Generic", "The same sentence for everybody.", generic),
    "first pass": Arm("First pass", "What the attention heads looked at, not checked.", first_pass),
}


def known_arms(names: Sequence[str]) -> tuple[str, ...]:
    """The names as they are; raises `BadInput` for one that is unknown or stands twice, or where there is one alone."""
    strangers = [name for name in names if name not in ARMS]
    if strangers:
        raise BadInput(f"unknown arm {strangers[0]!r}; choose among {', '.join(ARMS)}")
    if len(set(names)) != len(names) or len(names) < 2:
        raise BadInput(f"a study compares at least two different arms, got {', '.join(names) or 'none'}; name two")
    return tuple(names)


def word_arms(case: CaseEvidence, names: Sequence[str]) -> dict[str, ArmText]:
    """The text of each named arm for a case, or why it has none."""
    return {name: ARMS[name].word(case) for name in names}
