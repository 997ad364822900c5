"""Raters: enter by code, balanced tasks, responses counted once and never lost, even after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streamrec_core.errors import BadInput, Refused
from streamrec_core.study.codes import ALPHABET, new_code
from streamrec_core.study.invitations import invite, revoke
from streamrec_core.study.rating import Response, begin, enter, finish, progress, say
from streamrec_core.study.results import answered
from tests.study.worlds import ARMS, case_of, planted_study, rate

ROOT = Path(__file__).resolve().parents[2]


def steady(rater: int, arm: str, case: object) -> tuple[int, str]:
    return 4, "later"


@pytest.fixture
def code(workspace: Path) -> str:
    """A rater who has begun a study of four cases."""
    planted_study()
    (invitation,) = invite("planted", 1)
    begin(invitation.code)
    return invitation.code


def test_codes_are_long_random_and_easy_to_type() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 17 and set(code) <= {*ALPHABET, "-"} for code in codes)
    assert not set("01oli") & set(ALPHABET)


def test_links_lead_to_the_rating_page(workspace: Path) -> None:
    planted_study()
    first, second = invite("planted", 2)
    assert first.link("http://host:1/") == f"http://host:1/study?code={first.code}"
    assert [first.rater, second.rater, invite("planted", 1)[0].rater] == [1, 2, 3]
    with pytest.raises(BadInput, match="0 raters cannot be invited"):
        invite("planted", 0)


def test_a_code_opens_its_study_however_it_is_typed(code: str) -> None:
    assert enter(f"  {code.upper()} ").study == "planted"
    with pytest.raises(BadInput, match="this code belongs to no study"):
        enter(code[:-1])
    with pytest.raises(BadInput, match="this code belongs to no study"):
        enter("' OR 1=1 --")


def test_each_task_shows_the_text_of_its_arm(code: str) -> None:
    visit = enter(code)
    assert [visit.text(trial) for trial in visit.trials] == [
        f"{ARMS[trial.arm]} text of case {trial.case}" for trial in visit.trials
    ]
    assert len(visit.trials) == 4


def test_choices_are_stored_at_once_and_may_change_until_the_task_is_done(code: str) -> None:
    visit = enter(code)
    case = visit.trials[0].case
    say(code, case, trust=2)
    assert enter(code).answers == {case: Response(2, None, False)}
    assert not finish(code, case)  # half an answer is none
    say(code, case, prediction="earlier")
    say(code, case, trust=5)
    assert finish(code, case, seconds=8.5)
    say(code, case, trust=1)
    assert enter(code).answers == {case: Response(5, "earlier", True)}
    assert enter(code).current == 1


def test_a_second_submission_does_not_count(code: str) -> None:
    case = enter(code).trials[0].case
    say(code, case, trust=3, prediction="earlier")
    assert [finish(code, case, 5.0), finish(code, case, 99.0)] == [True, False]
    (only,) = answered("planted")
    assert only.seconds == 5.0


def test_submissions_at_the_same_moment_count_once(code: str) -> None:
    case = enter(code).trials[0].case
    say(code, case, trust=3, prediction="earlier")
    with ThreadPoolExecutor(8) as several:
        counted = list(several.map(lambda _: finish(code, case, 5.0), range(16)))
    assert sum(counted) == 1
    assert len(answered("planted")) == 1


def test_raters_who_begin_at_the_same_moment_get_different_turns(workspace: Path) -> None:
    planted_study()
    codes = [invitation.code for invitation in invite("planted", 12)]
    with ThreadPoolExecutor(12) as several:
        list(several.map(begin, codes * 2))
    assert all(rater.begun for rater in progress("planted"))
    orders = {tuple(enter(code).trials) for code in codes}
    assert len(orders) >= 6  # twelve turns; some of the few orders of four cases come twice
    seen = [(trial.case, trial.arm) for code in codes for trial in enter(code).trials]
    assert {seen.count(pair) for pair in set(seen)} == {6}


def test_turns_go_to_those_who_begin(workspace: Path) -> None:
    planted_study()
    invitations = invite("planted", 6)
    for invitation in (invitations[4], invitations[1]):
        begin(invitation.code)
    pair = [(trial.case, trial.arm) for at in (4, 1) for trial in enter(invitations[at].code).trials]
    assert len(set(pair)) == 8  # the two who came share one round of the balance
    assert enter(invitations[0].code).trials == ()


def test_a_closed_code_can_neither_enter_nor_respond(code: str) -> None:
    visit = enter(code)
    rate(code, 0, steady, tasks=2)
    revoke("planted", 1)
    for action in (
        lambda: enter(code),
        lambda: begin(code),
        lambda: say(code, visit.trials[2].case, trust=1),
        lambda: finish(code, visit.trials[2].case),
    ):
        with pytest.raises(Refused, match="this code is closed"):
            action()
    assert answered("planted") == ()
    assert progress("planted")[0].revoked
    with pytest.raises(BadInput, match="no rater 9"):
        revoke("planted", 9)


def test_a_case_that_is_no_task_is_refused(code: str) -> None:
    with pytest.raises(BadInput, match="case 99 is not a task"):
        say(code, 99, trust=3)
    with pytest.raises(BadInput, match="prediction 'maybe' is not an answer"):
        say(code, 0, prediction="maybe")


def test_an_absent_arm_leaves_its_task_out_and_nothing_is_put_in_its_place(workspace: Path) -> None:
    cases = [case_of(0, absent=["first pass"]), case_of(1), case_of(2), case_of(3)]
    planted_study(cases=cases)
    codes = [invitation.code for invitation in invite("planted", 2)]
    for invitation in codes:
        rate(invitation, 0, steady)
    assert sorted(len(enter(invitation).trials) for invitation in codes) == [3, 4]
    assert ("first pass", 0) not in {(answer.arm, answer.case) for answer in answered("planted")}
    assert [rater.tasks for rater in progress("planted")] == [len(enter(invitation).trials) for invitation in codes]


DIES = """
import os, signal, sys
from streamrec_core.study.rating import enter, finish, say
code = sys.argv[1]
for number, trial in enumerate(enter(code).trials):
    say(code, trial.case, trust=number + 1)
    if number == 2:
        print("dying", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    say(code, trial.case, prediction="earlier")
    finish(code, trial.case, 1.0)
"""


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_killed_process_loses_no_answer_and_the_rater_goes_on(code: str) -> None:
    died = run(DIES, code)
    assert died.returncode == -signal.SIGKILL, died.stderr
    visit = enter(code)
    assert [visit.answer(trial) for trial in visit.trials] == [
        Response(1, "earlier", True),
        Response(2, "earlier", True),
        Response(3, None, False),
        Response(),
    ]
    assert visit.current == 2
    rate(code, 0, lambda rater, arm, case: (5, "later"))
    assert [answer.trust for answer in answered("planted")] == [1, 2, 5, 5]


TORN = """
import os, signal, sys
from streamrec_core.study.store import writing
with writing("planted") as db:
    db.execute("UPDATE answers SET trust = 1")
    db.execute("UPDATE raters SET revoked = 1")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_uncommitted_writes_of_a_killed_process_are_undone(code: str) -> None:
    rate(code, 0, steady, tasks=2)
    assert run(TORN).returncode == -signal.SIGKILL
    assert [answer.trust for answer in answered("planted")] == [4, 4]
    rate(code, 0, steady)
    assert len(answered("planted")) == 4
