"""The section on what a user can change: each option with what it was measured to do, and what the service must add."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.report.document import CaseFile, Evidence, Figure, Section
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject


def options(subject: Subject, cases: Sequence[CaseFile], known: dict[str, Figure], register: Register) -> Section:
    """Four changes a person can make, told from figures of the other sections."""
    return Section(
        key="options",
        title="What a user can change",
        question="What can a person do to get other recommendations?",
        says=(
            "Each line is a change that a person could be offered, and what the model was measured to do after it. "
            "Whether the service offers it, at any time and within easy reach, cannot be seen from a model: the "
            "service has to say.",
        ),
        points=(
            f"Take titles out of the session. {_taken(subject, register)}",
            f"Start anew. {_figure('parameters/kind/session/leaves', known, ANEW)}",
            f"Engage differently. {_figure('parameters/kind/engagement/leaves', known, ALIKE)}",
            f"Choose a list without profiling. {_figure('quality/lift/popularity', known, WITHOUT)}",
        ),
        after=_in_cases(cases),
        evidence=(
            Evidence(page="explore", label="Take an event away yourself"),
            Evidence(page="compare", label="See the lists without profiling"),
        ),
    )


ANEW = (
    "With the whole session hidden, {place} of first titles leave the ten; what is shown then is the same for "
    "everybody."
)
ALIKE = "With every event counted as the commonest kind of engagement, {place} of first titles leave the ten."
WITHOUT = (
    "A list of popular titles is the same for everybody. The model less that list, in the share of sessions where what "
    "came next is among the ten: {place}."
)
UNKNOWN = "Its effect was not measured on these data."


def _figure(name: str, known: dict[str, Figure], text: str) -> str:
    return text.format(place=place(name)) if name in known else UNKNOWN


def _taken(subject: Subject, register: Register) -> str:
    report = subject.faithfulness
    found = report.explainer("removal").measures.get("counterfactual_success") if report else None
    if report is None or found is None:
        return "What it takes is told case by case."
    name = register.measured(
        "options/removable", "recommendations that leave the ten by removing few events", found, "share"
    )
    return (
        f"For {place(name)} of recommendations it is enough to take away {report.settings.largest_set} events or "
        "fewer, the most effective first, and the title leaves the ten."
    )


def _in_cases(cases: Sequence[CaseFile]) -> tuple[str, ...]:
    told = [f"Session {case.session_id}: {case.counterfactual}" for case in cases if case.counterfactual]
    return tuple(told)
