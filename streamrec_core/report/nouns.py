"""A report in the words of its data set: products, tracks or ratings where its texts speak of titles."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamrec_core.data.engagement import LogWords
from streamrec_core.data.nouns import in_log_words
from streamrec_core.report.document import Answer, CaseFile, Document, Row, Section, Table

OF_DATA = ("quality/slices/",)
"""Beginnings of the ids of tables whose rows are named by the data: by category, as the log spells it."""

Say = Callable[[str], str]
_ID = re.compile(r"(\[\[.*?\]\])")


def document_in_words(document: Document, words: LogWords) -> Document:
    """Put every text that the report itself writes into the words of its data set; texts of cases have them already.

    Parameters
    ----------
    document : Document
    words : LogWords
        Of the data set.

    Returns
    -------
    Document
    """
    ids = {figure.id for figure in document.figures}

    def say(text: str) -> str:
        """Ids of figures stay as they are, also where they have a title in them."""
        if text in ids:
            return text
        return "".join(part if part.startswith("[[") else in_log_words(part, words) for part in _ID.split(text))

    return document.model_copy(
        update={
            "noun": words.noun,
            "summary": tuple(map(say, document.summary)),
            "answers": tuple(_answer(answer, say) for answer in document.answers),
            "sections": tuple(_section(section, say) for section in document.sections),
            "cases": tuple(_case(case, say) for case in document.cases),
            "figures": tuple(
                figure.model_copy(update={"label": say(figure.label)}) if figure.id.split("/")[0] != "cases" else figure
                for figure in document.figures
            ),
        }
    )


def _answer(answer: Answer, say: Say) -> Answer:
    return answer.model_copy(update={"question": say(answer.question), "answer": say(answer.answer)})


def _section(section: Section, say: Say) -> Section:
    return section.model_copy(
        update={
            "title": say(section.title),
            "question": say(section.question),
            "says": tuple(map(say, section.says)),
            "points": tuple(map(say, section.points)),
            # Notes of cases name items, and are in the noun already.
            "after": section.after if section.key == "options" else tuple(map(say, section.after)),
            "tables": tuple(_table(table, say) for table in section.tables),
        }
    )


def _table(table: Table, say: Say) -> Table:
    rows = table.rows if table.id.startswith(OF_DATA) else tuple(_row(row, say) for row in table.rows)
    names = {"title": say(table.title), "columns": tuple(map(say, table.columns)), "note": say(table.note)}
    return table.model_copy(update={**names, "rows": rows})


def _row(row: Row, say: Say) -> Row:
    cells = tuple(map(say, row.cells))
    return row.model_copy(update={"label": say(row.label), "note": say(row.note), "cells": cells})


def _case(case: CaseFile, say: Say) -> CaseFile:
    return case.model_copy(update={"selection": say(case.selection)})
