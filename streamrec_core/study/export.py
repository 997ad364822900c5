"""Taking a study elsewhere: every counted answer as CSV, and the results with all that was shown as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import Any

from streamrec_core.errors import Refused
from streamrec_core.study.results import LEAST_RATERS, FinishedResponse, Results, answered, counted, results
from streamrec_core.study.store import read_study


def answers_csv(name: str) -> str:
    """One line a finished task of a rater who counts; raises `Refused` before there are enough raters."""
    found = _enough(name)
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(FinishedResponse)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(answer) for answer in counted(answered(name), found.card.arms))
    return text.getvalue()


def study_json(name: str) -> dict[str, Any]:
    """Results, cases with their frozen texts and right answers, and every counted answer.

    Raises
    ------
    Refused
        There are too few raters: nobody may see a result grow while people still rate.
    """
    found = _enough(name)
    return found.as_json() | {
        "cases": [case.model_dump(by_alias=True) for case in read_study(name)[1]],
        "answers_given": [asdict(answer) for answer in counted(answered(name), found.card.arms)],
    }


def study_json_text(name: str) -> str:
    """The same as text."""
    return json.dumps(study_json(name), indent=2, ensure_ascii=False) + "\n"


def _enough(name: str) -> Results:
    found = results(name)
    if not found.enough:
        raise Refused(
            f"study {name!r} has {found.raters} raters who met every arm; nothing is shown or exported before there "
            f"are {LEAST_RATERS}"
        )
    return found
