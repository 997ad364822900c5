"""The section on limits: what these figures do not show, among them what attention cannot show."""

from __future__ import annotations

from streamrec_core.report.document import Evidence, Section
from streamrec_core.report.subject import Subject


def limits(subject: Subject) -> Section:
    """Limits in plain words."""
    points = [
        "Attention shows where a model looked. It need not be what the model used: other attention can lead to the "
        "same recommendation (Jain and Wallace 2019; Wiegreffe and Pinter 2019).",
        "Attention cannot show what is not in the session: how popular a title is, what was missing, or why the model "
        "came to be as it is. It is the same for all ten recommendations, so it cannot tell why this one and not that.",
        "A reason that held is true of the model, not of the person. It says what the model does without an event, not "
        "what the visitor wanted.",
        "Removing an event makes a session that nobody had. What the model does with it is measured; what a person "
        "would have done is not known.",
        "Weights are means over sessions. For one person a parameter can weigh more, less, or the other way round.",
        "The check of this pack shows that its files belong together, not that its figures were measured: the pack "
        "carries no signature, so whoever rewrites all its files leaves no trace. Only making it again shows that.",
        "What was not measured: effects over time, effects on what is produced or seen at all, differences between "
        "groups of people (the data say nothing of people), and any part of a service outside this model.",
    ]
    if subject.dataset.card.kind == "synthetic":
        points.append("The data are invented. That a method works here does not show that viewers are understood.")
    if subject.other_events:
        points.append("The model learned from other events than those it was tested on here.")
    if subject.card.over_seeds is None:
        points.append("One training run was measured; another with a different seed would give other figures.")
    return Section(
        key="limits",
        title="Limits",
        question="What do these figures not show?",
        says=("A figure without its limits misleads. These are the ones we know of.",),
        points=tuple(points),
        evidence=(Evidence(page="trust", label="See where attention fails"),),
    )
