"""Study arms: ways to word why an item was recommended, each a function from the evidence of one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.nouns import in_log_words, in_noun
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.first_look_phrases import NOTHING_QUALIFIED
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import add_counterfactual, verify, verify_many
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.questions import ArmText


@dataclass(frozen=True, eq=False)
class ArmEvidence:
    """What an arm may word: one recommendation after one history, and the model to ask for more.

    Attributes
    ----------
    model : SessionModel
    dataset : DataSet
    history : Session
        All events before the target; a study takes only histories that fit the model's window.
    explanation : Explanation
        Of the first recommendation.
    checked : Verified or None
        Its checks, where they were made for many cases at once; read `verified`, which makes them if need be.
    """

    model: SessionModel
    dataset: DataSet
    history: Session
    explanation: Explanation
    checked: Verified | None = None

    @cached_property
    def verified(self) -> Verified:
        """The explanation with its checks."""
        return self.checked or verify(self.model, self.dataset, self.explanation)


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
    needs : str
        What `word` depends on: nothing, the model's attention, or the checks of `ArmEvidence.verified`.
    """

    label: str
    about: str
    word: Callable[[ArmEvidence], ArmText]
    needs: Literal["nothing", "attention", "checks"] = "nothing"


def generic(case: ArmEvidence) -> ArmText:
    """Word the sentence that explains nothing, the same for every case."""
    return ArmText(text=in_log_words(NOTHING_QUALIFIED, case.dataset.catalogue.words))


def first_look(case: ArmEvidence) -> ArmText:
    """Word what the heads looked at, unchecked; absent where no head follows a pattern that has a name."""
    if not case.explanation.heads:
        return ArmText(absent="the model has no attention heads")
    if not case.explanation.reasons:
        return ArmText(absent="no head has a named type, so the text would equal the generic one")
    events = {position for reason in case.explanation.reasons for position in reason.positions}
    return ArmText(text=case.explanation.sentence, events=tuple(sorted(events)))


def verified(case: ArmEvidence) -> ArmText:
    """Word the reasons that passed every check by removal and replacement or, without any, what is known instead."""
    events = {position for tested in case.verified.named for position in tested.reason.positions}
    return ArmText(text=words(case.verified, case.dataset.catalogue).sentence, events=tuple(sorted(events)))


def counterfactual(case: ArmEvidence) -> ArmText:
    """Word which events would have to be missing for another list; absent where no removal that was tried does it."""
    verified = add_counterfactual(case.model, case.dataset.catalogue, case.verified)
    if verified.counterfactual is None or verified.counterfactual.positions is None:
        return ArmText(
            absent=in_noun("no removal that was tested takes the title off the list", case.dataset.catalogue.words.noun)
        )
    return ArmText(
        text=words(verified, case.dataset.catalogue).counterfactual, events=verified.counterfactual.positions
    )


ARMS: dict[str, Arm] = {
    "generic": Arm("Generic", "The same sentence for every case.", generic),
    "first pass": Arm("First look", "What the attention heads looked at, not checked.", first_look, "attention"),
    "verified": Arm("Verified", "Only reasons confirmed by removing and replacing events.", verified, "checks"),
    "counterfactual": Arm("Counterfactual", "The smallest change that would alter the list.", counterfactual, "checks"),
}


def arms_for(model: SessionModel) -> tuple[str, ...]:
    """List the arms that have a text for this model."""
    return tuple(name for name, arm in ARMS.items() if arm.needs != "attention" or model.attention_probes())


def known_arms(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names as a tuple.

    Raises
    ------
    BadInput
        A name is unknown or repeated, or there is only one.
    """
    strangers = [name for name in names if name not in ARMS]
    if strangers:
        raise BadInput(f"unknown arm {strangers[0]!r}; choose from {', '.join(ARMS)}")
    if len(set(names)) != len(names) or len(names) < 2:
        raise BadInput(
            f"a study compares at least two different arms, not {', '.join(names) or 'none'}; choose two or more"
        )
    return tuple(names)


def gather(
    model: SessionModel, dataset: DataSet, histories: Sequence[Session], names: Sequence[str]
) -> list[ArmEvidence]:
    """Gather what the named arms may word; the checks of all histories run together where an arm needs them.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    histories : sequence of Session
    names : sequence of str
        Of arms.

    Returns
    -------
    list of ArmEvidence
        One a history.
    """
    explained = [explain(model, dataset, history) for history in histories]
    checked: Sequence[Verified | None] = [None] * len(explained)
    if any(ARMS[name].needs == "checks" for name in names):
        checked = verify_many(model, dataset, list(zip(explained, histories, strict=True)))
    parts = zip(histories, explained, checked, strict=True)
    return [ArmEvidence(model, dataset, history, explanation, checks) for history, explanation, checks in parts]


def word_arms(case: ArmEvidence, names: Sequence[str]) -> dict[str, ArmText]:
    """Write the text of each named arm for a case, or why it has none.

    Parameters
    ----------
    case : ArmEvidence
    names : sequence of str
        Of arms.

    Returns
    -------
    dict of str to ArmText
    """
    return {name: ARMS[name].word(case) for name in names}
