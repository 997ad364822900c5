"""The section on what a user can change: the measured effect of each option, and what the service must add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrec_core.diagnosis.control_uses import CONTROLS
from streamrec_core.diagnosis.controls import ControlEffect, ControlOutcome
from streamrec_core.report.document import CaseFile, DashboardLink, Figure, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject


def options(
    subject: Subject,
    cases: Sequence[CaseFile],
    controls: Sequence[ControlEffect],
    figures: Mapping[str, Figure],
    register: Register,
) -> Section:
    """Describe four changes that a person can make.

    Parameters
    ----------
    subject : Subject
    cases : sequence of CaseFile
        Whose counterfactuals are listed.
    controls : sequence of ControlEffect
        What controls such as "less of this" do, each beside its floor.
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
        tables=(_controls(controls, register),) if controls else (),
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


def _controls(controls: Sequence[ControlEffect], register: Register) -> Table:
    """Two rows a control: what it does, and what the same change does when it is aimed at something else."""
    rows = []
    for effect in controls:
        control = CONTROLS[effect.control]
        for words, outcome in ((control.words, effect.used), (control.floor_words, effect.floor)):
            name = effect.control if outcome is effect.used else f"floor: {effect.control}"
            cells = _control_cells(name, effect, outcome, register)
            rows.append(Row(label=name.capitalize(), note=f"{words[0].upper()}{words[1:]}.", cells=cells))
    return Table(
        id="options/controls",
        title="What controls would do, each beside its floor",
        columns=("", "Titles that change", "Unwanted titles before", "Unwanted titles after", "Change of Hit@10"),
        rows=tuple(rows),
        note="A control acts where its effect is beyond its floor. Unwanted titles: the share of the list that the "
        "control is against. 95% CI over the sessions in which a control and its floor can be used; changes are "
        "paired by session.",
    )


def _control_cells(
    name: str, effect: ControlEffect, outcome: ControlOutcome, register: Register
) -> tuple[str, str, str, str]:
    # An id is no text: with _ between its words, none of them is put into the noun of the data.
    path = f"options/controls/{name.replace(': ', '/').replace(' ', '_')}"
    before, change = effect.unwanted_before, outcome.unwanted_change
    after = None if before is None or change is None else before + change

    def unwanted(when: str, share: float | None) -> str:
        if share is None:
            return ""
        label = f"{name}: unwanted titles of the list {when}"
        return register.enter(f"{path}/unwanted_{when}", label, share, "share", None, effect.sessions)

    def mean(key: str, label: str, figure: float, unit: Unit, interval: tuple[float, float]) -> str:
        return register.enter(f"{path}/{key}", f"{name}: {label}", figure, unit, interval, effect.sessions)

    return (
        mean(
            "changed", "titles of the list that change", outcome.lists_changed, "share", outcome.lists_changed_interval
        ),
        unwanted("before", before),
        unwanted("after", after),
        mean("hit@10", "change of Hit@10", outcome.hit_change, "points", outcome.hit_change_interval),
    )


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
