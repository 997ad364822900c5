"""The section on purpose: what the system does, which inputs it reads, and what it is not for."""

from __future__ import annotations

from streamrec_core.data.engagement import either
from streamrec_core.report.document import DashboardLink, Section
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject


def purpose(subject: Subject, register: Register) -> Section:
    """Describe input, output and uses.

    Parameters
    ----------
    subject : Subject
    register : Register
        Its figures are entered here.

    Returns
    -------
    Section
    """
    titles = register.enter(
        "purpose/titles", "titles that can be recommended", int((~subject.dataset.catalogue.neutral).sum()), "count"
    )
    events = register.enter("purpose/events", "events that the model reads at most", subject.model.max_events, "count")
    return Section(
        key="purpose",
        title="Purpose",
        question="What is this, and what is it for?",
        says=(
            "The system reads a visitor's session: the titles that the visitor opened, in order. It scores each of "
            f"{ref(titles)} titles by how likely it is to be opened next and shows the ten with the highest scores. It "
            f"reads at most the last {ref(events)} events.",
            _input(subject),
        ),
        points=(
            "It ranks titles that a visitor may want next. It is for nothing else.",
            "It is not for decisions about people, such as on credit, work, health, insurance or access to a service.",
            "It does not judge whether a title is lawful, true or suitable for children.",
            "Its effects on people over time, such as narrowing what they see, have not been tested.",
            "This report measures one model on one data set. Which law applies to a service that uses the model, and "
            "whether its duties are met, is for that service and its authorities to decide.",
        ),
        evidence=(DashboardLink(page="overview", label="See the model and its accuracy"),),
    )


def _input(subject: Subject) -> str:
    if subject.foreign:
        return (
            "The model is handed the ids of the session's titles, oldest first, and nothing else: no name, age, sex, "
            "place, device or other site, no category and no engagement. What else it loads itself is not known here. "
            "Recommendations still depend on what a person did in the session, so they are personal."
        )
    inputs = ["the title of each event", "the order of the events"]
    inputs += ["the category of each title"] if subject.sees_category else []
    inputs += [_engagement(subject)] if subject.sees_engagement else []
    ids = "The log has user ids; they only split it into sessions, and the model does not read them."
    return (
        f"The model reads {', '.join(inputs[:-1])} and {inputs[-1]}. It reads nothing else: no name, age, sex, place, "
        "device or other site. "
        + (ids if subject.dataset.log.user_ids is not None else "The log has no user ids.")
        + " Recommendations still depend on what a person did in the session, so they are personal."
    )


def _engagement(subject: Subject) -> str:
    if subject.dataset.card.wording == "ratings":
        return "the stars that the person gave"
    words = subject.dataset.catalogue.words
    if words.from_log:
        return f"the engagement ({either(words.phrases)})"
    return "the engagement (click, watched in part or to the end, saved, shared)"
