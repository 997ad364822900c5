"""The section on what a user can change: the measured effect of each option, and what the service must add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrec_core.report.document import CaseFile, DashboardLink, Figure, Section
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject


def options(subject: Subject, cases: Sequence[CaseFile], figures: Mapping[str, Figure], register: Register) -> Section:
    """Describe four changes that a person can make.

    Parameters
    ----------
    subject : Subject
    cases : sequence of CaseFile
        Whose counterfactuals are listed.
    figures : mapping of str to Figure
        Of the other sections, by their ids.
    register : Register
        Its figures are entered here.

    Returns
    -------
    Section
    """
    return Section(
        key="options",
        title="What a user can change",
        question="What can a person do to get other recommendations?",
        says=(
            "Each line is a change that a person could be offered, and its measured effect on the model. Whether the "
            "service offers it, at any time and within easy reach, is not visible in a model: the service must state "
            "it.",
        ),
        points=(
            f"Remove titles from the session. {_removal(subject, register)}",
            f"Start a new session. {_with_figure('parameters/kind/session/leaves', figures, NEW_SESSION)}",
            f"Engage differently. {_with_figure('parameters/kind/engagement/leaves', figures, SAME_ENGAGEMENT)}",
            f"Choose a list without profiling. {_with_figure('quality/lift/popularity', figures, WITHOUT_PROFILING)}",
        ),
        after=tuple(f"Session {case.session_id}: {case.counterfactual}" for case in cases if case.counterfactual),
        evidence=(
            DashboardLink(page="explore", label="Remove an event yourself"),
            DashboardLink(page="compare", label="See the lists without profiling"),
        ),
    )


NEW_SESSION = (
    "With the whole session hidden, {ref} of first recommendations drop out of the ten; everybody then gets the same "
    "list."
)
SAME_ENGAGEMENT = (
    "With every event counted as the most common kind of engagement, {ref} of first recommendations drop out of the "
    "ten."
)
WITHOUT_PROFILING = (
    "A list of popular titles is the same for everybody. Hit@10 of the model minus that of the list: {ref}."
)
NOT_MEASURED = "Its effect was not measured on these data."


def _with_figure(name: str, figures: Mapping[str, Figure], text: str) -> str:
    return text.format(ref=ref(name)) if name in figures else NOT_MEASURED


def _removal(subject: Subject, register: Register) -> str:
    report = subject.faithfulness
    success = report.explainer("removal").measures.get("counterfactual_success") if report else None
    if report is None or success is None:
        return "Its effect is shown case by case."
    name = register.measured(
        "options/removable", "recommendations that drop out of the ten when few events are removed", success, "share"
    )
    return (
        f"{ref(name)} of recommendations drop out of the ten when {report.settings.largest_set} events or fewer, the "
        "most effective first, are removed."
    )
