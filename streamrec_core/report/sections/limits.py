"""The section on limits: what the figures of a report, attention among them, do not show."""

from __future__ import annotations

from streamrec_core.report.document import DashboardLink, Section
from streamrec_core.report.subject import Subject


def limits(subject: Subject) -> Section:
    """List the limits."""
    points = [
        "Attention shows where a model looked. It need not be what the model used: other attention can lead to the "
        "same recommendation (Jain and Wallace 2019; Wiegreffe and Pinter 2019).",
        "Attention cannot show what is not in the session: how popular a title is, what was missing, or why training "
        "led to this model. It is the same for all ten recommendations, so it cannot explain one rather than another.",
        "A confirmed reason is true of the model, not of the person. It says what the model does without an event, not "
        "what the visitor intended.",
        "Removing an event makes a session that nobody had. What the model does with it is measured; what a person "
        "would have done is unknown.",
        "Importances are means over sessions. For one person a parameter can matter more, less, or in reverse.",
        "The check of this pack shows that its files belong together, not that its figures were measured. A "
        "signature, where there is one, shows whose key made it. Only building it again shows that the figures are so.",
        "Not measured: effects over time, effects on what is produced or seen at all, differences between groups of "
        "people (the data do not describe people), and any part of a service outside this model.",
    ]
    if subject.dataset.card.kind == "synthetic":
        points.append("The data are synthetic. A method that works on them need not work for real people.")
    if subject.other_events:
        points.append("The model was trained on other events than those it was tested on here.")
    if subject.card.over_seeds is None:
        points.append("One training run was measured; another seed would give other figures.")
    return Section(
        key="limits",
        title="Limits",
        question="What do these figures not show?",
        says=("Known limits of the figures in this report:",),
        points=tuple(points),
        evidence=(DashboardLink(page="trust", label="See how often each method is wrong"),),
    )
