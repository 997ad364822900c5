"""Study export: every counted response as CSV, and the results with all that was shown as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from typing import Any

from streamrec_core.data.pseudonyms import pseudonyms_of_data
from streamrec_core.errors import Refused
from streamrec_core.study.results import answered, counted, results
from streamrec_core.study.results_record import LEAST_RATERS, FinishedResponse, Results
from streamrec_core.study.store import read_study

COLUMNS = {field.name: field.name for field in fields(FinishedResponse)} | {"position": "place"}
"""Columns of an exported response by its fields; `place` is the name in the study's file."""


def answers_csv(name: str) -> str:
    """Write a line for each finished task of a rater who counts; raises `Refused` before there are enough raters."""
    summary = _enough(name)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS.values()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(response) for response in counted(answered(name), summary.card.arms))
    return text.getvalue()


def study_json(name: str) -> dict[str, Any]:
    """Collect results, cases with their frozen texts and right answers, and every counted response.

    Raises
    ------
    Refused
        There are too few raters: nobody may see a result grow while people still rate.
    """
    summary = _enough(name)
    cases = read_study(name)[1]
    pseudonyms = pseudonyms_of_data(summary.card.data, [case.session_id for case in cases])
    exported = [case.model_copy(update={"session_id": pseudonyms.of(case.session_id)}) for case in cases]
    return summary.as_json() | {
        "cases": [case.model_dump(by_alias=True) for case in exported],
        "answers_given": [_row(response) for response in counted(answered(name), summary.card.arms)],
    }


def study_json_text(name: str) -> str:
    """Write `study_json` as text."""
    return json.dumps(study_json(name), indent=2, ensure_ascii=False) + "\n"


def _row(response: FinishedResponse) -> dict[str, Any]:
    return {column: getattr(response, name) for name, column in COLUMNS.items()}


def _enough(name: str) -> Results:
    summary = results(name)
    if not summary.enough:
        raise Refused(
            f"study {name!r} has {summary.raters} raters who met every arm; results need at least {LEAST_RATERS}"
        )
    return summary
