"""Responses of raters: enter by code, respond case by case, continue after a break."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from streamrec_core.data.engagement import NOUN
from streamrec_core.errors import BadInput, Refused
from streamrec_core.permissions import require_permission
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.codes import code_hash
from streamrec_core.study.design import Trial, schedule
from streamrec_core.study.questions import PREDICTIONS
from streamrec_core.study.store import StudyCard, card_and_cases, list_studies, reading, writing

TRUST = (1, 2, 3, 4, 5)
CLOSED = "this code is closed; ask whoever sent it to you for a new one"


@dataclass(frozen=True)
class Response:
    """A rater's response to one case so far.

    Attributes
    ----------
    trust : int or None
        1 (not at all) to 5 (completely); None before a choice.
    prediction : str or None
        "earlier" or "later", see `StudyCase.truth`.
    done : bool
        The rater went on; nothing changes it any more.
    """

    trust: int | None = None
    prediction: str | None = None
    done: bool = False


@dataclass(frozen=True)
class Visit:
    """A rater who has entered: the tasks in order, and the responses so far.

    Attributes
    ----------
    study : str
    rater : int
    begun : bool
        Whether the rater has a turn; before that there are no trials.
    arms : tuple of str
    cases : tuple of StudyCase
    trials : tuple of Trial
        Without those whose arm cannot word the case.
    answers : dict of int to Response
        By case number.
    noun : str
        What an item is called.
    """

    study: str
    rater: int
    begun: bool
    arms: tuple[str, ...]
    cases: tuple[StudyCase, ...]
    trials: tuple[Trial, ...]
    answers: dict[int, Response]
    noun: str = NOUN

    @property
    def done(self) -> int:
        """How many tasks are finished."""
        return sum(answer.done for answer in self.answers.values())

    @property
    def current(self) -> int | None:
        """Index of the first unfinished task in `trials`; None at the end."""
        return next((at for at, trial in enumerate(self.trials) if not self.answer(trial).done), None)

    def answer(self, trial: Trial) -> Response:
        """Return the response to a task so far."""
        return self.answers.get(trial.case, Response())

    def text(self, trial: Trial) -> str:
        """Return the explanation that this rater is shown in a task."""
        return self.cases[trial.case].texts[self.arms[trial.arm]].text


@dataclass(frozen=True)
class RaterProgress:
    """Progress of one invited rater.

    Attributes
    ----------
    rater : int
    begun : bool
        The link was opened and the first task started.
    done, tasks : int
        Finished tasks, and all.
    revoked : bool
    """

    rater: int
    begun: bool
    done: int
    tasks: int
    revoked: bool


def enter(code: str) -> Visit:
    """Enter by a code, whichever study it belongs to, and read the responses so far.

    Raises
    ------
    BadInput
        No study here has the code.
    Refused
        The code was revoked.
    """
    name, rater, turn = _find(code)
    with reading(name) as db:
        card, cases = card_and_cases(db, name)
        rows = db.execute("SELECT case_number, trust, prediction, done FROM answers WHERE rater = ?", (rater,))
        answers = {number: Response(trust, prediction, bool(done)) for number, trust, prediction, done in rows}
    trials = () if turn is None else tasks(card, cases, turn)
    return Visit(name, rater, turn is not None, card.arms, cases, trials, answers, card.noun)


def begin(code: str) -> None:
    """Give the rater the next turn in the balanced order; a second call changes nothing.

    Turns go to those who begin and not to those who are invited, so that unused invitations leave no gap.
    """
    require_permission("rating")
    name, rater, _ = _find(code)
    with writing(name) as db:
        db.execute(
            "UPDATE raters SET turn = (SELECT coalesce(max(turn) + 1, 0) FROM raters) WHERE rater = ? AND turn IS NULL",
            (rater,),
        )


def say(code: str, case: int, trust: int | None = None, prediction: str | None = None) -> None:
    """Store a rater's choices for a case; an argument of None leaves its choice as it was.

    Parameters
    ----------
    code : str
    case : int
        Number of the case.
    trust : int or None
        1 to 5.
    prediction : str or None
        "earlier" or "later".

    Raises
    ------
    BadInput
        A value is not on offer, or the case is no task of this rater.
    """
    require_permission("rating")
    if trust is not None and trust not in TRUST:
        raise BadInput(f"trust {trust!r} is not on the scale; choose 1 to 5")
    if prediction is not None and prediction not in PREDICTIONS:
        raise BadInput(f"prediction {prediction!r} is not an answer; choose {' or '.join(PREDICTIONS)}")
    visit = enter(code)
    position, trial = _task(visit, case)
    with _still_welcome(visit) as db:
        db.execute(
            "INSERT INTO answers (rater, case_number, arm, place, trust, prediction) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (rater, case_number) DO UPDATE SET trust = coalesce(excluded.trust, trust),"
            " prediction = coalesce(excluded.prediction, prediction) WHERE done = 0",
            (visit.rater, case, visit.arms[trial.arm], position, trust, prediction),
        )


def finish(code: str, case: int, seconds: float | None = None) -> bool:
    """Close a case for good.

    Parameters
    ----------
    code : str
    case : int
        Number of the case.
    seconds : float or None
        How long the rater looked at it, where it was measured without a break.

    Returns
    -------
    bool
        Whether it counted: a second or an incomplete submission does not.

    Raises
    ------
    BadInput
        The case is no task of this rater.
    Refused
        The code was revoked.
    """
    require_permission("rating")
    visit = enter(code)
    _task(visit, case)
    with _still_welcome(visit) as db:
        closed = db.execute(
            "UPDATE answers SET done = 1, seconds = ? WHERE rater = ? AND case_number = ? AND done = 0"
            " AND trust IS NOT NULL AND prediction IS NOT NULL",
            (seconds, visit.rater, case),
        )
        return closed.rowcount == 1


def progress(name: str) -> tuple[RaterProgress, ...]:
    """List every invited rater, in the order of their numbers."""
    with reading(name) as db:
        card, cases = card_and_cases(db, name)
        rows = db.execute(
            "SELECT rater, turn, revoked, (SELECT count(*) FROM answers WHERE answers.rater = raters.rater AND done)"
            " FROM raters ORDER BY rater"
        ).fetchall()
    return tuple(
        RaterProgress(
            rater, turn is not None, done, card.cases if turn is None else len(tasks(card, cases, turn)), bool(out)
        )
        for rater, turn, out, done in rows
    )


def answers_stamp(name: str) -> tuple[str, int, int]:
    """Return a stamp that changes whenever results may: the study, its finished tasks, its closed codes."""
    with reading(name) as db:
        (done,) = db.execute("SELECT count(*) FROM answers WHERE done").fetchone()
        (revoked,) = db.execute("SELECT count(*) FROM raters WHERE revoked").fetchone()
        (card,) = db.execute("SELECT card FROM study").fetchone()
    return card, done, revoked


def tasks(card: StudyCard, cases: Sequence[StudyCase], turn: int) -> tuple[Trial, ...]:
    """List the scheduled tasks of a turn, without those whose arm cannot word the case.

    Parameters
    ----------
    card : StudyCard
    cases : sequence of StudyCase
    turn : int

    Returns
    -------
    tuple of Trial
    """
    planned = schedule(card.seed, turn, len(cases), len(card.arms))
    return tuple(trial for trial in planned if cases[trial.case].worded(card.arms[trial.arm]))


def _find(code: str) -> tuple[str, int, int | None]:
    """Find study, rater and turn that belong to a code."""
    hashed = code_hash(code)
    for name in list_studies():
        try:
            with reading(name) as db:
                row = db.execute("SELECT rater, turn, revoked FROM raters WHERE code_hash = ?", (hashed,)).fetchone()
        except BadInput:
            continue  # a damaged study must not close the others
        if row is not None:
            rater, turn, revoked = row
            if revoked:
                raise Refused(CLOSED)
            return name, rater, turn
    raise BadInput("this code belongs to no study; check the link, or ask whoever sent it to you")


def _task(visit: Visit, case: int) -> tuple[int, Trial]:
    """Find position and task of a case in a rater's list."""
    for position, trial in enumerate(visit.trials):
        if trial.case == case:
            return position, trial
    raise BadInput(f"case {case} is not a task of this rater; open the link again")


@contextmanager
def _still_welcome(visit: Visit) -> Iterator[sqlite3.Connection]:
    """Open a transaction in which the code is still valid."""
    with writing(visit.study) as db:
        (revoked,) = db.execute("SELECT revoked FROM raters WHERE rater = ?", (visit.rater,)).fetchone()
        if revoked:
            raise Refused(CLOSED)
        yield db
