"""What the section on the main parameters says: a null beside every cost, and the word that must be earned."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.attribution.importance_record import Mean, ParameterImportance
from streamrec_core.report.answers import answers
from streamrec_core.report.document import Document, plain_text
from streamrec_core.report.html import to_html
from streamrec_core.report.pack import to_csv
from streamrec_core.report.register import Register
from streamrec_core.report.sections.parameters import NULLS, PARAMETERS, parameters, ranked
from tests.report.worlds import opened

NONE = Mean(0.0, 0.0, 0.0)


def importance(parameter: str, drop: float, null: float, half: float = 0.05) -> ParameterImportance:
    """A parameter that costs `drop` nats and whose null costs `null`, known to `half`."""
    means = [Mean(value, value - half, value + half) for value in (drop, null, drop - null)]
    return ParameterImportance(parameter, "events removed", 20, 24, *means, NONE, 0.0, NONE)


RECENCY = importance("recency", drop=1.0, null=0.1)
OPENING = importance("opening", drop=0.3, null=0.3)
REPEATS = importance("repeats", drop=0.0, null=0.3)
CATEGORY = importance("category", drop=1.2, null=0.8)


@pytest.fixture(scope="module")
def said(places: dict[str, Path]) -> dict[str, str]:
    """What the section says of each of four parameters, and of the heaviest as `first`."""
    register = Register()
    section = parameters(opened(places, "memory"), [OPENING, CATEGORY, RECENCY, REPEATS], register)
    known = {figure.id: figure for figure in register.figures()}
    lines = [plain_text(line, known).replace("\u00a0", " ") for line in section.points]
    return {line.partition(":")[0]: line for line in lines} | {"first": plain_text(section.says[-1], known)}


def test_the_word_is_said_only_of_what_exceeds_its_null(said: dict[str, str]) -> None:
    assert "matters. Without it the first title is 2.7 times less likely" in said["Recency"]
    assert "makes it 1.11 times less likely" in said["Recency"]
    assert "matters" in said["Category"]
    assert "costs something (1.35 times), but was not shown to cost more" in said["The opening title"]
    assert said["Repeats"] == "Repeats: not found to matter here."


def test_the_heaviest_is_what_exceeds_its_null_most_and_not_what_costs_most(said: dict[str, str]) -> None:
    assert said["first"].startswith("The heaviest is recency")
    assert [each.parameter for each in ranked([OPENING, CATEGORY, RECENCY, REPEATS])] == ["recency", "category"]


def test_the_answer_to_article_27_names_none_where_none_exceeds_its_null() -> None:
    first, second, *_ = answers([OPENING, REPEATS], {})
    assert first.answer == second.answer == "None was found to matter on these data."


def test_every_parameter_but_the_session_has_a_null_in_words_and_figures(document: Document) -> None:
    assert set(NULLS) == set(PARAMETERS) - {"session", "series"}
    (table,) = (table for table in document.section("parameters").tables if table.id == "parameters/weights")
    known, html, csv = document.by_id(), to_html(document), to_csv(document)
    for row in table.rows:
        assert ("Null: " in row.note) == (row.label != "The whole session")
        fall, null, excess, *_ = row.cells
        if row.label == "The whole session":
            assert (null, excess) == ("", "")
            continue
        assert [null, excess] == [fall.replace("/fall", f"/{name}") for name in ("null", "excess")]
        for name in (null, excess):
            assert known[name].low is not None
            assert f'data-id="{name}"' in html
            assert f"\n{name}," in csv
        nats = {name: known[f"{name}/nats"].value for name in (fall, null, excess)}
        assert nats[excess] == pytest.approx(nats[fall] - nats[null], abs=2e-4)
    assert any(
        "is said to matter only where its cost exceeds its null" in line
        for line in document.section("parameters").after
    )
