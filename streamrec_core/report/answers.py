"""Article 27 of the Digital Services Act: its questions, a short answer to each, and the sections with details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrec_core.attribution.importance_record import ParameterImportance
from streamrec_core.report.document import Answer, Figure
from streamrec_core.report.register import ref
from streamrec_core.report.sections.explanations import noise_comparison
from streamrec_core.report.sections.parameters import PARAMETERS, ranked

SERVICE = "Not visible in a model. The service that uses it must state"
NONE = "None was shown to matter on these data."
FIXED_ANSWERS = (
    Answer(
        question="What can a person modify or influence?",
        source="Art. 27(1)",
        answer="The events of the session and their engagement; the effect of each change is measured.",
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
        answer="Lists that are the same for everybody were measured beside the model. Hit@10 of the model minus "
        f"that of the list of popular titles: {ref('quality/lift/popularity')}.",
        sections=("quality", "options"),
    ),
    Answer(
        question="How are these answers verified, and what do they leave out?",
        source="for audits (Delegated Regulation 2024/436)",
        answer="By documented tests with thresholds, intervals, failure rates, limits, hashes, and a command that "
        "reproduces the report.",
        sections=("explanations", "limits", "remaking"),
    ),
)
"""The answers that are the same for every model."""


def answers(importances: Sequence[ParameterImportance], figures: Mapping[str, Figure]) -> tuple[Answer, ...]:
    """Answer the questions of the Article in a table that leads to the sections.

    Parameters
    ----------
    importances : sequence of ParameterImportance
    figures : mapping of str to Figure
        Every figure of the report by its id.

    Returns
    -------
    tuple of Answer
    """
    return (*_parameter_answers(ranked(importances)), _reason_answer(figures), *FIXED_ANSWERS)


def _parameter_answers(main: Sequence[ParameterImportance]) -> tuple[Answer, ...]:
    """The answers on the parameters that matter, largest excess first."""
    heaviest = main[0] if main else None
    return (
        Answer(
            question="Which main parameters are used?",
            source="Art. 27(1)",
            answer=f"By measurement: {', '.join(title(each).lower() for each in main)}." if main else NONE,
            sections=("parameters", "purpose"),
        ),
        Answer(
            question="Which criteria are most significant?",
            source="Art. 27(2)(a)",
            answer=NONE
            if heaviest is None
            else f"{title(heaviest)}: without it the first recommendation is "
            f"{ref(f'parameters/kind/{heaviest.parameter}/fall')} less likely. The null, the same change without its "
            f"meaning, makes it {ref(f'parameters/kind/{heaviest.parameter}/null')} less likely.",
            sections=("parameters",),
        ),
        Answer(
            question="Why are they important?",
            source="Art. 27(2)(b)",
            answer="The model learned them from past sessions; the reason is given beside each parameter.",
            sections=("parameters", "data", "heads"),
        ),
    )


def _reason_answer(figures: Mapping[str, Figure]) -> Answer:
    return Answer(
        question="Why was this suggested to this person?",
        source="Art. 27(2)",
        answer="A reason is given only where a test confirmed it: for "
        f"{ref('explanations/verified')} of recommendations{noise_comparison(figures)}. Otherwise the reader is "
        "told that no reason was confirmed.",
        sections=("cases", "explanations"),
    )


def title(importance: ParameterImportance) -> str:
    """Title of a parameter."""
    return PARAMETERS[importance.parameter][0]
