"""Cases of a study: what a rater is shown, frozen with its texts and its question, and the search for cases."""

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
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Split
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.arms import ArmEvidence, gather, word_arms
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
"""Sessions examined for each case of the plan, before cases without a text in some arm are taken as well."""
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
    session_id, item_id, title, category : str
        The session, and the recommended item.
    events : tuple of ShownEvent
        The history.
    event_pair : (int, int)
        Positions in `events` of the two events that the question names, the earlier one first; no text names them.
        `asked` in files.
    truth : str
        "earlier" or "later": the event without which the recommended title is less likely.
    probabilities : (float, float)
        Of the recommended title without the earlier and without the later event.
    texts : dict of str to ArmText
        By arm.
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
    """Hash (SHA-256) all that raters are shown and the right answers."""
    body = json.dumps([case.model_dump(by_alias=True) for case in cases], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass
class CaseSearch:
    """Cases gathered so far, and how many sessions were examined for them.

    Attributes
    ----------
    quota : dict of str to int
        Cases to find, by right answer.
    cases : list of StudyCase
    reserve : list of StudyCase
        Cases in which an arm is absent, taken only where others are too few.
    looked_at : int
        Sessions examined.
    worded : dict of str to int
        In how many of them each arm had a text.
    askable : int
        In how many of them two events that no arm names differ enough for a question.
    """

    quota: dict[Prediction, int]
    cases: list[StudyCase] = field(default_factory=list)
    reserve: list[StudyCase] = field(default_factory=list)
    looked_at: int = 0
    worded: dict[str, int] = field(default_factory=dict)
    askable: int = 0

    def need(self, truth: Prediction, with_reserve: bool = False) -> int:
        """Count the cases with this right answer that are still missing.

        Parameters
        ----------
        truth : str
            "earlier" or "later".
        with_reserve : bool
            Count those in reserve as found.

        Returns
        -------
        int
        """
        counted = [*self.cases, *self.reserve] if with_reserve else self.cases
        return self.quota[truth] - sum(case.truth == truth for case in counted)

    @property
    def complete(self) -> bool:
        """Whether all cases are found."""
        return len(self.cases) == sum(self.quota.values())


def find_cases(
    model: SessionModel,
    dataset: DataSet,
    divided: Split,
    plan: StudyPlan,
    report: Callable[[int, int], None] = lambda cases, quota: None,
) -> CaseSearch:
    """Find cases among the test sessions, in random order, half of them with each right answer.

    A session is taken for its first recommendation. The question names two events that no arm's text names. In half of
    the cases the earlier of them is the right answer, so that neither always naming the later event nor any arm's text
    gives it away. Sessions for which every arm has a text come first; only where too few are found does the study take
    cases in which an arm is absent.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split
        Whose test sessions to take.
    plan : StudyPlan
    report : callable
        Called after each session with the number of cases found and of all cases.

    Returns
    -------
    CaseSearch

    Raises
    ------
    BadInput
        Too few sessions fit.
    """
    cases, half = plan.cases, plan.cases // 2
    search = CaseSearch({"earlier": half, "later": cases - half}, worded=dict.fromkeys(plan.arms, 0))
    chance = np.random.default_rng(plan.seed)
    fitting = _histories(dataset, divided, min(plan.longest, model.max_events), chance)
    for evidence in _evidence(model, dataset, fitting, plan.arms):
        if search.complete or search.looked_at >= cases * LOOKED_AT_A_CASE:
            break
        _look_at(evidence, plan.arms, search)
        report(len(search.cases), cases)
    for case in search.reserve:
        if search.need(case.truth) > 0:
            search.cases.append(case)
    if not search.complete:
        worded = ", ".join(f"{arm} had a text for {count:,}" for arm, count in search.worded.items())
        raise BadInput(
            f"found {len(search.cases)} of {cases} cases among {search.looked_at:,} test sessions of {dataset.name} "
            f"with {LEAST_EVENTS} to {plan.longest} events ({worded}; {search.askable:,} had two events that "
            f"no arm names and that differ by {LEAST_GAP} nats); ask for fewer cases, allow longer histories, or "
            "choose fewer arms or another model"
        )
    _check_met(search, plan.arms)
    order = chance.permutation(cases)
    search.cases = [search.cases[index].model_copy(update={"number": number}) for number, index in enumerate(order)]
    return search


def _evidence(
    model: SessionModel, dataset: DataSet, histories: Iterator[Session], arms: Sequence[str]
) -> Iterator[ArmEvidence]:
    """Gather each history's evidence, a few histories at a time."""
    while some := list(islice(histories, AT_ONCE)):
        yield from gather(model, dataset, some, arms)


def _check_met(search: CaseSearch, arms: Sequence[str]) -> None:
    """Refuse a study in which a rater could meet no case of an arm, and so would not count.

    Every rater has one case in `len(arms)` under each arm; so many in which an arm is absent may fall to one person.
    """
    share = len(search.cases) // len(arms)
    for arm in arms:
        absent = [case for case in search.cases if not case.worded(arm)]
        if len(absent) >= share:
            raise BadInput(
                f"the arm {arm!r} has no text for {len(absent)} of {len(search.cases)} cases "
                f"({absent[0].texts[arm].absent}); omit that arm, ask for fewer cases, or choose another model"
            )


def _histories(dataset: DataSet, divided: Split, longest: int, chance: np.random.Generator) -> Iterator[Session]:
    """Iterate over test histories of a fitting length, in random order."""
    ends = divided.test.ends
    fitting = np.flatnonzero((ends >= LEAST_EVENTS) & (ends <= longest))
    for index in chance.permutation(fitting):
        yield dataset.log.session(int(divided.test.sessions[index])).until(int(ends[index]))


def _look_at(evidence: ArmEvidence, arms: Sequence[str], search: CaseSearch) -> None:
    """Word one session under every arm, and add it where it gives a case that is still missing."""
    search.looked_at += 1
    texts = word_arms(evidence, arms)
    for arm, words in texts.items():
        search.worded[arm] += bool(words.text)
    if sum(bool(words.text) for words in texts.values()) < 2:
        return
    candidate = evidence.explanation.candidate.row
    possible = questions(evidence.model, evidence.dataset, evidence.history, candidate, texts.values())
    search.askable += bool(possible)
    complete = all(words.text for words in texts.values())
    for truth in sorted(PREDICTIONS, key=lambda truth: -search.need(truth, with_reserve=not complete)):
        question = next((question for question in possible if question.truth == truth), None)
        if question is not None and search.need(truth, with_reserve=not complete) > 0:
            case = _case(evidence.dataset, evidence.history, candidate, question, texts)
            (search.cases if complete else search.reserve).append(case)
            return


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
        engagement=dataset.catalogue.words.phrases[mark],
    )
