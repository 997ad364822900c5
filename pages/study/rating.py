"""The rater's view of a study: a welcome, one task at a time, thanks. No arm is ever named, no result shown."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import streamlit as st

from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.scroll import scroll_to_top
from streamrec_core.data.nouns import in_noun
from streamrec_core.errors import StreamRecError
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.design import Trial
from streamrec_core.study.questions import PREDICTIONS
from streamrec_core.study.rating import TRUST, Visit, begin, enter, finish, say

FAULT = "rating_fault"
SECONDS_A_CASE = 35
TRUST_LABELS = {1: "1 not at all", 5: "5 completely"}
SERVICE = "A service recommends a title and says why."
SUPPOSE = "Suppose one of these two had not been in your history."


def rating(code: str) -> None:
    """Draw the current step of the rater with this code."""
    with st.container(key="rater"):
        fault = st.session_state.pop(FAULT, "")
        try:
            visit = enter(code)
        except StreamRecError as error:
            _closed(error_text(error))
            return
        if fault:
            st.error(plain(fault))
        if not visit.begun:
            _welcome(code, visit)
        elif visit.current is None:
            _thanks(visit)
        else:
            _task(code, visit, visit.current)


def _closed(fault: str) -> None:
    st.title("This link does not open a study", anchor=False)
    st.markdown(plain(fault) + ".")


def _welcome(code: str, visit: Visit) -> None:
    minutes = max(1, round(len(visit.cases) * SECONDS_A_CASE / 60))
    st.title("How good are these explanations?", anchor=False)
    st.markdown(
        f"{in_noun(SERVICE, visit.noun)} You will see up to **{len(visit.cases)}** such "
        f"recommendations, one after the other, with two short questions each: about **{minutes} minutes** in all. "
        "You need no prior knowledge, and nobody hopes for a certain answer."
    )
    st.markdown(
        "**Your answers are stored under a number.** No name, no address, no time of day; only how long each task "
        "took. Each answer is saved as soon as you give it; you can close this page at any time and continue later "
        "with the same link."
    )
    st.button("Begin", type="primary", on_click=_try, args=(lambda: begin(code),))


def _thanks(visit: Visit) -> None:
    scroll_to_top("thanks")
    st.title("Thank you", anchor=False)
    st.markdown(f"All **{visit.done}** answers are saved. You can close this page.")


def _task(code: str, visit: Visit, number: int) -> None:
    """Draw one case: the history, the recommendation with its explanation, two questions."""
    trial = visit.trials[number]
    case, response = visit.cases[trial.case], visit.answer(trial)
    # Timed only when it is read in one go: a task half answered before a break has no clock.
    untouched = response.trust is None and response.prediction is None
    st.session_state.setdefault(_clock(visit, trial), time.monotonic() if untouched else None)
    scroll_to_top(str(trial.case))
    st.progress(number / len(visit.trials), f"{number + 1} of {len(visit.trials)}")
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Imagine this is your recent history", anchor=False)
        st.html(_history(case))
    with right:
        _recommendation(case, visit.text(trial))
        _questions(code, visit, trial)
        _onward(code, visit, number)


def _recommendation(case: StudyCase, text: str) -> None:
    st.subheader("Now the service recommends", anchor=False)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{plain(case.title)}** · {plain(case.category)}")
        st.markdown(f"“{plain(text)}”")


def _onward(code: str, visit: Visit, number: int) -> None:
    """Draw the button to the next task, enabled once both questions are answered."""
    trial = visit.trials[number]
    response = visit.answer(trial)
    last = number + 1 == len(visit.trials)
    st.button(
        "Finish" if last else "Next",
        key=f"next-{trial.case}",
        type="primary",
        disabled=response.trust is None or response.prediction is None,
        on_click=_try,
        args=(lambda: finish(code, trial.case, _elapsed(visit, trial)),),
    )


def _questions(code: str, visit: Visit, trial: Trial) -> None:
    """Draw trust, then prediction; each choice is saved at once and may change until the rater continues."""
    case, response = visit.cases[trial.case], visit.answer(trial)
    trust, prediction = f"trust-{trial.case}", f"prediction-{trial.case}"
    st.radio(
        "**How much do you trust this explanation?**",
        TRUST,
        index=None if response.trust is None else TRUST.index(response.trust),
        key=trust,
        horizontal=True,
        format_func=lambda value: TRUST_LABELS.get(value, str(value)),
        on_change=_try,
        args=(lambda: say(code, trial.case, trust=st.session_state[trust]),),
    )
    answers: dict[str, str] = {
        prediction: plain(case.events[position].title)
        for prediction, position in zip(PREDICTIONS, case.event_pair, strict=True)
    }
    st.radio(
        f"**{in_noun(SUPPOSE, visit.noun)} Without which would “{plain(case.title)}” be less likely "
        "to be recommended?**",
        list(answers),
        index=None if response.prediction is None else list(answers).index(response.prediction),
        key=prediction,
        format_func=answers.__getitem__,
        on_change=_try,
        args=(lambda: say(code, trial.case, prediction=st.session_state[prediction]),),
    )


def _history(case: StudyCase) -> str:
    events = "".join(
        f"<li><span>{number}</span><div><b>{html.escape(event.title)}</b><small>"
        f"{html.escape(' · '.join(part for part in (event.category, event.engagement) if part))}</small></div></li>"
        for number, event in enumerate(case.events, start=1)
    )
    return f'<ol class="sr-watched">{events}</ol>'


def _clock(visit: Visit, trial: Trial) -> str:
    return f"task_shown_{visit.study}_{visit.rater}_{trial.case}"


def _elapsed(visit: Visit, trial: Trial) -> float | None:
    start = st.session_state.get(_clock(visit, trial))
    return None if start is None else time.monotonic() - start


def _try(action: Callable[[], object]) -> None:
    """Save an answer; an error is shown above the task, and earlier answers stay."""
    try:
        action()
    except StreamRecError as error:
        st.session_state[FAULT] = error_text(error)
