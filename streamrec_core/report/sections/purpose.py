"""The section on what the system does and what it is not for; says of the input only what the model really takes."""

from __future__ import annotations

from streamrec_core.report.document import Evidence, Section
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject


def purpose(subject: Subject, register: Register) -> Section:
    """What goes in, what comes out, and what it must not be used for."""
    titles = register.enter(
        "purpose/titles", "titles that can be recommended", int((~subject.dataset.catalogue.neutral).sum()), "count"
    )
    events = register.enter("purpose/events", "events that the model looks at", subject.model.max_events, "count")
    return Section(
        key="purpose",
        title="What the system does, and what it is not for",
        question="What is this, and what is it for?",
        says=(
            f"The system reads a visitor's session, which is the titles that the visitor opened, in their order. It "
            f"scores each of {place(titles)} titles by how likely it is to be opened next and shows the ten with the "
            f"highest scores. It looks at the last {place(events)} events at most.",
            _input(subject),
        ),
        points=(
            "It is for ranking titles that a visitor may want next, and for nothing else.",
            "It is not for decisions about people: not on credit, work, health, insurance or access to any service.",
            "It does not judge whether a title is lawful, true or suitable for children.",
            "It has not been tested for what it does to people over time, such as whether it narrows what they see.",
            "This pack measures one model on one data set. Which law applies to a service that uses the model, and "
            "whether its duties are met, is for that service and its authorities to say.",
        ),
        evidence=(Evidence(page="overview", label="See what is loaded and how good it is"),),
    )


def _input(subject: Subject) -> str:
    known = ["which title each event was", "the order of the events"]
    known += ["the category of each title"] if subject.sees_category else []
    known += [_engagement(subject)] if subject.sees_engagement else []
    names = "The log holds ids of users; they only divide it into sessions and do not enter the model."
    return (
        f"Into the model enter: {', '.join(known)}. Nothing else does: no name, age, sex, place, device or other site. "
        + (names if subject.dataset.log.user_ids is not None else "The log holds no ids of people.")
        + " Even so the recommendations rest on what a person did in the session, so they are personal to it."
    )


def _engagement(subject: Subject) -> str:
    if subject.dataset.card.wording == "ratings":
        return "how many stars the person gave"
    return "what was done with it (clicked, watched in part or to the end, saved, shared)"
