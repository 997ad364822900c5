"""Hand-written studies with planted responses, for tests that know every result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamrec_core.study.cases import ShownEvent, StudyCase, cases_hash
from streamrec_core.study.invitations import invite
from streamrec_core.study.questions import ArmText
from streamrec_core.study.rating import begin, enter, finish, say, tasks
from streamrec_core.study.store import StudyCard, card_and_cases, write_study, writing

ARMS = ("generic", "first pass")
Say = Callable[[int, str, StudyCase], tuple[int, str]]
"""Number of the rater (from 0), arm and case in; trust and prediction out."""


def case_of(number: int, truth: str = "later", absent: Sequence[str] = (), arms: Sequence[str] = ARMS) -> StudyCase:
    """A case of three events whose texts name arm and number, so that a test sees which one was shown."""
    return StudyCase(
        number=number,
        session_id=f"s{number}",
        item_id=f"i{number}",
        title=f"Candidate {number}",
        category="Crime",
        events=tuple(
            ShownEvent(title=f"Seen {number}.{position}", category="Drama", engagement="clicked")
            for position in range(3)
        ),
        event_pair=(0, 1),
        truth=truth,
        probabilities=(0.4, 0.1) if truth == "later" else (0.1, 0.4),
        texts={
            arm: ArmText(absent="nothing to say") if arm in absent else ArmText(text=f"{arm} text of case {number}")
            for arm in arms
        },
    )


def planted_study(
    name: str = "planted",
    cases: Sequence[StudyCase] | None = None,
    arms: Sequence[str] = ARMS,
    seed: int = 5,
) -> StudyCard:
    """A study of four cases, two of each right answer, written to the workspace."""
    cases = cases or [case_of(number, "earlier" if number % 2 else "later", arms=arms) for number in range(4)]
    card = StudyCard(
        name=name,
        created="2026-11-24",
        data="tiny",
        catalogue_hash="c" * 64,
        events_hash="e" * 64,
        model="planted",
        weights_sha256="w" * 64,
        arms=tuple(arms),
        cases=len(cases),
        longest=12,
        seed=seed,
        looked_at=9,
        worded=dict.fromkeys(arms, 9),
        cases_sha256=cases_hash(cases),
    )
    write_study(card, cases)
    return card


def rate(code: str, rater: int, answer: Say, tasks: int | None = None) -> None:
    """Rate as `answer` says, all tasks or the first few."""
    begin(code)
    visit = enter(code)
    for trial in visit.trials[:tasks]:
        trust, prediction = answer(rater, visit.arms[trial.arm], visit.cases[trial.case])
        say(code, trial.case, trust=trust)
        say(code, trial.case, prediction=prediction)
        finish(code, trial.case, seconds=10.0)


def rated_study(raters: int, answer: Say, name: str = "planted", **planted: object) -> StudyCard:
    """A study that so many people have rated to the end, written in one go; `rate` takes the way of a real rater."""
    card = planted_study(name, **planted)
    invite(name, raters)
    with writing(name) as db:
        cases = card_and_cases(db, name)[1]
        for rater in range(raters):
            db.execute("UPDATE raters SET turn = ? WHERE rater = ?", (rater, rater + 1))
            for position, trial in enumerate(tasks(card, cases, rater)):
                arm = card.arms[trial.arm]
                row = (rater + 1, trial.case, arm, position, *answer(rater, arm, cases[trial.case]), 10.0, 1)
                db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return card
