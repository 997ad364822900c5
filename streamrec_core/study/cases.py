"""The cases of a study: what a rater is shown, frozen with its texts and its question, and how cases are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from pydantic import ConfigDict, Field

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENT_WORDS
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Split
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.arms import CaseEvidence, gather, word_arms
from streamrec_core.study.plan import StudyPlan
from streamrec_core.study.questions import (
    LEAST_EVENTS,
    LEAST_GAP,
    PREDICTIONS,
    ArmText,
    Prediction,
    Question,
    questions,
)

LOOKED_AT_A_CASE = 25
"""Sessions looked at for each case wanted, before cases that an arm cannot word are taken as well."""
AT_ONCE = 8
"""Sessions explained and checked together."""


class ShownEvent(Settings):
    """One event as a rater reads it; `category` is empty for a neutral item."""

    title: str
    category: str
    engagement: str


class StudyCase(Settings):
    """One task as it was at creation; a later change of code, data or model does not change it.

    Attributes
    ----------
    number : int
        From 0, in no order that means anything.
    event_pair : (int, int)
        Places in `events` of the two events that the question names, the earlier one first; no text names them.
    truth : str
        "earlier" or "later": the event without which the recommended title is less likely.
    probabilities : (float, float)
        Of the recommended title without the earlier and without the later event.
    """

    model_config = ConfigDict(populate_by_name=True)

    number: int
    session_id: str
    item_id: str
    title: str
    category: str
    events: tuple[ShownEvent, ...]
    event_pair: tuple[int, int] = Field(alias="asked")
    truth: Prediction
    probabilities: tuple[float, float]
    texts: dict[str, ArmText]

    def worded(self, arm: str) -> bool:
        """Whether this arm has a text for this case."""
        return bool(self.texts[arm].text)


def cases_hash(cases: Sequence[StudyCase]) -> str:
    """SHA-256 of all that raters are shown and of the answers that are right."""
    body = json.dumps([case.model_dump(by_alias=True) for case in cases], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass
class Found:
    """Cases gathered so far, and how many sessions were looked at for them.

    Attributes
    ----------
    worded : dict of str to int
        Of the sessions looked at, how many each arm could word.
    askable : int
        In how many of them two events that no arm names differ enough to be asked about.
    """

    wanted: dict[Prediction, int]
    taken: list[StudyCase] = field(default_factory=list)
    spare: list[StudyCase] = field(default_factory=list)
    looked_at: int = 0
    worded: dict[str, int] = field(default_factory=dict)
    askable: int = 0

    def need(self, truth: Prediction, spare: bool = False) -> int:
        """How many cases with this answer are still wanted or, for spare ones, are not in store either."""
        kept = [*self.taken, *self.spare] if spare else self.taken
        return self.wanted[truth] - sum(case.truth == truth for case in kept)

    @property
    def complete(self) -> bool:
        """Whether all are found."""
        return len(self.taken) == sum(self.wanted.values())


def find_cases(
    model: SessionModel,
    dataset: DataSet,
    divided: Split,
    plan: StudyPlan,
    report: Callable[[int, int], None] = lambda found, wanted: None,
) -> Found:
    """Find cases among the test sessions, in random order, half of them with each answer to the question.

    A session is taken for its first recommendation. What is asked about are two events that no arm's text names. In
    half of the cases the earlier of them is the right answer, so that neither always naming the later event nor any
    arm's text gives it away. Sessions that every arm can word come first; only where too
    few are found does the study take cases in which an arm is absent.

    Parameters
    ----------
    report : callable
        Told after each session how many cases are found and how many are wanted.

    Raises
    ------
    BadInput
        Too few sessions fit.
    """
    cases, half = plan.cases, plan.cases // 2
    found = Found({"earlier": half, "later": cases - half}, worded=dict.fromkeys(plan.arms, 0))
    chance = np.random.default_rng(plan.seed)
    fitting = _histories(dataset, divided, min(plan.longest, model.max_events), chance)
    for one in _evidence(model, dataset, fitting, plan.arms):
        if found.complete or found.looked_at >= cases * LOOKED_AT_A_CASE:
            break
        _look_at(one, plan.arms, found)
        report(len(found.taken), cases)
    _fill_up(found)
    if not found.complete:
        raise BadInput(
            f"{len(found.taken)} of {cases} cases were found among {found.looked_at:,} test sessions of {dataset.name} "
            f"with {LEAST_EVENTS} to {plan.longest} events ({_worded(found)}; {found.askable:,} had two events that no "
            f"arm names and that differ by {LEAST_GAP} nats); ask for fewer cases, allow longer histories, or choose "
            "fewer arms or a model that words more of them"
        )
    _check_met(found, plan.arms)
    order = chance.permutation(cases)
    found.taken = [found.taken[place].model_copy(update={"number": number}) for number, place in enumerate(order)]
    return found


def _evidence(
    model: SessionModel, dataset: DataSet, histories: Iterator[Session], arms: Sequence[str]
) -> Iterator[CaseEvidence]:
    """Each history's evidence, gathered a few histories at a time."""
    while some := list(islice(histories, AT_ONCE)):
        yield from gather(model, dataset, some, arms)


def _check_met(found: Found, arms: Sequence[str]) -> None:
    """Refuse a study in which a rater could meet no case of an arm, and so would not count.

    Every rater has one case in `len(arms)` under each arm; so many in which an arm is absent may fall to one person.
    """
    share = len(found.taken) // len(arms)
    for arm in arms:
        absent = [case for case in found.taken if not case.worded(arm)]
        if len(absent) >= share:
            raise BadInput(
                f"the arm {arm!r} has no text for {len(absent)} of {len(found.taken)} cases "
                f"({absent[0].texts[arm].absent}); leave that arm out, ask for fewer cases, or choose another model"
            )


def _worded(found: Found) -> str:
    return ", ".join(f"{arm} could word {count:,}" for arm, count in found.worded.items())


def _histories(dataset: DataSet, divided: Split, longest: int, chance: np.random.Generator) -> Iterator[Session]:
    """Test histories of a fitting length, in random order."""
    ends = divided.test.ends
    fitting = np.flatnonzero((ends >= LEAST_EVENTS) & (ends <= longest))
    for place in chance.permutation(fitting):
        yield dataset.log.session(int(divided.test.sessions[place])).until(int(ends[place]))


def _look_at(evidence: CaseEvidence, arms: Sequence[str], found: Found) -> None:
    """Word one session under every arm, and keep it where it gives a case that is still wanted."""
    found.looked_at += 1
    texts = word_arms(evidence, arms)
    for arm, words in texts.items():
        found.worded[arm] += bool(words.text)
    if sum(bool(words.text) for words in texts.values()) < 2:
        return
    candidate = evidence.explanation.candidate.row
    possible = questions(evidence.model, evidence.dataset, evidence.history, candidate, texts.values())
    found.askable += bool(possible)
    complete = all(words.text for words in texts.values())
    for truth in sorted(PREDICTIONS, key=lambda truth: -found.need(truth, spare=not complete)):
        question = next((question for question in possible if question.truth == truth), None)
        if question is not None and found.need(truth, spare=not complete) > 0:
            case = _case(evidence.dataset, evidence.history, candidate, question, texts)
            (found.taken if complete else found.spare).append(case)
            return


def _fill_up(found: Found) -> None:
    """Take cases in which an arm is absent, as far as they are needed."""
    for case in found.spare:
        if found.need(case.truth) > 0:
            found.taken.append(case)


def _case(
    dataset: DataSet, history: Session, candidate: int, question: Question, texts: dict[str, ArmText]
) -> StudyCase:
    catalogue = dataset.catalogue
    return StudyCase(
        number=0,
        session_id=history.session_id,
        item_id=catalogue.item_ids[candidate],
        title=catalogue.titles[candidate],
        category=catalogue.category(candidate),
        events=tuple(
            _shown(dataset, int(row), int(mark)) for row, mark in zip(history.items, history.engagements, strict=True)
        ),
        event_pair=question.positions,
        truth=question.truth,
        probabilities=question.probabilities,
        texts=texts,
    )


def _shown(dataset: DataSet, row: int, mark: int) -> ShownEvent:
    catalogue = dataset.catalogue
    return ShownEvent(
        title=catalogue.titles[row],
        category="" if catalogue.neutral[row] else catalogue.category(row),
        engagement=ENGAGEMENT_WORDS[dataset.card.wording][mark],
    )
