"""The cases of a study: what a rater is shown, frozen with its texts and its question, and how cases are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENT_WORDS
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Split
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain
from streamrec_core.models.protocol import SessionModel
from streamrec_core.study.arms import ArmText, CaseEvidence, word_arms
from streamrec_core.study.plan import StudyPlan
from streamrec_core.study.questions import LEAST_EVENTS, Removal, removals

Prediction = Literal["stays", "goes"]
PREDICTIONS: tuple[Prediction, ...] = ("stays", "goes")
LOOKED_AT_A_CASE = 25
"""Sessions looked at for each case wanted, before cases that an arm cannot word are taken as well."""


class ShownEvent(Settings):
    """One event as a rater reads it; `category` is empty for a neutral item."""

    title: str
    category: str
    engagement: str


class Case(Settings):
    """One task as it was at creation; a later change of code, data or model does not change it.

    Attributes
    ----------
    number : int
        From 0, in no order that means anything.
    removed : int
        Place in `events` of the event that the question takes away.
    truth : str
        "stays" where the model's first recommendation is the same without that event, else "goes".
    rank_after : int
        Rank of the recommendation without that event.
    first_after : str
        Title of the first recommendation without that event.
    """

    number: int
    session_id: str
    item_id: str
    title: str
    category: str
    events: tuple[ShownEvent, ...]
    removed: int
    truth: Prediction
    rank_after: int
    first_after: str
    texts: dict[str, ArmText]

    def worded(self, arm: str) -> bool:
        """Whether this arm has a text for this case."""
        return bool(self.texts[arm].text)


def cases_hash(cases: Sequence[Case]) -> str:
    """SHA-256 of all that raters are shown and of the answers that are right."""
    body = json.dumps([case.model_dump() for case in cases], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass
class Found:
    """Cases gathered so far, and how many sessions were looked at for them.

    Attributes
    ----------
    worded : dict of str to int
        Of the sessions looked at, how many each arm could word.
    """

    wanted: dict[Prediction, int]
    taken: list[Case] = field(default_factory=list)
    spare: list[Case] = field(default_factory=list)
    looked_at: int = 0
    worded: dict[str, int] = field(default_factory=dict)

    def need(self, truth: Prediction) -> int:
        """How many cases with this answer are still wanted."""
        return self.wanted[truth] - sum(case.truth == truth for case in self.taken)

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

    A session is taken for its first recommendation. Sessions that every arm can word come first; only where too
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
    cases, goes = plan.cases, plan.cases // 2
    found = Found({"goes": goes, "stays": cases - goes}, worded=dict.fromkeys(plan.arms, 0))
    chance = np.random.default_rng(plan.seed)
    for history in _histories(dataset, divided, min(plan.longest, model.max_events), chance):
        if found.complete or found.looked_at >= cases * LOOKED_AT_A_CASE:
            break
        _look_at(history, model, dataset, plan.arms, found, chance)
        report(len(found.taken), cases)
    _fill_up(found)
    if not found.complete:
        raise BadInput(
            f"{len(found.taken)} of {cases} cases were found among {found.looked_at:,} test sessions of {dataset.name} "
            f"with {LEAST_EVENTS} to {plan.longest} events ({_worded(found)}); ask for fewer cases, allow longer "
            "histories, or choose arms or a model that word more of them"
        )
    order = chance.permutation(cases)
    found.taken = [found.taken[place].model_copy(update={"number": number}) for number, place in enumerate(order)]
    return found


def _worded(found: Found) -> str:
    return ", ".join(f"{arm} could word {count:,}" for arm, count in found.worded.items())


def _histories(dataset: DataSet, divided: Split, longest: int, chance: np.random.Generator) -> Iterator[Session]:
    """Test histories of a fitting length, in random order."""
    ends = divided.test.ends
    fitting = np.flatnonzero((ends >= LEAST_EVENTS) & (ends <= longest))
    for place in chance.permutation(fitting):
        session = dataset.log.session(int(divided.test.sessions[place]))
        end = int(ends[place])
        yield Session(session.session_id, session.items[:end], session.engagements[:end])


def _look_at(
    history: Session,
    model: SessionModel,
    dataset: DataSet,
    arms: Sequence[str],
    found: Found,
    chance: np.random.Generator,
) -> None:
    """Word one session under every arm, and keep it where it gives a case that is still wanted."""
    found.looked_at += 1
    explanation = explain(model, dataset, history)
    texts = word_arms(CaseEvidence(model, dataset, history, explanation), arms)
    for arm, words in texts.items():
        found.worded[arm] += bool(words.text)
    complete = all(words.text for words in texts.values())
    enough_spare = len(found.spare) >= sum(found.wanted.values())
    if sum(bool(words.text) for words in texts.values()) < 2 or (not complete and enough_spare):
        return
    tried = removals(model, dataset, history, explanation.candidate.row)
    asked = _question(tried, found, chance)
    if asked is None:
        return
    case = _case(dataset, history, explanation.candidate.row, asked, texts)
    (found.taken if complete else found.spare).append(case)


def _question(tried: Sequence[Removal], found: Found, chance: np.random.Generator) -> Removal | None:
    """The removal to ask about: the strongest one that moves the recommendation, or any that does not."""
    wanted = sorted(PREDICTIONS, key=lambda truth: -found.need(truth))
    for truth in wanted:
        fitting = [removal for removal in tried if removal.stays == (truth == "stays")]
        if found.need(truth) <= 0 or not fitting:
            continue
        if truth == "goes":
            return max(fitting, key=lambda removal: removal.rank)
        return fitting[int(chance.integers(len(fitting)))]
    return None


def _fill_up(found: Found) -> None:
    """Take cases in which an arm is absent, as far as they are needed."""
    for case in found.spare:
        if found.need(case.truth) > 0:
            found.taken.append(case)


def _case(dataset: DataSet, history: Session, candidate: int, asked: Removal, texts: dict[str, ArmText]) -> Case:
    catalogue = dataset.catalogue
    return Case(
        number=0,
        session_id=history.session_id,
        item_id=catalogue.item_ids[candidate],
        title=catalogue.titles[candidate],
        category=catalogue.category(candidate),
        events=tuple(
            _shown(dataset, int(row), int(mark)) for row, mark in zip(history.items, history.engagements, strict=True)
        ),
        removed=asked.position,
        truth="stays" if asked.stays else "goes",
        rank_after=asked.rank,
        first_after=catalogue.titles[asked.first],
        texts=texts,
    )


def _shown(dataset: DataSet, row: int, mark: int) -> ShownEvent:
    catalogue = dataset.catalogue
    return ShownEvent(
        title=catalogue.titles[row],
        category="" if catalogue.neutral[row] else catalogue.category(row),
        engagement=ENGAGEMENT_WORDS[dataset.card.wording][mark],
    )
