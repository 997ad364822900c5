"""The questions of Article 27 of the Digital Services Act, each with a short answer and where the long one stands."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.attribution.importance_record import ParameterImportance
from streamrec_core.report.document import Answer, Figure
from streamrec_core.report.register import place
from streamrec_core.report.sections.explanations import beside_noise
from streamrec_core.report.sections.parameters import PARAMETERS, ranked

SERVICE = "Not to be seen from a model. The service that uses it has to say"


def answers(importances: Sequence[ParameterImportance], known: dict[str, Figure]) -> tuple[Answer, ...]:
    """The table that leads a reader of the Article to the sections."""
    named = ranked(importances)
    heaviest = named[0] if named else None
    return (
        Answer(
            question="Which main parameters are used?",
            source="Art. 27(1)",
            answer=f"By measurement: {', '.join(one.lower() for one in map(title, named))}." if named else NONE,
            sections=("parameters", "purpose"),
        ),
        Answer(
            question="Which criteria are most significant?",
            source="Art. 27(2)(a)",
            answer=NONE
            if heaviest is None
            else f"{title(heaviest)}: without it the first title is "
            f"{place(f'parameters/kind/{heaviest.parameter}/fall')} less likely; the same change without its "
            f"meaning makes it {place(f'parameters/kind/{heaviest.parameter}/null')} less likely.",
            sections=("parameters",),
        ),
        Answer(
            question="Why do they have this importance?",
            source="Art. 27(2)(b)",
            answer="The model learned it from how visitors went on; the reason stands beside each parameter.",
            sections=("parameters", "data", "heads"),
        ),
        Answer(
            question="Why was this suggested to this person?",
            source="Art. 27(2)",
            answer=f"A reason is given only where a test confirmed it: for {place('explanations/verified')} of "
            f"recommendations{beside_noise(known)}. Otherwise the reader is told that none held.",
            sections=("cases", "explanations"),
        ),
        Answer(
            question="What can a person modify or influence?",
            source="Art. 27(1)",
            answer="What lies in the session and how it was engaged with; each change with its measured effect.",
            sections=("options", "cases"),
        ),
        Answer(
            question="Can a person choose between options, directly and at any time?",
            source="Art. 27(3)",
            answer=f"{SERVICE} where its controls are.",
            sections=("options",),
        ),
        Answer(
            question="Is there an option not based on profiling?",
            source="Art. 38 (very large platforms)",
            answer="Lists that are the same for everybody were measured beside the model. The model less the list of "
            f"popular titles, in Hit@10: {place('quality/lift/popularity')}.",
            sections=("quality", "options"),
        ),
        Answer(
            question="How is it known that these answers are true, and what do they leave out?",
            source="for audits (Delegated Regulation 2024/436)",
            answer="Stated tests with thresholds, intervals, shares that fail, limits, hashes, and a command that "
            "makes all of it again.",
            sections=("explanations", "limits", "remaking"),
        ),
    )


NONE = "None was found to matter on these data."


def title(one: ParameterImportance) -> str:
    """What a parameter is called."""
    return PARAMETERS[one.parameter][0]
